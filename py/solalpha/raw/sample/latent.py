"""The unseen processes of the simulated market: volatility, jumps, planted state.

Nothing here depends on the edge. The state and its shadow in the order flow exist
at edge 0 too; there it moves no price, so that the features look the same and
tell nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import Flags, Floats, Integers, autoregressive, daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Jumps:
    """Hold the information jumps, in time order.

    Attributes
    ----------
    minute : ndarray of shape (n_jumps,), minute of the sample in which it happens
    units : ndarray of shape (n_jumps,), signed size over the hour's standard deviation
    is_shared : ndarray of shape (n_jumps,), whether the benchmark coin jumps too
    """

    minute: Integers
    units: Floats
    is_shared: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """Hold the unseen processes; hours and minutes count from the start.

    Attributes
    ----------
    state : ndarray of shape (n_minutes,), planted state, standard normal; the state
        of a minute shifts the drift of the minutes after it
    regime : ndarray of shape (n_hours,), -1 bear, 0 flat, 1 bull
    slow, fast, season : ndarray of shape (n_hours,), parts of the log volatility
    book_noise : ndarray of shape (n_minutes,), slow noise over the state as it shows
    basis_shock, interest_shock : ndarray of shape (n_hours, 2), standard normal;
        first the trade coin, then the benchmark
    shock, benchmark_shock : ndarray of shape (n_minutes,), unit variance, symmetric
    """

    state: Floats
    regime: Integers
    slow: Floats
    fast: Floats
    season: Floats
    book_noise: Floats
    basis_shock: Floats
    interest_shock: Floats
    shock: Floats
    benchmark_shock: Floats
    jumps: Jumps

    @property
    def relative_volatility(self) -> Floats:
        """Return each hour's volatility over its long-run median, shape (n_hours,)."""
        return np.exp(
            self.slow + self.fast + self.season + regime_volatility(self.regime)
        )


def simulate_latent(*, days: int, seed: int, start_hour: int) -> Latent:
    """Draw the unseen processes of ``days`` days.

    Parameters
    ----------
    start_hour
        Hours since the epoch at which the sample starts (UTC).
    """
    normals, uniforms = daily(seed, "hours", days, _hour_draws)
    shock, benchmark, state, noise = daily(seed, "minutes", days, _minute_draws)
    jumps = uniforms[:, 2] < c.JUMP_PROBABILITY_PER_H
    hour = np.flatnonzero(jumps)
    within = (uniforms[hour, 3] * c.HOUR_MINUTES).astype(np.int64)
    return Latent(
        state=autoregressive(state, c.STATE_HALF_LIFE_H * c.HOUR_MINUTES),
        regime=_regime(uniforms[:, 0], uniforms[:, 1]),
        slow=c.SLOW_VOLATILITY_SD
        * autoregressive(normals[:, 0], c.SLOW_VOLATILITY_HALF_LIFE_H),
        fast=c.FAST_VOLATILITY_SD
        * autoregressive(normals[:, 1], c.FAST_VOLATILITY_HALF_LIFE_H),
        season=season(start_hour + np.arange(days * c.DAY_HOURS)),
        book_noise=c.BOOK_SLOW_NOISE_SD
        * autoregressive(noise, c.BOOK_SLOW_NOISE_HALF_LIFE_H * c.HOUR_MINUTES),
        basis_shock=normals[:, 2:4],
        interest_shock=normals[:, 4:6],
        shock=shock,
        benchmark_shock=benchmark,
        jumps=Jumps(
            minute=hour * c.HOUR_MINUTES + within,
            units=c.JUMP_SD * normals[hour, 6],
            is_shared=uniforms[hour, 4] < c.JUMP_SHARED,
        ),
    )


def season(hours: Integers) -> Floats:
    """Return the log volatility due to the hour of day and the weekend.

    Parameters
    ----------
    hours : ndarray of shape (n,), hours since the epoch (UTC)
    """
    angle = 2.0 * np.pi * (hours % 24 - c.SEASON_PEAK_HOUR) / 24.0
    weekday = (hours // 24 + 3) % 7  # the epoch was a Thursday
    wave = c.SEASON_LOG_VOLATILITY * np.cos(angle)
    second = c.SEASON_SECOND_WAVE * np.cos(2.0 * angle)
    return np.asarray(wave + second + c.WEEKEND_LOG_VOLATILITY * (weekday >= 5))


def regime_volatility(regime: Integers) -> Floats:
    """Return the log volatility of each regime (-1, 0, 1)."""
    return np.asarray(c.REGIME_LOG_VOLATILITY)[regime + 1]


def _hour_draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    return rng.standard_normal((24, 7)), rng.random((24, 5))


def _minute_draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    # A shared mixing variable makes both coins' tails heavy in the same minutes.
    nu, rho = c.TAIL_DEGREES, c.COIN_CORRELATION
    own, other, state, noise = rng.standard_normal((4, c.DAY_MINUTES))
    scale = np.sqrt((nu - 2.0) / (2.0 * rng.standard_gamma(nu / 2.0, c.DAY_MINUTES)))
    mixed = rho * other + np.sqrt(1.0 - rho * rho) * own
    return mixed * scale, other * scale, state, noise


def _regime(switch: Floats, choice: Floats) -> Integers:
    # A regime is drawn anew at random hours and lasts until the next draw.
    drawn = switch < 1.0 / c.REGIME_MEAN_H
    drawn[0] = True
    last = np.maximum.accumulate(np.where(drawn, np.arange(switch.size), 0))
    return np.floor(choice[last] * 3.0).astype(np.int64) - 1
