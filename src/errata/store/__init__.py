"""The catalog: facts, records, events, blobs. The only SQL of the catalog."""
