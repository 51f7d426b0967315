"""Hyperliquid's own archive files: books, asset contexts, trades and fills."""
