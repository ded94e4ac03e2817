"""The Spark engine: the same requests, counted where the rows are."""
