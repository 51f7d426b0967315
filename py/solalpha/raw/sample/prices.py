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
from solalpha.raw.sample.draws import Floats, Integers, daily, persistence
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
    move : ndarray of shape (n_minutes,), log return into the minute, less funding
    price : ndarray of shape (n_minutes,), USD, valid for the whole minute
    bid, ask, tick : ndarray of shape (n_minutes,), best quotes and tick in units of
        1 / 10,000 USD
    basis : ndarray of shape (n_contexts,), price over oracle less one
    half_impact : ndarray of shape (n_contexts,), impact price to mid over mid
    premium : ndarray of shape (n_contexts,)
    hour_premium, funding_rate : ndarray of shape (n_hours,), mean premium of the
        hour and the rate settled at its end; positive: longs pay
    expected_basis : ndarray of shape (n_hours,)
    """

    model: CoinModel
    hour_sd: Floats
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
    expected_basis: Floats

    @property
    def hours(self) -> int:
        """Number of simulated hours."""
        return int(self.hour_sd.size)

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
    shock = _shocks(latent, model, hour_sd, noise_scale(edge))
    move = np.log1p(shock) + np.log1p(planted_moves(latent, hour_sd, edge))
    hour_move = move.reshape(hours, -1).sum(axis=1)
    basis_noise, spread_noise = _quote_noise(seed, model, hours // c.DAY_HOURS)
    expected = _expected_basis(latent.basis_shock[:, model.index], hour_move / hour_sd)
    per_hour = c.HOUR_MINUTES // model.context_min
    basis = np.repeat(expected, per_hour) + c.BASIS_NOISE_SD * basis_noise
    spread = _relative_spread(latent, model, spread_noise)
    half_impact = (
        spread[model.context_min - 1 :: model.context_min] / 2.0
        + c.IMPACT_HALF_SPREAD_BPS * 1e-4
    )
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
        expected_basis=expected,
    )


def _shocks(latent: Latent, model: CoinModel, hour_sd: Floats, scale: float) -> Floats:
    own = latent.shock if model.index == 0 else latent.benchmark_shock
    shock = own * np.repeat(scale * hour_sd, c.HOUR_MINUTES) / np.sqrt(c.HOUR_MINUTES)
    jumps = latent.jumps
    moves = (model.index == 0) | jumps.is_shared
    at = jumps.minute[moves]
    shock[at] += jumps.units[moves] * hour_sd[at // c.HOUR_MINUTES]
    return np.asarray(np.clip(shock, -c.MINUTE_RETURN_CAP, c.MINUTE_RETURN_CAP))


def _expected_basis(shocks: Floats, moves: Floats) -> Floats:
    # The basis follows the returns of earlier hours, never of its own.
    phi = persistence(c.BASIS_HALF_LIFE_H)
    driven = c.BASIS_SD * np.sqrt(1.0 - phi * phi) * shocks
    driven[1:] += c.BASIS_PAST_RETURN * np.clip(moves[:-1], -4.0, 4.0)
    return np.asarray(c.BASIS_MEAN + lfilter([1.0], [1.0, -phi], driven))


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
    level = latent.relative_volatility**c.SPREAD_VOLATILITY_POWER
    wobble = np.exp(c.SPREAD_NOISE * noise)
    return model.spread_bps * 1e-4 * np.repeat(level, c.HOUR_MINUTES) * wobble


def _quotes(price: Floats, spread: Floats, tick: Integers) -> tuple[Integers, Integers]:
    units = price * PRICE_UNITS / tick
    width = np.maximum(np.rint(spread * units), 1.0)
    lowest = np.maximum(np.rint(units - width / 2.0), 1.0)
    bid = lowest.astype(np.int64)
    return bid * tick, (bid + width.astype(np.int64)) * tick
