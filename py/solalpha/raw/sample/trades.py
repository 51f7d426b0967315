"""Trades at the quotes: persistent aggressor signs, heavy-tailed sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.columns import MONEY_SCALE, decimals, stamped
from solalpha.raw.sample.draws import Flags, Integers, generator
from solalpha.raw.sample.flow import Flow
from solalpha.raw.sample.prices import Market

_PRICE_FACTOR = 10_000
_LOT_FACTOR = 1_000_000
_MILLISECONDS_PER_MIN = 60_000
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
        return np.asarray(self.at_ms // _MILLISECONDS_PER_MIN)


def simulate_trades(market: Market, flow: Flow, *, seed: int, start_day: int) -> Trades:
    """Draw the trades; every minute has one at least.

    Parameters
    ----------
    start_day
        Days since the epoch at which the sample starts; part of the trade ids.
    """
    days = range(market.hours // c.DAY_HOURS)
    parts = [_day(market, flow, seed, day, start_day + day) for day in days]
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
    market: Market, flow: Flow, seed: int, day: int, epoch_day: int
) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    rng = generator(seed, "trades", day)
    minutes = day * c.DAY_MINUTES + np.arange(c.DAY_MINUTES, dtype=np.int64)
    relative = market.hour_sd[minutes // c.HOUR_MINUTES] / market.model.hour_sd
    counts = 1 + rng.poisson(c.TRADES_PER_MIN * relative)
    minute = np.repeat(minutes, counts)
    n_trades = minute.size
    within = rng.integers(1, _MILLISECONDS_PER_MIN, n_trades)
    at_ms = np.sort(minute * _MILLISECONDS_PER_MIN + within)
    size = c.TRADE_SIZE_MEDIAN * np.exp(c.TRADE_SIZE_SD * rng.standard_normal(n_trades))
    size = np.where(rng.random(n_trades) < c.BLOCK_SHARE, size * c.BLOCK_MULTIPLE, size)
    buys = rng.random(n_trades) < 1.0 / (1.0 + np.exp(-flow.trade[minute]))
    # A large trade eats the best level and pays one tick more on average.
    further = np.where(size > c.SWEEP_SIZE, market.tick[minute], 0)
    price = np.where(buys, market.ask[minute] + further, market.bid[minute] - further)
    lots = np.maximum(np.rint(size * 100.0), 1.0).astype(np.int64)
    trade_id = epoch_day * _IDS_PER_DAY + np.arange(n_trades, dtype=np.int64)
    return at_ms, price, lots, trade_id, buys.astype(np.int64)
