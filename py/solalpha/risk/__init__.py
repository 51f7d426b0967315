"""Pure limits and the guard that applies them, for backtest and trading alike."""
