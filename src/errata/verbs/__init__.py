"""One file per verb: authorize, do, store, event, in one transaction."""
