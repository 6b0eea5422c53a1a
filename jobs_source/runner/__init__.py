"""One run of one org into one destination: locks, working directory, tables, the DuckDB file, counts."""
