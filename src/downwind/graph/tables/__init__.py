"""Edge tables: graphs of any size as Parquet or CSV, in and out."""
