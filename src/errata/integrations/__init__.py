"""One folder per foreign thing."""
