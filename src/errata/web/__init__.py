"""Pages and API over the client."""
