"""The joins of published tables that models, backtests and trading read."""

from __future__ import annotations

from collections.abc import Sequence

from solalpha.warehouse.duck import quoted

_LABELS = ("label_return", "label_up", "sample_weight", "known_at")
_FROM_FEATURES = (
    "close",
    "atr_14",
    "ema_50",
    "ema_200",
    "macd_line",
    "macd_signal",
    "rsi_14",
    "return_deviation_20",
    "realised_volatility_24",
)
_FROM_REGIMES = ("regime", "regime_hysteresis", "volatility_regime")
_PRICES = (
    "open",
    "high",
    "low",
    "mark_price",
    "oracle_price",
    "funding_price",
    "funding_rate",
    "spread_bps",
    "execution_price",
)
_FROM_BARS_FINAL = (
    "price_source",
    "funding_price_source",
    "execution_price_source",
    "count_funding_due",
    "count_funding_present",
    "execution_at",
)
# Columns of a decision's row that only hindsight knows: fills and marks read them.
FINAL_COLUMNS = frozenset({"final_close", *_PRICES, *_FROM_BARS_FINAL})


def training_rows(schema: str, features: Sequence[str]) -> str:
    """Return the query of one coin's bars (parameter 1) in time order, labelled or not.

    The model ``training_rows`` holds warm rows whose label is known; for the others
    the label columns are null here.
    """
    listed = [
        *(f"features.{quoted(name)}" for name in features),
        *(f"training_rows.{name}" for name in _LABELS),
        "quality_bars.verdict as quality_verdict",
    ]
    return (
        "select features.coin, features.bar_closed_at, features.decided_at, "
        f"features.is_warm, {', '.join(listed)} from {schema}.features as features "
        f"{_joined(schema, 'training_rows', 'quality_bars')} "
        "where features.coin = ? order by features.bar_closed_at"
    )


def decision_rows(schema: str) -> str:
    """Return the query of one row per bar of one coin (1) from a moment on (2)."""
    listed = [
        *(f"features.{name}" for name in _FROM_FEATURES),
        *(f"regimes.{name}" for name in _FROM_REGIMES),
        "features.sentiment_decayed as sentiment",
        "features.funding_rate_last",
        "features.funding_sum_24",
        "quality_bars.verdict as quality_verdict",
        "features.is_warm",
        "cast(bars_final.close as double) as final_close",
        *(f"cast(bars_final.{name} as double) as {name}" for name in _PRICES),
        *(f"bars_final.{name}" for name in _FROM_BARS_FINAL),
    ]
    return (
        "select features.coin, features.bar_closed_at, features.decided_at, "
        f"{', '.join(listed)} from {schema}.features as features "
        f"{_joined(schema, 'regimes', 'quality_bars', 'bars_final')} "
        "where features.coin = ? and features.bar_closed_at >= ? "
        "order by features.bar_closed_at"
    )


def _joined(schema: str, *models: str) -> str:
    return " ".join(
        f"left join {schema}.{name} as {name} on {name}.coin = features.coin "
        f"and {name}.bar_closed_at = features.bar_closed_at"
        for name in models
    )


def column_words(schema: str) -> str:
    """Return the SQL of one row per column of a table: type, unit, role, meaning.

    Its parameters are the schema and the table, in this order.
    """
    return f"""
select
    columns.column_name,
    columns.data_type,
    coalesce(words.unit, '') as unit,
    coalesce(words.role, '') as role,
    coalesce(words.feature_group, '') as feature_group,
    coalesce(words.description, columns.comment, '') as description
from duckdb_columns() as columns
left join {schema}.catalog_columns as words
    on words.model = columns.table_name and words.column_name = columns.column_name
where
    columns.database_name = current_database()
    and columns.schema_name = ?
    and columns.table_name = ?
order by columns.column_index
"""
