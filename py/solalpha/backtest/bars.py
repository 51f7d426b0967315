"""Decision rows as plain columns, so that the event loop touches no frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from solalpha.clock import from_ms
from solalpha.config import Parameters
from solalpha.errors import DataError
from solalpha.risk.limits import quality_code

Floats = list[float]
Integers = list[int]
Edge = tuple[float, float]

_FLOATS = {
    "execution": "execution_price",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "final_close",
    "decision_close": "close",
    "atr": "atr_14",
    "ema_fast": "ema_50",
    "ema_slow": "ema_200",
    "macd_line": "macd_line",
    "macd_signal": "macd_signal",
    "rsi": "rsi_14",
    "realised_volatility": "realised_volatility_24",
    "sentiment": "sentiment",
    "last_funding_rate": "funding_rate_last",
    "probability_up": "probability_up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Hold one coin's priced bars, one list per column, in time order.

    Prices are USD, NaN is unknown. ``execution`` is the first price at which the
    decision of the bar before could fill; ``open`` is the bar's first price, where a
    stop that was passed over fills; ``close`` and ``mark`` value the account;
    ``decision_close`` and the features are what a decision may know, which is taken
    at ``decided_us``.
    ``funding_price`` and ``funding_rate`` belong to the bar's right edge (0 where
    nothing is due or the rate is unknown); ``skipped_edges`` holds (price, rate) of
    the edges of bars without a price between the bar before and this one.
    """

    coin: str
    bar_us: int
    closed_us: Integers
    decided_us: Integers
    execution_us: Integers
    execution: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    mark: Floats
    spread_bps: Floats
    funding_price: Floats
    funding_rate: Floats
    skipped_edges: list[tuple[Edge, ...]]
    decision_close: Floats
    atr: Floats
    ema_fast: Floats
    ema_slow: Floats
    macd_line: Floats
    macd_signal: Floats
    rsi: Floats
    realised_volatility: Floats
    regime: Integers
    sentiment: Floats
    last_funding_rate: Floats
    probability_up: Floats
    quality: Integers
    age_s: Floats
    skipped_bars: int
    missing_funding: int

    def __len__(self) -> int:
        """Return how many bars have a price."""
        return len(self.closed_us)

    def fills_at_edge(self, index: int) -> bool:
        """Return whether the bar's execution price is one of its right edge.

        So it is where candles are as long as bars: the first price that comes late
        enough is the close, and the whole bar is past by then.
        """
        return self.execution_us[index] >= self.closed_us[index]

    def closed_at(self, index: int) -> datetime:
        """Return the right edge of a bar, aware."""
        return from_ms(self.closed_us[index] // 1000)


def bars_from_rows(rows: pl.DataFrame, parameters: Parameters) -> Bars:
    """Read decision rows with a ``probability_up`` column into ``Bars``.

    Parameters
    ----------
    rows
        The reader's decision rows of one coin plus ``probability_up``, one row per
        bar of the grid; times are UTC.

    Raises
    ------
    DataError
        If there are fewer than two priced bars, or more than one coin.

    Notes
    -----
    Bars without a price are left out of the feed and counted; the funding due at
    their edges is kept. The first row's own funding is not charged, because
    nothing is held before it.
    """
    ordered = rows.sort("bar_closed_at")
    coins = ordered["coin"].unique().to_list()
    if len(coins) > 1:
        raise DataError(f"decision rows hold coins {sorted(coins)}; expected one")
    edges, missing = _edges(ordered)
    is_priced = ordered["final_close"].is_not_null()
    priced = ordered.filter(is_priced)
    if priced.height < 2:
        raise DataError(
            f"{priced.height} bars with a price among {ordered.height} decision rows; "
            "expected at least 2 to backtest"
        )
    own, skipped = _assigned(edges, is_priced.to_list())
    closed = priced["bar_closed_at"].dt.epoch("us")
    executed = priced["execution_at"].dt.epoch("us").fill_null(closed)
    decided = priced["decided_at"].dt.epoch("us")
    return Bars(
        coin=str(coins[0]),
        bar_us=parameters.bar_minutes * 60_000_000,
        closed_us=closed.to_list(),
        decided_us=decided.to_list(),
        execution_us=executed.to_list(),
        mark=_floats(priced["mark_price"].fill_null(priced["final_close"])),
        spread_bps=_floats(
            priced["spread_bps"]
            .cast(pl.Float64)
            .fill_null(parameters.default_spread_bps)
        ),
        funding_price=[price for price, _ in own],
        funding_rate=[rate for _, rate in own],
        skipped_edges=skipped,
        regime=priced["regime"].cast(pl.Int64).fill_null(0).to_list(),
        quality=[quality_code(verdict) for verdict in priced["quality_verdict"]],
        age_s=_floats((decided - closed) / 1e6),
        skipped_bars=ordered.height - priced.height,
        missing_funding=missing,
        **{field: _floats(priced[name]) for field, name in _FLOATS.items()},
    )


def last_decision_index(bars: Bars) -> int:
    """Return the last bar whose decision another bar can execute, -1 for none."""
    for index in range(len(bars) - 1, 0, -1):
        if bars.execution[index] > 0.0:
            return index - 1
    return -1


def _floats(column: pl.Series) -> Floats:
    values: Floats = column.cast(pl.Float64).fill_null(math.nan).to_list()
    return values


def _edges(rows: pl.DataFrame) -> tuple[list[Edge], int]:
    # One (price, rate) per row of the grid, and how many due rates are unknown.
    prices = _floats(rows["funding_price"].fill_null(rows["final_close"]))
    rates = _floats(rows["funding_rate"])
    due = rows["count_funding_due"].cast(pl.Int64).to_list()
    edges: list[Edge] = []
    missing = 0
    for number, (price, rate, count_due) in enumerate(
        zip(prices, rates, due, strict=True)
    ):
        is_due = count_due != 0 and number > 0
        is_known = math.isfinite(price) and math.isfinite(rate)
        missing += is_due and not is_known
        edges.append((price, rate) if is_due and is_known else (0.0, 0.0))
    return edges, missing


def _assigned(
    edges: list[Edge], is_priced: list[bool]
) -> tuple[list[Edge], list[tuple[Edge, ...]]]:
    # Funding of skipped bars waits for the next priced bar.
    own: list[Edge] = []
    skipped: list[tuple[Edge, ...]] = []
    waiting: list[Edge] = []
    for edge, priced in zip(edges, is_priced, strict=True):
        if not priced:
            waiting.append(edge)
            continue
        own.append(edge)
        skipped.append(tuple(waiting))
        waiting = []
    return own, skipped
