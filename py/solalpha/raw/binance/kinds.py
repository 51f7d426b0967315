"""Tell what a file of the archive holds from its first line, with header or without."""

from __future__ import annotations

from enum import Enum

from solalpha.errors import DataError


class Kind(Enum):
    """Name what the lines of a file are."""

    KLINES = "klines"
    AGGREGATE_TRADES = "aggTrades"
    TRADES = "trades"
    FUNDING = "fundingRate"
    METRICS = "metrics"
    DEPTH = "bookDepth"

    @property
    def table(self) -> str:
        """Return the raw table that the rows go to."""
        return _TABLES[self]

    @property
    def source(self) -> str:
        """Return the source; the two forms of a trade have one each."""
        return "binance_usdm_trades" if self is Kind.TRADES else "binance_usdm"

    @property
    def columns(self) -> list[str]:
        """Return the column names that a file without header has."""
        return list(_COLUMNS[self])


_TABLES = {
    Kind.KLINES: "candles",
    Kind.AGGREGATE_TRADES: "trades",
    Kind.TRADES: "trades",
    Kind.FUNDING: "funding_rates",
    Kind.METRICS: "market_metrics",
    Kind.DEPTH: "depth_bands",
}
_COLUMNS = {
    Kind.KLINES: (
        *("open_time", "open", "high", "low", "close", "volume", "close_time"),
        *("quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume"),
        "ignore",
    ),
    Kind.AGGREGATE_TRADES: (
        *("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id"),
        *("transact_time", "is_buyer_maker"),
    ),
    Kind.TRADES: ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker"),
    Kind.FUNDING: ("calc_time", "funding_interval_hours", "last_funding_rate"),
    Kind.METRICS: (
        *("create_time", "symbol", "sum_open_interest", "sum_open_interest_value"),
        *("count_toptrader_long_short_ratio", "sum_toptrader_long_short_ratio"),
        *("count_long_short_ratio", "sum_taker_long_short_vol_ratio"),
    ),
    Kind.DEPTH: ("timestamp", "percentage", "depth", "notional"),
}
_FLAGS = ("true", "false")


def recognised(line: bytes) -> tuple[Kind, list[str]]:
    """Return the kind of a file from its first line, and its columns.

    Raises
    ------
    DataError
        If the line is none of a known kind.
    """
    fields = line.decode("utf-8", errors="replace").lstrip("\ufeff").strip().split(",")
    for kind in Kind:
        if set(kind.columns) <= set(fields):
            return kind, fields
    for kind in Kind:
        if len(fields) == len(kind.columns) and _fits(kind, fields):
            return kind, kind.columns
    raise DataError(
        f"first line {','.join(fields)[:80]!r} is of no kind that is stored; expected "
        f"{', '.join(kind.value for kind in Kind)}"
    )


def is_header(first_cell: str, kind: Kind) -> bool:
    """Return whether a line that begins so is a header."""
    return first_cell.lstrip("\ufeff") == kind.columns[0]


def _fits(kind: Kind, fields: list[str]) -> bool:
    is_dated = fields[0][:4].isdecimal() and fields[0][4:5] == "-"
    if kind in {Kind.METRICS, Kind.DEPTH}:
        return is_dated
    is_flagged = fields[-1].lower() in _FLAGS
    needs_flag = kind in {Kind.AGGREGATE_TRADES, Kind.TRADES}
    return fields[0].isdecimal() and is_flagged == needs_flag
