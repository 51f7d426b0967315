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
    brief : ndarray of shape (n_minutes,), standard normal; the part of minutes
    activity : ndarray of shape (n_hours,), standard normal, of the volume
    book_noise : ndarray of shape (n_minutes,), slow noise over the state as it shows
    basis_shock, slow_basis_shock, interest_shock : ndarray of shape (n_hours, 2),
        standard normal; first the trade coin, then the benchmark
    shock, benchmark_shock : ndarray of shape (n_minutes,), unit variance, symmetric
    is_dark : ndarray of shape (n_minutes,), minutes of an outage: no books or trades
    """

    state: Floats
    regime: Integers
    slow: Floats
    fast: Floats
    season: Floats
    brief: Floats
    activity: Floats
    book_noise: Floats
    basis_shock: Floats
    slow_basis_shock: Floats
    interest_shock: Floats
    shock: Floats
    benchmark_shock: Floats
    jumps: Jumps
    is_dark: Flags

    @property
    def relative_volatility(self) -> Floats:
        """Return each hour's volatility over its long-run median, shape (n_hours,)."""
        return np.exp(
            self.slow + self.fast + self.season + regime_volatility(self.regime)
        )

    @property
    def brief_factor(self) -> Floats:
        """Return each minute's volatility over its hour's, shape (n_minutes,).

        The mean of its square is 1.
        """
        sd = c.BRIEF_VOLATILITY_SD
        return np.exp(sd * self.brief - sd * sd)


def simulate_latent(
    *, days: int, seed: int, start_hour: int, outages_per_year: float
) -> Latent:
    """Draw the unseen processes of ``days`` days.

    Parameters
    ----------
    start_hour
        Hours since the epoch at which the sample starts (UTC).
    """
    normals, uniforms = daily(seed, "hours", days, _hour_draws)
    shock, benchmark, state, noise, brief = daily(seed, "minutes", days, _minute_draws)
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
        brief=autoregressive(brief, c.BRIEF_VOLATILITY_HALF_LIFE_MIN),
        activity=autoregressive(normals[:, 7], c.ACTIVITY_HALF_LIFE_H),
        book_noise=c.BOOK_SLOW_NOISE_SD
        * autoregressive(noise, c.BOOK_SLOW_NOISE_HALF_LIFE_H * c.HOUR_MINUTES),
        basis_shock=normals[:, 2:4],
        slow_basis_shock=normals[:, 8:10],
        interest_shock=normals[:, 4:6],
        shock=shock,
        benchmark_shock=benchmark,
        jumps=Jumps(
            minute=hour * c.HOUR_MINUTES + within,
            units=c.JUMP_SD * normals[hour, 6],
            is_shared=uniforms[hour, 4] < c.JUMP_SHARED,
        ),
        is_dark=_outages(seed, days, outages_per_year),
    )


def season(hours: Integers) -> Floats:
    """Return the log volatility due to the hour of day and the weekend.

    Parameters
    ----------
    hours : ndarray of shape (n,), hours since the epoch (UTC)
    """
    weekday = (hours // 24 + 3) % 7  # the epoch was a Thursday
    wave = np.log(np.asarray(c.SEASON))[hours % 24]
    return np.asarray(wave + c.WEEKEND_LOG_VOLATILITY * (weekday >= 5))


def regime_volatility(regime: Integers) -> Floats:
    """Return the log volatility of each regime (-1, 0, 1)."""
    return np.asarray(c.REGIME_LOG_VOLATILITY)[regime + 1]


def _hour_draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    return rng.standard_normal((24, 10)), rng.random((24, 5))


def _minute_draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    # A shared mixing variable makes both coins' tails heavy in the same minutes.
    nu, rho = c.TAIL_DEGREES, c.COIN_CORRELATION
    own, other, state, noise, brief = rng.standard_normal((5, c.DAY_MINUTES))
    scale = np.sqrt((nu - 2.0) / (2.0 * rng.standard_gamma(nu / 2.0, c.DAY_MINUTES)))
    mixed = rho * other + np.sqrt(1.0 - rho * rho) * own
    return mixed * scale, other * scale, state, noise, brief


def _outages(seed: int, days: int, per_year: float) -> Flags:
    # At most one a day, inside one hour, so that the edges of hours stay known.
    def draw(rng: np.random.Generator) -> tuple[Floats, ...]:
        return (rng.random((1, 4)),)

    (uniform,) = daily(seed, "outages", days, draw)
    dark = np.zeros(days * c.DAY_MINUTES, dtype=np.bool_)
    least, beyond = c.OUTAGE_MIN
    days_hit = np.flatnonzero(uniform[:, 0] < per_year / c.YEAR_DAYS)
    for day in days_hit[days_hit < days - c.OUTAGE_FREE_DAYS].tolist():
        hour, place, length = uniform[day, 1:].tolist()
        minutes = int(min(least - beyond * np.log1p(-length), c.OUTAGE_MOST_MIN))
        room = c.HOUR_MINUTES - 2 * c.OUTAGE_EDGE_MIN - minutes
        first = day * c.DAY_MINUTES + int(hour * c.DAY_HOURS) * c.HOUR_MINUTES
        first += c.OUTAGE_EDGE_MIN + int(place * room)
        dark[first : first + minutes] = True
    return dark


def _regime(switch: Floats, choice: Floats) -> Integers:
    # A regime is drawn anew at random hours and lasts until the next draw.
    drawn = switch < 1.0 / c.REGIME_MEAN_H
    drawn[0] = True
    last = np.maximum.accumulate(np.where(drawn, np.arange(switch.size), 0))
    return np.floor(choice[last] * 3.0).astype(np.int64) - 1
