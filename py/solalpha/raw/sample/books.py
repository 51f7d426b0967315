"""Order books of 20 levels around the quotes, leaning with the book pressure."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.columns import MONEY_SCALE, decimals, stamped
from solalpha.raw.sample.draws import Floats, Integers, generator
from solalpha.raw.sample.flow import Flow
from solalpha.raw.sample.prices import Market
from solalpha.raw.schemas import BOOK_LEVELS

_PRICE_FACTOR = 10_000  # ten-thousandths of a dollar to units of 10^-8
_LOT_FACTOR = 1_000_000  # lots of 0.01 to units of 10^-8
_MINUTE_US = 60_000_000
_JITTER_US = 250_000
# Ticks between neighbouring levels, one entry per value of a random byte.
_GAPS = np.repeat(np.array([1, 2, 3, 5], dtype=np.int32), [250, 4, 1, 1])
_PROFILE = np.asarray(c.BOOK_PROFILE, dtype=np.float32)
_NOISE = np.asarray(c.BOOK_SIZE_NOISE, dtype=np.float32)
_MOST_LOTS = np.float32(c.BOOK_SIZE_MOST * 100.0)

_Levels = NDArray[np.int64]


def book_frame(
    market: Market,
    flow: Flow,
    *,
    seed: int,
    days: range,
    interval_s: int,
    start_us: int,
    delay_s: int,
) -> pl.DataFrame:
    """Return the book snapshots of some days.

    A snapshot is taken in the last quarter second of its interval, so that the last
    one of an hour shows the hour's close whatever the interval is. There is none in
    an outage.
    """
    step = interval_s // 60
    parts = [_day(market, flow, seed, day, step) for day in days]
    minutes, jitter = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    prices, sizes, counts = (
        np.concatenate([part[i] for part in parts], axis=1) for i in (2, 3, 4)
    )
    columns: dict[str, pl.Series] = {}
    for side, name in enumerate(("bid", "ask")):
        for level in range(BOOK_LEVELS):
            label = f"{level + 1}"
            columns[f"{name}_price_{label}"] = decimals(
                prices[side, :, level] * _PRICE_FACTOR, MONEY_SCALE
            )
            columns[f"{name}_size_{label}"] = decimals(
                sizes[side, :, level] * _LOT_FACTOR, MONEY_SCALE
            )
            columns[f"{name}_count_{label}"] = pl.Series(counts[side, :, level])
    frame = pl.DataFrame(columns).with_columns(
        coin=pl.lit(market.model.coin), sequence=pl.Series(minutes // step)
    )
    ends = start_us + (minutes + 1) * _MINUTE_US - _JITTER_US
    return stamped(frame, ends + jitter, delay_s)


def _day(
    market: Market, flow: Flow, seed: int, day: int, step: int
) -> tuple[Integers, Integers, _Levels, _Levels, NDArray[np.int32]]:
    # Arrays over sides, snapshots and levels: prices, sizes in lots, order counts.
    first = day * c.DAY_MINUTES
    minutes = np.arange(first + step - 1, first + c.DAY_MINUTES, step, dtype=np.int64)
    rng = generator(seed, "books", day)
    jitter = rng.integers(0, _JITTER_US, minutes.size)
    shape = (2, minutes.size, BOOK_LEVELS)
    gaps = _GAPS[rng.integers(0, 256, shape, dtype=np.uint8)]
    gaps[:, :, 0] = 0
    steps = np.cumsum(gaps, axis=2) * market.tick[minutes][None, :, None]
    prices = np.stack(
        (market.bid[minutes, None] - steps[0], market.ask[minutes, None] + steps[1])
    )
    noise = rng.standard_normal(shape, dtype=np.float32)
    sizes = _sizes(market, flow.book[minutes], minutes, noise)
    counts = _counts(sizes, rng.integers(0, 256, shape, dtype=np.uint8))
    seen = ~market.is_dark[minutes]
    if not seen.all():
        prices, sizes, counts = prices[:, seen], sizes[:, seen], counts[:, seen]
    return minutes[seen], jitter[seen], prices, sizes, counts


def _sizes(
    market: Market, pressure: Floats, minutes: Integers, noise: NDArray[np.float32]
) -> _Levels:
    relative = market.relative_volatility[minutes]
    base = c.BOOK_SIZE_BASE * 100.0 * relative**c.BOOK_SIZE_VOLATILITY_POWER
    lean = np.stack((np.exp(pressure / 2.0), np.exp(-pressure / 2.0)))
    median = (base * lean).astype(np.float32)[:, :, None] * _PROFILE
    lots = np.minimum(median * np.exp(_NOISE * noise), _MOST_LOTS)
    return np.asarray(np.maximum(np.rint(lots), 1.0), dtype=np.int64)


def _counts(sizes: _Levels, orders: NDArray[np.uint8]) -> NDArray[np.int32]:
    # Order sizes vary by a factor of about three around their mean.
    spread = (np.float32(0.5) + orders.astype(np.float32) / np.float32(255.0)) / (
        np.float32(c.ORDER_SIZE_BASE * 100.0)
    )
    return (sizes * spread).astype(np.int32) + np.int32(1)
