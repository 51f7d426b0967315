"""Trades at the quotes: the fills of each order, with heavy-tailed sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.columns import MONEY_SCALE, decimals, stamped
from solalpha.raw.sample.draws import Flags, Floats, Integers, generator
from solalpha.raw.sample.flow import Flow
from solalpha.raw.sample.orders import MINUTE_MS, Orders, day_orders
from solalpha.raw.sample.prices import PRICE_UNITS, Market

_PRICE_FACTOR = 10_000
_UNITS = float(PRICE_UNITS)
_LOT_FACTOR = 1_000_000
_IDS_PER_DAY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trades:
    """Hold all trades in time order; arrays of shape (n_trades,).

    Attributes
    ----------
    at_ms : milliseconds since the start of the sample
    price : units of 1 / 10,000 USD
    lots : size in lots of 0.01
    is_buy : whether the aggressor bought
    trade_id : unique, rising within a day
    """

    at_ms: Integers
    price: Integers
    lots: Integers
    is_buy: Flags
    trade_id: Integers

    @property
    def minute(self) -> Integers:
        """Minute of the sample of each trade."""
        return np.asarray(self.at_ms // MINUTE_MS)


def simulate_trades(
    market: Market, flow: Flow, activity: Floats, *, seed: int, start_day: int
) -> Trades:
    """Draw the trades; the closing minute of every quarter has one at least.

    Parameters
    ----------
    activity : ndarray of shape (n_hours,), standard normal
    start_day
        Days since the epoch at which the sample starts; part of the trade ids.
    """
    parts = []
    for day in range(market.hours // c.DAY_HOURS):
        rng = generator(seed, "trades", day)
        orders = day_orders(market, flow, activity, rng, day)
        parts.append(_day(market, orders, activity, rng, start_day + day))
    at_ms, price, lots, trade_id, buys = (
        np.concatenate([part[i] for part in parts]) for i in range(5)
    )
    return Trades(
        at_ms=at_ms,
        price=price,
        lots=lots,
        is_buy=buys.astype(np.bool_),
        trade_id=trade_id,
    )


def trade_frame(
    trades: Trades, coin: str, *, first: int, last: int, start_us: int, delay_s: int
) -> pl.DataFrame:
    """Return the rows of the trades numbered ``first`` up to before ``last``."""
    chosen = slice(first, last)
    frame = pl.DataFrame(
        {
            "trade_id": trades.trade_id[chosen],
            "sequence": np.arange(first, last, dtype=np.int64),
            "price": decimals(trades.price[chosen] * _PRICE_FACTOR, MONEY_SCALE),
            "size": decimals(trades.lots[chosen] * _LOT_FACTOR, MONEY_SCALE),
            "is_buy": trades.is_buy[chosen],
        }
    ).with_columns(
        pl.lit(coin).alias("coin"),
        pl.when(pl.col("is_buy"))
        .then(pl.lit("buy"))
        .otherwise(pl.lit("sell"))
        .alias("aggressor_side"),
    )
    event_us = start_us + trades.at_ms[chosen] * 1000
    return stamped(frame.drop("is_buy"), event_us, delay_s)


def _day(
    market: Market,
    orders: Orders,
    activity: Floats,
    rng: np.random.Generator,
    epoch_day: int,
) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    size = _sizes(orders, activity, rng)
    beyond = c.FILLS_BEYOND_FIRST * (size / c.TRADE_SIZE_MEDIAN) ** c.FILLS_SIZE_POWER
    mixed = beyond * rng.standard_gamma(c.FILLS_SHAPE, size.size) / c.FILLS_SHAPE
    fills = np.minimum(1 + rng.poisson(mixed), c.FILLS_MOST)
    order = np.repeat(np.arange(size.size), fills)
    starts = np.cumsum(fills) - fills
    parts = rng.standard_exponential(order.size)
    filled = np.cumsum(parts)
    filled -= np.repeat(filled[starts] - parts[starts], fills)
    whole = size[order] / filled[starts + fills - 1][order]
    # Each SWEEP_SIZE of an order takes a tick: later fills are never better.
    further = ((filled - parts) * whole / c.SWEEP_SIZE).astype(np.int64)
    minute = orders.minute
    tick = market.tick[minute]
    width = (market.ask[minute] - market.bid[minute]) // tick
    bid = np.rint(orders.mid * _UNITS / tick - width / 2.0).astype(np.int64)
    best = np.where(orders.is_buy, bid + width, bid)
    toward = np.where(orders.is_buy, 1, -1)
    price = (best[order] + toward[order] * further) * tick[order]
    lots = np.maximum(np.rint(parts * whole * 100.0), 1.0).astype(np.int64)
    trade_id = epoch_day * _IDS_PER_DAY + np.arange(order.size, dtype=np.int64)
    buys = orders.is_buy.astype(np.int64)
    return orders.at_ms[order], price, lots, trade_id, buys[order]


def _sizes(orders: Orders, activity: Floats, rng: np.random.Generator) -> Floats:
    # Orders are larger when the market is busy and where they move the price.
    busy = (1.0 - c.ACTIVITY_IN_COUNTS) * c.ACTIVITY_SD
    logs = c.TRADE_SIZE_SD * rng.standard_normal(orders.minute.size)
    logs = logs + c.TRADE_SIZE_IMPACT * (np.minimum(np.abs(orders.jump), 4.0) - 0.8)
    logs = logs + busy * activity[orders.minute // c.HOUR_MINUTES]
    return np.minimum(c.TRADE_SIZE_MEDIAN * np.exp(logs), c.TRADE_SIZE_MOST)
