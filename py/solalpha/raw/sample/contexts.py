"""Asset contexts, settled funding and hourly candles of a simulated coin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.columns import (
    MONEY_SCALE,
    decimals,
    moments,
    money,
    rates,
    stamped,
)
from solalpha.raw.sample.draws import Floats, Integers, autoregressive, daily
from solalpha.raw.sample.latent import Latent
from solalpha.raw.sample.prices import PRICE_UNITS, Market, funding_rate
from solalpha.raw.sample.trades import Trades

_MINUTE_US = 60_000_000
_HOUR_US = 3_600_000_000
_CONTEXT_LEAD_US = 1_000_000  # contexts stand this long before their minute's end
_CONTEXT_JITTER_US = 900_000
_MARK_NOISE = 0.00002  # of the mark price over mid
_UNIT_FACTOR = 10_000  # ten-thousandths of a dollar to units of 10^-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Prints:
    """Hold what was traded per minute and hour, for volumes and candles.

    Attributes
    ----------
    notional : ndarray of shape (n_minutes,), USD traded within the minute
    open, high, low, close : ndarray of shape (n_hours,), units of 1 / 10,000 USD
    volume : ndarray of shape (n_hours,), lots of 0.01
    count : ndarray of shape (n_hours,), trades
    """

    notional: Floats
    open: Integers
    high: Integers
    low: Integers
    close: Integers
    volume: Integers
    count: Integers


def prints_of_trades(market: Market, trades: Trades) -> Prints:
    """Return what the simulated trades add up to."""
    minute = trades.minute
    notional = trades.price * trades.lots / (PRICE_UNITS * 100.0)
    hours = np.arange(market.hours, dtype=np.int64)
    starts = np.searchsorted(minute, hours * c.HOUR_MINUTES)
    ends = np.append(starts[1:], minute.size)
    return Prints(
        notional=np.bincount(minute, notional, market.price.size).astype(np.float64),
        open=trades.price[starts],
        high=np.maximum.reduceat(trades.price, starts),
        low=np.minimum.reduceat(trades.price, starts),
        close=trades.price[ends - 1],
        volume=np.add.reduceat(trades.lots, starts),
        count=ends - starts,
    )


def prints_of_quotes(market: Market, *, seed: int) -> Prints:
    """Return prints at the quotes for a coin whose trades are not simulated."""
    side, volume, count = daily(
        seed, "prints", market.hours // c.DAY_HOURS, _print_draws
    )
    price = np.where(side < 0.5, market.bid, market.ask)
    by_hour = price.reshape(market.hours, c.HOUR_MINUTES)
    relative = market.hour_sd / market.model.hour_sd
    lots = np.rint(c.BENCHMARK_VOLUME_PER_H * relative * np.exp(0.3 * volume) * 100.0)
    trades = np.rint(c.BENCHMARK_TRADES_PER_H * relative * np.exp(0.3 * count))
    per_minute = np.repeat(lots / (100.0 * c.HOUR_MINUTES), c.HOUR_MINUTES)
    return Prints(
        notional=per_minute * market.price,
        open=by_hour[:, 0],
        high=by_hour.max(axis=1),
        low=by_hour.min(axis=1),
        close=by_hour[:, -1],
        volume=lots.astype(np.int64),
        count=trades.astype(np.int64),
    )


def context_frame(
    latent: Latent,
    market: Market,
    prints: Prints,
    *,
    seed: int,
    start_us: int,
    delay_s: int,
) -> pl.DataFrame:
    """Return the asset contexts of a coin.

    Premium and impact prices agree with the oracle price by the venue's formula;
    the funding rate is the estimate from the hour's samples so far. The volume of
    the last day is null on the first day, and the mid in an outage.
    """
    at = market.context_minutes
    price = market.price[at]
    oracle = money(price / (1.0 + market.basis), 4)
    noise, jitter = _context_draws(market, seed)
    mid = (market.bid[at] + market.ask[at]) * (_UNIT_FACTOR // 2)
    bid, ask = _impact_prices(market, price, oracle)
    traded = np.concatenate(([0.0], np.cumsum(prints.notional)))
    has_day = at >= c.DAY_MINUTES
    day = traded[at + 1] - traded[np.maximum(at + 1 - c.DAY_MINUTES, 0)]
    interest = _open_interest(latent, market)
    frame = pl.DataFrame(
        {
            "mark_price": decimals(
                money(price * (1.0 + _MARK_NOISE * noise), 4), MONEY_SCALE
            ),
            "oracle_price": decimals(oracle, MONEY_SCALE),
            "mid_price": decimals(mid, MONEY_SCALE, ~market.is_dark[at]),
            "impact_bid_price": decimals(bid, MONEY_SCALE),
            "impact_ask_price": decimals(ask, MONEY_SCALE),
            "open_interest": decimals(money(interest, 2), MONEY_SCALE),
            "day_volume_usd": decimals(money(day, 2), MONEY_SCALE, has_day),
            "premium": rates(market.premium),
            "funding_rate": rates(_running_rate(market)),
        }
    ).with_columns(coin=pl.lit(market.model.coin))
    ends = start_us + (at + 1) * _MINUTE_US - _CONTEXT_LEAD_US
    return stamped(frame, ends + jitter, delay_s)


def funding_frame(
    market: Market, *, seed: int, start_us: int, delay_s: int
) -> pl.DataFrame:
    """Return one settled rate per hour, a few milliseconds after the hour."""

    def draw(rng: np.random.Generator) -> tuple[Floats, ...]:
        return (rng.random((2, c.DAY_HOURS))[market.model.index],)

    (jitter,) = daily(seed, "settlements", market.hours // c.DAY_HOURS, draw)
    frame = pl.DataFrame(
        {
            "funding_rate": rates(market.funding_rate),
            "premium": rates(market.hour_premium),
        }
    ).with_columns(
        coin=pl.lit(market.model.coin), interval_hours=pl.lit(1, dtype=pl.Int32)
    )
    ends = start_us + np.arange(1, market.hours + 1, dtype=np.int64) * _HOUR_US
    event_us = ends + np.floor(jitter * c.FUNDING_JITTER_MS).astype(np.int64) * 1000
    return stamped(frame, event_us, delay_s)


def candle_frame(
    market: Market, prints: Prints, *, start_us: int, delay_s: int
) -> pl.DataFrame:
    """Return hourly candles of the trade prints."""
    opens = start_us + np.arange(market.hours, dtype=np.int64) * _HOUR_US
    frame = pl.DataFrame(
        {
            "open_at": moments(opens),
            "open": decimals(prints.open * _UNIT_FACTOR, MONEY_SCALE),
            "high": decimals(prints.high * _UNIT_FACTOR, MONEY_SCALE),
            "low": decimals(prints.low * _UNIT_FACTOR, MONEY_SCALE),
            "close": decimals(prints.close * _UNIT_FACTOR, MONEY_SCALE),
            "volume": decimals(prints.volume * 1_000_000, MONEY_SCALE),
            "trade_count": pl.Series(prints.count.astype(np.int64)),
        }
    ).with_columns(
        coin=pl.lit(market.model.coin),
        interval=pl.lit("1h"),
        interval_s=pl.lit(c.HOUR_S, dtype=pl.Int32),
    )
    return stamped(frame, opens + _HOUR_US, delay_s)


def _impact_prices(
    market: Market, price: Floats, oracle: Integers
) -> tuple[Integers, Integers]:
    # Beyond the oracle they follow from the premium; else they stand around it.
    beyond = money(oracle / 10.0**MONEY_SCALE * (1.0 + market.premium), 6)
    bid = np.minimum(money(price * (1.0 - market.half_impact), 6), oracle)
    ask = np.maximum(money(price * (1.0 + market.half_impact), 6), oracle)
    return (
        np.where(market.premium > 0.0, beyond, bid),
        np.where(market.premium < 0.0, beyond, ask),
    )


def _running_rate(market: Market) -> Floats:
    by_hour = market.premium.reshape(market.hours, -1)
    so_far = np.cumsum(by_hour, axis=1) / np.arange(1, by_hour.shape[1] + 1)
    return funding_rate(so_far.reshape(-1))


def _open_interest(latent: Latent, market: Market) -> Floats:
    # Straight lines from the level of the hour before to that of the hour.
    shocks = latent.interest_shock[:, market.model.index]
    level = autoregressive(shocks, c.OPEN_INTEREST_HALF_LIFE_H)
    before = np.concatenate((level[:1], level[:-1]))
    share = (market.context_minutes % c.HOUR_MINUTES + 1) / c.HOUR_MINUTES
    hour = market.context_minutes // c.HOUR_MINUTES
    line = before[hour] + share * (level - before)[hour]
    return market.model.open_interest * np.exp(c.OPEN_INTEREST_SD * line)


def _context_draws(market: Market, seed: int) -> tuple[Floats, Integers]:
    per_day = c.DAY_MINUTES // market.model.context_min

    def draw(rng: np.random.Generator) -> tuple[Floats, ...]:
        noise = rng.standard_normal((2, c.DAY_MINUTES))[market.model.index]
        jitter = rng.random((2, c.DAY_MINUTES))[market.model.index]
        return noise[:per_day], jitter[:per_day]

    noise, jitter = daily(seed, "contexts", market.hours // c.DAY_HOURS, draw)
    return noise, np.floor(jitter * _CONTEXT_JITTER_US).astype(np.int64)


def _print_draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    volume, count = rng.standard_normal((2, c.DAY_HOURS))
    return rng.random(c.DAY_MINUTES), volume, count
