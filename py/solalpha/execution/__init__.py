"""Orders without loss or double: ledger, router, reconciliation, one trade cycle."""
