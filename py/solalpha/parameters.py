"""The frozen set of numbers that move a result, one field per dbt variable.

Names, units and sources stand beside the values in ``dbt_project.yml``; this
module only fixes their types, so that a mistyped name cannot pass in silence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from solalpha.errors import ConfigError
from solalpha.parameter_ranges import require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Hold one value per dbt variable; units and sources stand beside them there."""

    trade_coin: str
    benchmark_coin: str
    bar_minutes: int
    decision_delay_s: int
    execution_latency_s: int
    label_horizon_bars: int
    decide_every_bars: int
    warmup_bars: int
    candle_delay_s: int
    funding_delay_s: int
    context_delay_s: int
    trade_delay_s: int
    book_delay_s: int
    order_flow_delay_s: int
    headline_delay_s: int
    stale_after_s: int
    bar_least_rows: int
    bar_edge_share: float
    funding_stale_after_s: int
    ema_fast_bars: int
    ema_slow_bars: int
    macd_fast_bars: int
    macd_slow_bars: int
    macd_signal_bars: int
    rsi_bars: int
    bollinger_bars: int
    bollinger_deviations: float
    atr_bars: int
    adx_bars: int
    stochastic_bars: int
    stochastic_smooth_bars: int
    obv_bars: int
    volatility_bars: int
    regime_bars: int
    realised_short_bars: int
    realised_long_bars: int
    bars_per_year: int
    large_order_quantile: float
    extreme_imbalance: float
    extreme_spread_bps: float
    extreme_depth_spread_5: float
    extreme_depth_spread_10: float
    extreme_concentration: float
    extreme_order_size: float
    extreme_vwap_mid_bps: float
    extreme_microprice_bps: float
    vpin_bars: int
    flow_half_life_fast_bars: float
    flow_half_life_medium_bars: float
    flow_half_life_slow_bars: float
    kyle_bars: int
    trade_window_s: int
    impact_window_s: int
    impact_min_snapshots: int
    vpin_bucket_usd: float
    vpin_bucket_least_usd: float
    vpin_buckets_per_day: int
    vpin_size_days: int
    vpin_buckets: int
    vpin_max_age_s: int
    agreement_max_age_s: int
    agreement_rows: int
    agreement_min_pairs: int
    agreement_min_correlation: float
    agreement_max_scale: float
    agreement_tolerance: float
    agreement_price_tolerance: float
    agreement_min_share: float
    funding_sum_short_hours: int
    funding_sum_hours: int
    funding_sum_long_hours: int
    funding_zscore_hours: int
    funding_interest_rate: float
    funding_clamp: float
    funding_clamp_early: float
    funding_cap_hourly: float
    funding_formula_tolerance: float
    carry_block_hours: int
    open_interest_bars: int
    beta_bars: int
    sentiment_window_hours: int
    sentiment_half_life_hours: float
    sentiment_long_hours: int
    sentiment_least_headlines: int
    sentiment_bound_errors: float
    sentiment_scorer: str
    headline_cover_hours: int
    correlation_threshold: float
    correlation_rows: int
    correlation_least_rows: int
    guard_least_bars: int
    guard_least_moves: int
    trailing_rank_bars: int
    volatility_low_quantile: float
    volatility_high_quantile: float
    funding_high_quantile: float
    regime_enter_sigmas: float
    regime_dwell_bars: int
    window_min_share: float
    us_session_open_hour: int
    us_session_close_hour: int
    quality_window_bars: int
    quality_max_missing_share: float
    quality_zero_volume_bars: int
    quality_outlier_sigmas: float
    quality_crossed_share: float
    quality_gap_s: int
    quality_regular_gap: float
    quality_irregular_gap: float
    quality_price_ratio: float
    quality_size_ratio: float
    quality_column_ratio: float
    quality_spike_sigmas: float
    quality_spike_move: float
    quality_frozen_bars: int
    quality_stale_s: int
    quality_basis: float
    quality_funding_hourly: float
    quality_book_distance: float
    quality_clock_s: int
    drift_recent_days: int
    quality_completeness: float
    train_share: float
    walk_forward_folds: int
    walk_forward_min_share: float
    embargo_bars: int
    model_seed: int
    perp_trees: int
    perp_depth: int
    perp_learning_rate: float
    perp_subsample: float
    perp_column_share: float
    perp_min_child_weight: float
    paper_trees: int
    paper_depth: int
    paper_learning_rate: float
    bootstrap_draws: int
    bootstrap_block_bars: int
    model_max_age_hours: int
    paper_risk_fraction: float
    paper_cash_fraction: float
    paper_rsi_low: float
    paper_rsi_high: float
    paper_min_score: int
    perp_enter_probability: float
    perp_exit_probability: float
    perp_volatility_target: float
    perp_max_exposure: float
    perp_stop_atr: float
    perp_min_edge_ratio: float
    risk_max_exposure: float
    risk_max_leverage: float
    risk_daily_loss: float
    risk_max_drawdown: float
    risk_sentiment_floor: float
    risk_stale_data_s: int
    taker_fee_rate: float
    maker_fee_rate: float
    slippage_bps: float
    default_spread_bps: float
    maintenance_margin_rate: float
    paper_start_usd: float
    backtest_start_usd: float
    lot_decimals: int
    min_order_usd: float
    max_leverage: int
    order_bound_bps: float
    order_expiry_s: int
    order_attempts: int
    paper_depth_usd: float

    def as_dict(self) -> dict[str, Any]:
        """Return name to value, in the order of ``dbt_project.yml``."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def fingerprint(self) -> str:
        """Return 16 hex digits that change when any parameter changes."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def override(self, changes: Mapping[str, str]) -> Parameters:
        """Return a copy with ``changes`` (name to text) converted and checked.

        Raises
        ------
        ConfigError
            If a name is unknown, or a text does not convert to the name's type or
            lies outside its range.
        """
        values = self.as_dict()
        types = _types()
        for name, text in changes.items():
            if name not in types:
                raise ConfigError(
                    f"parameter {name!r} is unknown; expected one of the vars in "
                    "dbt_project/dbt_project.yml"
                )
            values[name] = _converted(name, text, types[name])
        for name in changes:
            require_range(name, values[name], "--set or override")
        return Parameters(**values)

    @classmethod
    def from_block(cls, found: Mapping[str, object], origin: Path) -> Parameters:
        """Build from the ``vars:`` block read at ``origin``.

        Raises
        ------
        ConfigError
            If a name is missing, unknown or ill-typed, or a value out of range.
        """
        types = _types()
        missing = sorted(types.keys() - found.keys())
        unknown = sorted(found.keys() - types.keys())
        if missing or unknown:
            raise ConfigError(
                f"{origin}: vars missing {missing or 'none'}, unknown "
                f"{unknown or 'none'}; expected exactly the fields of Parameters"
            )
        values: dict[str, Any] = {
            name: _checked(name, found[name], types[name], origin) for name in types
        }
        for name, value in values.items():
            require_range(name, value, str(origin))
        return cls(**values)


def _types() -> dict[str, str]:
    return {field.name: str(field.type) for field in fields(Parameters)}


def _checked(name: str, value: object, kind: str, path: Path) -> object:
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    expected = {"int": int, "float": float, "str": str}[kind]
    if isinstance(value, bool) or not isinstance(value, expected):
        raise ConfigError(f"{path}: var {name} is {value!r}; expected {kind}")
    return value


def _converted(name: str, text: str, kind: str) -> object:
    try:
        value = {"int": int, "float": float, "str": str}[kind](text)
    except ValueError as error:
        raise ConfigError(f"parameter {name} is {text!r}; expected {kind}") from error
    if isinstance(value, float) and value - value != 0:
        raise ConfigError(f"parameter {name} is {text!r}; expected a finite number")
    return value
