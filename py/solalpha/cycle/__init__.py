"""The whole job as plain functions, step by step; commands and flows wrap it."""
