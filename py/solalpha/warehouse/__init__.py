"""The only room that opens DuckDB: builds, publishes, reads and checks tables."""
