"""The catalog on disk: facts, records, events and blobs. The catalog's only SQL lives here."""
