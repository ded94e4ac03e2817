"""Tables and Parquet as Spark reads them."""
