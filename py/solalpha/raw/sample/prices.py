"""Premium, funding, the price path and the quotes around it.

Without an edge, the price less the funding paid is a martingale: each minute's
simple return is a symmetric shock times a volatility that is set beforehand, and
the growth within an hour compensates the funding settled at its end. The premium
answers to earlier hours only, so the two do not depend on each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter  # type: ignore[import-untyped]

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import (
    Flags,
    Floats,
    Integers,
    autoregressive,
    daily,
    persistence,
)
from solalpha.raw.sample.latent import Latent
from solalpha.raw.sample.planted import noise_scale, planted_moves

PRICE_UNITS = 10_000  # integer prices count ten-thousandths of a dollar
_TICK_FROM = np.array([10.0, 100.0, 1_000.0, 10_000.0])
_TICKS = np.array([1, 10, 100, 1_000, 10_000], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinModel:
    """Name a coin and its fixed numbers; ``index`` picks its columns of the draws."""

    coin: str
    index: int
    start_usd: float
    hour_sd: float
    spread_bps: float
    context_min: int
    open_interest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Hold one coin's prices, quotes and funding; times count from the start.

    Attributes
    ----------
    hour_sd : ndarray of shape (n_hours,), standard deviation of the hour's return
    minute_sd : ndarray of shape (n_minutes,), the same of the minute's return
    move : ndarray of shape (n_minutes,), log return into the minute, less funding
    price : ndarray of shape (n_minutes,), USD, at the minute's end
    bid, ask, tick : ndarray of shape (n_minutes,), best quotes at the minute's end
        and tick in units of 1 / 10,000 USD
    basis : ndarray of shape (n_contexts,), price over oracle less one
    half_impact : ndarray of shape (n_contexts,), impact price to mid over mid
    premium : ndarray of shape (n_contexts,)
    hour_premium, funding_rate : ndarray of shape (n_hours,), mean premium of the
        hour and the rate settled at its end; positive: longs pay
    fast_basis, slow_basis : ndarray of shape (n_hours,), the two parts of the next
        hour's basis less its mean, as expected at the end of the hour
    is_dark : ndarray of shape (n_minutes,), minutes without books and trades
    """

    model: CoinModel
    hour_sd: Floats
    minute_sd: Floats
    move: Floats
    price: Floats
    bid: Integers
    ask: Integers
    tick: Integers
    basis: Floats
    half_impact: Floats
    premium: Floats
    hour_premium: Floats
    funding_rate: Floats
    fast_basis: Floats
    slow_basis: Floats
    is_dark: Flags

    @property
    def hours(self) -> int:
        """Number of simulated hours."""
        return int(self.hour_sd.size)

    @property
    def relative_volatility(self) -> Floats:
        """Return each minute's volatility over the coin's median one."""
        scale = np.sqrt(c.HOUR_MINUTES) / self.model.hour_sd
        return np.asarray(self.minute_sd * scale)

    @property
    def context_minutes(self) -> Integers:
        """Return the minutes of the asset contexts, the last one of each interval."""
        step = self.model.context_min
        return np.arange(step - 1, self.price.size, step, dtype=np.int64)


def funding_rate(premium: Floats) -> Floats:
    """Return the hourly rate of an hour's mean ``premium`` by the venue's formula."""
    interest = np.clip(c.INTEREST_8H - premium, -c.CLAMP_8H, c.CLAMP_8H)
    return np.clip((premium + interest) / 8.0, -c.CAP_PER_H, c.CAP_PER_H)


def tick_units(price: Floats) -> Integers:
    """Return the tick of five significant figures, in units of 1 / 10,000 USD.

    Near a power of ten the coarser tick is taken, because it is valid on both sides.
    """
    return _TICKS[np.searchsorted(_TICK_FROM, price * (1.0 + c.TICK_MARGIN), "right")]


def simulate_market(
    latent: Latent, model: CoinModel, *, seed: int, edge: float
) -> Market:
    """Simulate one coin; ``edge`` scales the planted drift (0 for the benchmark)."""
    hours = latent.regime.size
    hour_sd = model.hour_sd * latent.relative_volatility
    minute_sd = _minute_sd(latent, hour_sd)
    shock = _shocks(latent, model, hour_sd, noise_scale(edge) * minute_sd)
    move = np.log1p(shock) + np.log1p(planted_moves(latent, hour_sd, edge))
    hour_move = move.reshape(hours, -1).sum(axis=1)
    basis_noise, spread_noise = _quote_noise(seed, model, hours // c.DAY_HOURS)
    fast, slow, past = _basis(latent, model, hour_move / hour_sd)
    per_hour = c.HOUR_MINUTES // model.context_min
    basis = np.repeat(c.BASIS_MEAN + fast + slow, per_hour)
    basis = basis + c.BASIS_NOISE_SD * basis_noise
    spread = _relative_spread(latent, model, spread_noise)
    half_impact = _half_impact(model, spread)
    premium = _premium(basis, half_impact)
    hour_premium = np.round(premium.reshape(hours, per_hour).mean(axis=1), 12)
    rate = np.round(funding_rate(hour_premium), 12)
    growth = np.log1p(rate) / c.HOUR_MINUTES
    log_price = np.cumsum(move + np.repeat(growth, c.HOUR_MINUTES))
    price = model.start_usd * np.exp(log_price)
    tick = tick_units(price)
    bid, ask = _quotes(price, spread, tick)
    return Market(
        model=model,
        hour_sd=hour_sd,
        minute_sd=minute_sd,
        move=move,
        price=price,
        bid=bid,
        ask=ask,
        tick=tick,
        basis=basis,
        half_impact=half_impact,
        premium=premium,
        hour_premium=hour_premium,
        funding_rate=rate,
        fast_basis=persistence(c.FAST_BASIS_HALF_LIFE_H) * fast + past,
        slow_basis=persistence(c.SLOW_BASIS_HALF_LIFE_H) * slow,
        is_dark=latent.is_dark,
    )


def _minute_sd(latent: Latent, hour_sd: Floats) -> Floats:
    usual = np.repeat(hour_sd, c.HOUR_MINUTES) / np.sqrt(c.HOUR_MINUTES)
    return np.asarray(usual * latent.brief_factor)


def _half_impact(model: CoinModel, spread: Floats) -> Floats:
    at = slice(model.context_min - 1, None, model.context_min)
    return np.asarray(spread[at] / 2.0 + c.IMPACT_HALF_SPREAD_BPS * 1e-4)


def _shocks(
    latent: Latent, model: CoinModel, hour_sd: Floats, noise_sd: Floats
) -> Floats:
    own = latent.shock if model.index == 0 else latent.benchmark_shock
    shock = own * noise_sd
    jumps = latent.jumps
    moves = (model.index == 0) | jumps.is_shared
    at = jumps.minute[moves]
    shock[at] += jumps.units[moves] * hour_sd[at // c.HOUR_MINUTES]
    return np.asarray(np.clip(shock, -c.MINUTE_RETURN_CAP, c.MINUTE_RETURN_CAP))


def _basis(
    latent: Latent, model: CoinModel, moves: Floats
) -> tuple[Floats, Floats, Floats]:
    # The fast and the slow part in each hour, and what the fast part of the next
    # hour owes to this hour's return: the basis never follows the hour's own.
    phi = persistence(c.FAST_BASIS_HALF_LIFE_H)
    most = c.BASIS_MOST_RETURN
    past = c.BASIS_PAST_RETURN * np.clip(moves, -most, most)
    driven = c.FAST_BASIS_SD * np.sqrt(1.0 - phi * phi)
    driven = driven * latent.basis_shock[:, model.index]
    driven[1:] += past[:-1]
    slow = autoregressive(
        latent.slow_basis_shock[:, model.index], c.SLOW_BASIS_HALF_LIFE_H
    )
    fast = np.asarray(lfilter([1.0], [1.0, -phi], driven))
    return fast, c.SLOW_BASIS_SD * slow, past


def _premium(basis: Floats, half_impact: Floats) -> Floats:
    # Oracle = price / (1 + basis); impact prices stand at price x (1 -+ half).
    above = np.maximum((1.0 + basis) * (1.0 - half_impact) - 1.0, 0.0)
    below = np.maximum(1.0 - (1.0 + basis) * (1.0 + half_impact), 0.0)
    return np.round(above - below, 10)


def _quote_noise(seed: int, model: CoinModel, days: int) -> tuple[Floats, Floats]:
    def draw(rng: np.random.Generator) -> tuple[Floats, ...]:
        normals = rng.standard_normal((2, 2, c.DAY_MINUTES))[model.index]
        return normals[0, : c.DAY_MINUTES // model.context_min], normals[1]

    basis, spread = daily(seed, "quotes", days, draw)
    return basis, spread


def _relative_spread(latent: Latent, model: CoinModel, noise: Floats) -> Floats:
    relative = np.repeat(latent.relative_volatility, c.HOUR_MINUTES)
    level = (relative * latent.brief_factor) ** c.SPREAD_VOLATILITY_POWER
    return model.spread_bps * 1e-4 * level * np.exp(c.SPREAD_NOISE * noise)


def _quotes(price: Floats, spread: Floats, tick: Integers) -> tuple[Integers, Integers]:
    units = price * PRICE_UNITS / tick
    width = np.maximum(np.rint(spread * units), 1.0)
    lowest = np.maximum(np.rint(units - width / 2.0), 1.0)
    bid = lowest.astype(np.int64)
    return bid * tick, (bid + width.astype(np.int64)) * tick
