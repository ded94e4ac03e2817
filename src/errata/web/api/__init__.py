"""The same facts and records as JSON, for scripts: GET only, errors as RFC 9457 problems."""
