"""The pure vocabulary of the market: instruments, orders, positions, costs."""
