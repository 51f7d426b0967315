"""Statistics of books, trades and outages for the realism table."""

from __future__ import annotations

import numpy as np

from solalpha.audit import stylised as st
from solalpha.audit.observed import Books, Candles, Observed, Trades
from solalpha.audit.stylised import Floats

_WINDOW_BOOKS = 20  # books of one window of spread, depth and volatility
_LAGS = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80)
_NEIGHBOURS = 60  # orders after an order that its response looks at
_MINUTE_US = 60_000_000
_YEAR_MINUTES = 525_600.0
_OUTAGE_MINUTES = 5
_TICK_FIGURES = 5  # significant figures of a price
_RESPONSES = (
    ("response_under_2s", (0.0, 2.0)),
    ("response_2s_to_10s", (2.0, 10.0)),
    ("response_10s_to_60s", (10.0, 60.0)),
    ("response_60s_to_300s", (60.0, 300.0)),
)


def book_facts(books: Books) -> dict[str, float]:
    """Return the statistics of spread, depth and shape."""
    mid = (books.bid + books.ask) / 2.0
    spread = books.ask - books.bid
    tick = 10.0 ** (np.floor(np.log10(mid)) + 1 - _TICK_FIGURES)
    sizes = np.stack((books.bid_size, books.ask_size)).astype(np.float64)
    level = np.nanmean(sizes, axis=(0, 1))
    depth = np.nansum(sizes, axis=(0, 2))
    best = sizes[:, :, 0].ravel()
    five = sizes[:, :, :5].sum(axis=2)
    to_spread, to_depth = st.spread_and_depth_elasticity(
        mid, spread, depth, _WINDOW_BOOKS
    )
    return {
        "spread_mean": float((spread / mid).mean() * 1e4),
        "spread_of_one_tick": float(np.mean(spread < 1.5 * tick)),
        "spread_to_volatility": to_spread,
        "depth_to_volatility": to_depth,
        "best_size_median": float(np.median(best)),
        "best_size_log_deviation": st.deviation(np.log(best)),
        "level_5_to_best_size": float(level[4] / level[0]),
        "level_20_to_best_size": float(level[-1] / level[0]),
        "book_reach": float(
            np.nanmean((books.last_ask - books.last_bid) / mid) * 1e4 / 2.0
        ),
        "imbalance_deviation": st.deviation((five[0] - five[1]) / (five[0] + five[1])),
    }


def trade_facts(trades: Trades, books: Books | None) -> dict[str, float]:
    """Return the statistics of signs, sizes, times and impact.

    Fills of one side at one moment are one order.
    """
    first = np.flatnonzero(
        (np.diff(trades.at_us, prepend=trades.at_us[0] - 1) != 0)
        | (np.diff(trades.sign, prepend=0.0) != 0)
    )
    at_s, sign = trades.at_us[first] / 1e6, trades.sign[first]
    size = np.add.reduceat(trades.size, first)
    gaps = np.diff(at_s)
    return {
        "sign_memory_1": st.autocorrelation(trades.sign, 1),
        "sign_memory_10": st.autocorrelation(trades.sign, 10),
        "order_sign_memory_1": st.autocorrelation(sign, 1),
        "order_sign_memory_10": st.autocorrelation(sign, 10),
        "order_sign_exponent": st.decay_exponent(sign, _LAGS),
        "fills_per_order": trades.sign.size / first.size,
        "order_gap_mean": float(gaps.mean()) if gaps.size else st.NOTHING,
        "order_gap_variation": _variation(gaps),
        "order_size_median": float(np.median(size)),
        "order_size_log_deviation": st.deviation(np.log(size)),
        **_responses(at_s, trades.price[first], sign, books),
    }


def outage_facts(observed: Observed) -> dict[str, float]:
    """Return how often and how long nothing was traded for five minutes or more.

    From the volume of five-minute candles, else from the holes between the minutes
    of books and trades; unknown for less than ten days, which tell nothing of it.
    """
    quiet = _quiet_candles(observed.five_minutes)
    if quiet is None and observed.books is not None and observed.trades is not None:
        quiet = _quiet_minutes(observed.books, observed.trades)
    if quiet is None or quiet[1] < 10 * 1440:
        return {}
    lengths, minutes = quiet
    scale = _YEAR_MINUTES / minutes
    return {
        "outages_per_year": len(lengths) * scale,
        "outage_minutes_per_year": sum(lengths) * scale,
    }


def _variation(gaps: Floats) -> float:
    # Holes of the recording itself are no rhythm of the market.
    kept = gaps[gaps < 60.0 * _OUTAGE_MINUTES / 2.0]
    return st.deviation(kept) / float(kept.mean()) if kept.size else st.NOTHING


def _responses(
    at_s: Floats, price: Floats, sign: Floats, books: Books | None
) -> dict[str, float]:
    if books is None:
        return {}
    mid = (books.bid + books.ask) / 2.0
    half = float(((books.ask - books.bid) / mid).mean() / 2.0)
    found: dict[str, float] = {}
    for name, bounds in _RESPONSES:
        found[name], _ = st.response(
            at_s,
            price,
            sign,
            half_spread=half,
            bounds_s=bounds,
            neighbours=_NEIGHBOURS,
        )
    return found


def _quiet_candles(candles: Candles | None) -> tuple[list[float], float] | None:
    if candles is None or not np.isfinite(candles.volume).any():
        return None
    at = candles.open_us // (_OUTAGE_MINUTES * _MINUTE_US)
    empty = at[candles.volume == 0.0]
    runs = np.split(empty, np.flatnonzero(np.diff(empty) != 1) + 1)
    lengths = [float(run.size * _OUTAGE_MINUTES) for run in runs if run.size]
    return lengths, float((at[-1] - at[0] + 1) * _OUTAGE_MINUTES)


def _quiet_minutes(books: Books, trades: Trades) -> tuple[list[float], float]:
    minutes = np.union1d(books.at_us, trades.at_us) // _MINUTE_US
    holes = np.diff(np.unique(minutes)) - 1
    lengths = [float(hole) for hole in holes if hole >= _OUTAGE_MINUTES]
    return lengths, float(minutes[-1] - minutes[0] + 1)
