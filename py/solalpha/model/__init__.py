"""Models: data sets, splits, training, evaluation, significance and the registry.

The only room that opens XGBoost or LightGBM. Results of the statistics modules
(`bootstrap`, `significance`, `overfitting`) are shared with the backtest's
verdicts, so that one definition of each serves both.
"""
