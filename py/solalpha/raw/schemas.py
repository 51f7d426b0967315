"""Schemas of the raw tables as data: columns, types, key and partition of each.

Prices and sizes are exact decimals with 8 places, rates with 12; times are
microseconds UTC. ``event_at`` says when something happened and ``available_at``
when it could first have been known.
"""

from __future__ import annotations

import polars as pl

from solalpha.errors import ConfigError
from solalpha.raw.table_schema import (
    MOMENT,
    MONEY,
    ORIGINS,
    RATE,
    TEXT,
    Columns,
    Origin,
    TableSchema,
    table,
)

__all__ = [
    "BOOK_LEVELS",
    "MOMENT",
    "MONEY",
    "ORDER_FLOW_COLUMNS",
    "ORDER_FLOW_KNOWN",
    "ORDER_FLOW_REQUIRED",
    "ORDER_FLOW_TIMESTAMP",
    "ORDER_FLOW_TRADE_COLUMNS",
    "ORIGINS",
    "RATE",
    "TABLES",
    "TEXT",
    "Origin",
    "TableSchema",
    "table_schema",
]

BOOK_LEVELS = 20


def table_schema(name: str) -> TableSchema:
    """Return the schema of the raw table ``name``.

    Raises
    ------
    ConfigError
        If there is no such table.
    """
    if name not in TABLES:
        raise ConfigError(f"raw table {name!r} is unknown; expected {sorted(TABLES)}")
    return TABLES[name]


def _levels() -> Columns:
    wide: Columns = {}
    for side in ("bid", "ask"):
        for kind, dtype in (("price", MONEY), ("size", MONEY), ("count", pl.Int32())):
            for level in range(1, BOOK_LEVELS + 1):
                wide[f"{side}_{kind}_{level}"] = dtype
    return wide


CANDLES = table(
    "candles",
    {
        "coin": TEXT,
        "interval": TEXT,
        "interval_s": pl.Int32(),
        "open_at": MOMENT,
        "open": MONEY,
        "high": MONEY,
        "low": MONEY,
        "close": MONEY,
        "volume": MONEY,
        "trade_count": pl.Int64(),
    },
    key=("coin", "source", "interval", "open_at"),
    required=("interval_s",),
    partition="month",
    partition_at="open_at",
)

FUNDING_RATES = table(
    "funding_rates",
    {"coin": TEXT, "funding_rate": RATE, "premium": RATE, "interval_hours": pl.Int32()},
    key=("coin", "source", "event_at"),
    required=("interval_hours",),
    partition="month",
)

ASSET_CONTEXTS = table(
    "asset_contexts",
    {
        "coin": TEXT,
        "mark_price": MONEY,
        "oracle_price": MONEY,
        "mid_price": MONEY,
        "impact_bid_price": MONEY,
        "impact_ask_price": MONEY,
        "open_interest": MONEY,
        "day_volume_usd": MONEY,
        "premium": RATE,
        "funding_rate": RATE,
    },
    key=("coin", "source", "event_at"),
    partition="date",
)

TRADES = table(
    "trades",
    {
        "coin": TEXT,
        "trade_id": pl.Int64(),
        "sequence": pl.Int64(),
        "aggressor_side": TEXT,
        "price": MONEY,
        "size": MONEY,
    },
    key=("coin", "source", "event_at", "trade_id"),
    required=("sequence", "aggressor_side"),
    partition="date",
)

BOOK_SNAPSHOTS = table(
    "book_snapshots",
    {"coin": TEXT, "sequence": pl.Int64(), **_levels()},
    key=("coin", "source", "event_at", "sequence"),
    partition="date",
)

HEADLINES = table(
    "headlines",
    {
        "headline_id": TEXT,
        "title": TEXT,
        "news_source": TEXT,
        "url": TEXT,
        "text": TEXT,
        "votes": TEXT,
        "published_at": MOMENT,
        "first_seen_at": MOMENT,
    },
    key=("headline_id",),
    required=("title", "news_source", "published_at"),
    partition="month",
    volatile=frozenset({"votes", "first_seen_at", "title", "url"}),
)

RECORDING_GAPS = table(
    "recording_gaps",
    {
        "coin": TEXT,
        "channel": TEXT,
        "gap_from": MOMENT,
        "gap_to": MOMENT,
        "reason": TEXT,
    },
    key=("coin", "source", "channel", "gap_from"),
    required=("gap_to", "reason"),
    partition="month",
)

MARKET_METRICS = table(
    "market_metrics",
    {
        "coin": TEXT,
        "open_interest": MONEY,
        "open_interest_usd": MONEY,
        "top_account_ratio": RATE,
        "top_position_ratio": RATE,
        "account_ratio": RATE,
        "taker_volume_ratio": RATE,
    },
    key=("coin", "source", "event_at"),
    partition="month",
)

DEPTH_BANDS = table(
    "depth_bands",
    {"coin": TEXT, "band_pct": RATE, "depth": MONEY, "notional_usd": MONEY},
    key=("coin", "source", "event_at", "band_pct"),
    partition="date",
)

ADOPTED_FILES = table(
    "adopted_files",
    {
        "coin": TEXT,
        "file_path": TEXT,
        "month": TEXT,
        "row_count": pl.Int64(),
        "size_bytes": pl.Int64(),
        "modified_at": MOMENT,
        "first_event_at": MOMENT,
        "last_event_at": MOMENT,
        "timestamp_column": TEXT,
        "timestamp_kind": TEXT,
        "time_zone": TEXT,
        "columns": pl.List(pl.String()),
    },
    key=("file_path",),
    required=("coin", "month", "row_count", "timestamp_column", "timestamp_kind"),
    partition="none",
)

ADOPTED_COLUMNS = table(
    "adopted_columns",
    {"coin": TEXT, "column_name": TEXT, "source_column": TEXT, "scale": pl.Float64()},
    key=("coin", "column_name"),
    required=("source_column", "scale"),
    partition="none",
)

# What the footer of each adopted file says of each of its columns.
ADOPTED_FIELDS = table(
    "adopted_fields",
    {
        "coin": TEXT,
        "file_path": TEXT,
        "month": TEXT,
        "field_name": TEXT,
        "column_name": TEXT,
        "field_type": TEXT,
        "row_count": pl.Int64(),
        "null_count": pl.Int64(),
    },
    key=("file_path", "field_name"),
    required=("coin", "month", "field_type", "row_count"),
    partition="none",
)

TABLES: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        CANDLES,
        FUNDING_RATES,
        ASSET_CONTEXTS,
        TRADES,
        BOOK_SNAPSHOTS,
        HEADLINES,
        RECORDING_GAPS,
        MARKET_METRICS,
        DEPTH_BANDS,
        ADOPTED_FILES,
        ADOPTED_COLUMNS,
        ADOPTED_FIELDS,
    )
}

ORDER_FLOW_TIMESTAMP = "timestamp"
ORDER_FLOW_REQUIRED = ("best_bid", "best_ask")
# The lakehouse contract, in its documented order; the timestamp stands apart.
ORDER_FLOW_COLUMNS: tuple[str, ...] = (
    *("best_bid", "best_ask", "mid_price", "spread", "spread_bps"),
    *("depth_imbalance_5", "depth_imbalance_10", "depth_imbalance_20"),
    *("bid_volume_5", "bid_volume_10", "ask_volume_5", "ask_volume_10"),
    *("ofi_ratio", "order_count_imbalance_5", "order_count_imbalance_10"),
    *("avg_bid_order_size", "avg_ask_order_size", "large_order_imbalance"),
    *("bid_slope", "ask_slope", "slope_imbalance"),
    *("bid_concentration", "ask_concentration", "concentration_imbalance"),
    *("depth_spread_5_pct", "depth_spread_10_pct"),
    *("bid_vwap_5", "bid_vwap_10", "ask_vwap_5", "ask_vwap_10"),
    *("vwap_mid_5", "vwap_mid_10"),
    *("toxicity_bid_proxy", "toxicity_ask_proxy"),
    *("toxicity_imbalance", "toxicity_trend"),
    *("roc_1h", "roc_4h", "sma_diff_1h", "sma_diff_4h", "golden_cross"),
    *("bb_width_1h", "bb_position_1h"),
    *("btc_close", "btc_high", "btc_low", "btc_volume"),
    *("sol_ret_1h", "btc_ret_1h", "rel_strength_1h"),
    *("btc_return_lag_1h", "btc_return_lag_2h", "btc_return_lag_4h"),
    *("btc_lead_signal_1h", "btc_lead_signal_2h", "btc_lead_signal_4h"),
    *("btc_lead_combined", "hour", "day_of_week", "is_us_open"),
)
# Columns of trades beside the books, which the export writes and the contract lacks.
ORDER_FLOW_TRADE_COLUMNS: tuple[str, ...] = (
    *("trade_volume", "signed_volume", "cvd", "trade_imbalance"),
    *("trade_arrival_rate", "effective_spread_bps", "vpin", "kyle_lambda"),
)
ORDER_FLOW_KNOWN = (*ORDER_FLOW_COLUMNS, *ORDER_FLOW_TRADE_COLUMNS)
