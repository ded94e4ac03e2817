"""Files of predictions: CSV, TSV, JSON lines, Parquet, Arrow, folders, standard input, tables in memory."""
