"""The catalog's schema, version by version. A migration is never edited once it is released."""
