"""Orders that cross the spread: when they come, which way, and where the mid was.

The mid's path within a minute is a random walk that ends where the minute ends, with
a small jump at each order. The sign of an order leans with its own jump: seen from
the past the jump is fair, seen from the order it is the lasting part of its impact.
Signs have a long memory, and what of it can be foreseen moves no price, so that a
single order's impact decays though the market stays efficient (Lillo and Farmer
2004). A passing part besides it dies out within seconds and is gone at the minute's
end, where books and bars look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import Flags, Floats, Integers
from solalpha.raw.sample.flow import Flow
from solalpha.raw.sample.prices import Market

MINUTE_MS = 60_000
_LAST_FIRST_MS = 58_000  # a burst begins no later in its minute
_CLOSING_MS = 56_000  # from here on the last burst of a quarter begins
_LAST_MS = 58_900  # books and contexts of the minute's end come after all orders
_MOST = 4.0  # standardised moves count up to here


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Hold the orders of a day in time order; arrays of shape (n_orders,).

    Attributes
    ----------
    at_ms : milliseconds since the start of the sample
    minute : minute of the sample
    is_buy : whether the order buys
    mid : USD, the mid that the order meets
    jump : the price's jump at the order, standardised, signed
    """

    at_ms: Integers
    minute: Integers
    is_buy: Flags
    mid: Floats
    jump: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    # Of each order: the move since the minute's start and its own jump, both in
    # units of their standard deviation.
    move: Floats
    jump: Floats


def day_orders(
    market: Market, flow: Flow, activity: Floats, rng: np.random.Generator, day: int
) -> Orders:
    """Draw the orders of one day (days count from 0).

    Parameters
    ----------
    activity : ndarray of shape (n_hours,), standard normal
    """
    at_ms = _times(market, activity, rng, day)
    minute = at_ms // MINUTE_MS
    path, start, sd = _walk(market, at_ms, rng, day)
    odds = flow.trade[minute]
    odds = odds + c.TRADE_CHASE * np.clip(path.move, -_MOST, _MOST)
    odds = odds + c.TRADE_IMPACT * np.clip(path.jump, -_MOST, _MOST)
    buys = rng.random(at_ms.size) < 1.0 / (1.0 + np.exp(-odds))
    moved = path.move * sd + _passing(at_ms, buys)
    return Orders(
        at_ms=at_ms,
        minute=minute,
        is_buy=buys,
        mid=start * np.exp(moved),
        jump=path.jump,
    )


def _times(
    market: Market, activity: Floats, rng: np.random.Generator, day: int
) -> Integers:
    # Bursts come at random; followers come within seconds of the first order.
    minutes = day * c.DAY_MINUTES + np.arange(c.DAY_MINUTES, dtype=np.int64)
    busy = np.exp(c.ACTIVITY_IN_COUNTS * c.ACTIVITY_SD * activity)
    relative = market.relative_volatility[minutes] ** c.TRADES_VOLATILITY_POWER
    rate = (
        c.BURSTS_LEAST + c.BURSTS_PER_MIN * relative * busy[minutes // c.HOUR_MINUTES]
    )
    bursts = rng.poisson(rate)
    # A quarter's closing seconds have one, so that a candle closes near the mid.
    closing = minutes % c.QUARTER_MINUTES == c.QUARTER_MINUTES - 1
    bursts = np.where(closing, np.maximum(bursts, 1), bursts)
    bursts[market.is_dark[minutes]] = 0
    first = np.repeat(minutes, bursts)
    within = rng.integers(1, _LAST_FIRST_MS, first.size)
    ends = closing[first - minutes[0]] & (np.diff(first, append=-1) != 0)
    within[ends] = _CLOSING_MS + within[ends] % (_LAST_FIRST_MS - _CLOSING_MS)
    sizes = rng.geometric(1.0 / (1.0 + c.BURST_FOLLOWERS), first.size)
    starts = np.cumsum(sizes) - sizes
    gaps = rng.standard_exponential(int(sizes.sum())) * (c.BURST_GAP_S * 1000.0)
    gaps[starts] = 0.0
    later = np.cumsum(gaps)
    later -= np.repeat(later[starts], sizes)
    offset = np.repeat(within, sizes) + later.astype(np.int64)
    at_ms = np.repeat(first, sizes) * MINUTE_MS + offset
    return np.sort(at_ms[offset < _LAST_MS])


def _walk(
    market: Market, at_ms: Integers, rng: np.random.Generator, day: int
) -> tuple[_Path, Floats, Floats]:
    # The path, and of each order the minute's first price and standard deviation.
    minutes = day * c.DAY_MINUTES + np.arange(c.DAY_MINUTES, dtype=np.int64)
    before = market.price[np.maximum(minutes - 1, 0)]
    sd = market.minute_sd[minutes]
    own = at_ms // MINUTE_MS - minutes[0]
    counts = np.bincount(own, minlength=minutes.size)
    starts = np.cumsum(counts) - counts
    share = at_ms % MINUTE_MS / MINUTE_MS
    place = np.arange(at_ms.size) - starts[own]
    passed = np.diff(share, prepend=0.0)
    passed[place == 0] = share[place == 0]
    drift = np.sqrt(passed) * rng.standard_normal(at_ms.size)
    jump = c.JUMP_PER_ORDER * rng.standard_normal(at_ms.size)
    last = np.zeros(minutes.size)
    np.maximum.at(last, own, share)
    rest = np.sqrt(1.0 - last) * rng.standard_normal(minutes.size)
    # A free walk of variance 1 + jumps, then bent to end where the minute ends.
    free = _within(drift, starts, own) + _within(jump, starts, own) - jump
    end = np.bincount(own, drift + jump, minutes.size) + rest
    jump_variance = c.JUMP_PER_ORDER**2
    total = 1.0 + jump_variance * counts
    root = np.sqrt(total)
    miss = np.log(market.price[minutes] / before) / sd - end / root
    lean = (miss / total)[own]
    root = root[own]
    path = _Path(
        move=free / root + (share + jump_variance * place) * lean,
        jump=(jump / root + jump_variance * lean) * (root / c.JUMP_PER_ORDER),
    )
    return path, before[own], sd[own]


def _passing(at_ms: Integers, buys: Flags) -> Floats:
    # What earlier orders of the minute still move the quotes by, log price.
    if not at_ms.size:
        return np.zeros(0)
    seconds = at_ms % MINUTE_MS / 1000.0
    decay = np.log(2.0) / c.PASSING_HALF_LIFE_S
    own = at_ms // MINUTE_MS - at_ms[0] // MINUTE_MS
    counts = np.bincount(own)
    push = np.where(buys, c.PASSING_IMPACT, -c.PASSING_IMPACT) * np.exp(decay * seconds)
    pushed = _within(push, np.cumsum(counts) - counts, own) - push
    return np.asarray(pushed * np.exp(-decay * seconds))


def _within(values: Floats, starts: Integers, own: Integers) -> Floats:
    # Running sums that begin anew in every minute.
    total = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(total[1:] - total[starts[own]])
