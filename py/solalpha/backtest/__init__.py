"""One policy traded through history in Backtrader, net of every cost."""
