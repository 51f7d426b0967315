"""The range of each parameter, told by its name."""

from __future__ import annotations

from solalpha.errors import ConfigError

_DAY_MINUTES = 1440
# Anything else must be 0 or more: a fee may be a rebate, a sentiment is signed.
_SIGNED = {"maker_fee_rate", "risk_sentiment_floor"}
_ABOVE_ZERO = {
    "decide_every_bars",
    "label_horizon_bars",
    "bars_per_year",
    "walk_forward_folds",
    "bootstrap_draws",
    "bootstrap_block_bars",
    "paper_start_usd",
    "backtest_start_usd",
    "perp_trees",
    "perp_depth",
    "paper_trees",
    "paper_depth",
    "max_leverage",
    "order_expiry_s",
    "trade_window_s",
    "impact_window_s",
    "vpin_bucket_usd",
    "vpin_bucket_least_usd",
    "vpin_buckets",
    "vpin_buckets_per_day",
    "vpin_size_days",
    "flow_half_life_fast_bars",
    "flow_half_life_medium_bars",
    "flow_half_life_slow_bars",
    "agreement_rows",
    "agreement_max_scale",
}
_AT_MOST_ONE = ("_share", "_quantile", "_probability", "_fraction", "_rate")


def require_range(name: str, value: object, where: str) -> None:
    """Refuse a number outside the range that its name asks for.

    Raises
    ------
    ConfigError
        If ``value`` lies outside; ``where`` says where it was found.
    """
    if not isinstance(value, int | float):
        return
    expected = ""
    if name == "bar_minutes":
        if value < 1 or _DAY_MINUTES % value:
            expected = f"a divisor of {_DAY_MINUTES}, the minutes of a day"
    elif name in _ABOVE_ZERO and value <= 0:
        expected = "a number above 0"
    elif value < 0 and name not in _SIGNED:
        expected = "0 or more"
    elif name.endswith(_AT_MOST_ONE) and value > 1:
        expected = "a share of at most 1"
    elif name in _SIGNED and not -1 <= value <= 1:
        expected = "a number from -1 to 1"
    if expected:
        raise ConfigError(f"{where}: parameter {name} is {value}; expected {expected}")
