"""The embedded paper exchange: it speaks Hyperliquid's /info and /exchange."""
