"""solalpha: SQL-first research and paper trading for the SOL perpetual."""

__version__ = "0.1.0"
