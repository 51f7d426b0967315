"""The best possible probability of the next day's direction, known to no model.

It is conditional on the unseen past: the planted state, the parts of the
volatility, the regime, the basis, and headlines that announce a jump. Given these
the day's log return is, to a close approximation, normal given the number of
jumps: the minute shocks add up over 1440 minutes and the drift scales with the
same volatility as the noise, so that the volatility's own surprises cancel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr  # type: ignore[import-untyped]

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import Floats, Integers, persistence
from solalpha.raw.sample.latent import Latent, regime_volatility, season
from solalpha.raw.sample.planted import hour_weights, noise_scale
from solalpha.raw.sample.prices import Market

_MOST_JUMPS = 5
_QUARTERS = 4
# Equal-weight nodes of the absolute value of a standard normal.
_ABSOLUTE_NODES = np.array([0.1257, 0.3853, 0.6745, 1.0364, 1.6449])


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Hold jumps that a headline announced before they happened.

    Attributes
    ----------
    published_minute, jump_minute : ndarray of shape (n,), minutes of the sample
    tone : ndarray of shape (n,), +1 or -1, the sign that the headline suggests
    """

    published_minute: Integers
    jump_minute: Integers
    tone: Integers


def probability_up(
    latent: Latent,
    market: Market,
    announced: Announced,
    *,
    edge: float,
    start_hour: int,
) -> Floats:
    """Return P(close 24 hours later > close) at each hourly close.

    Returns
    -------
    ndarray of shape (n_hours,), the last hours included though their outcome is
    not simulated
    """
    mean, diffusive, jump = _day_ahead(latent, market, edge, start_hour)
    expected_jumps = c.HORIZON_H * c.JUMP_PROBABILITY_PER_H
    mean = mean - (diffusive + expected_jumps * jump) / 2.0
    result = _mixture(mean, diffusive, jump)
    for hour, tone in _pending(announced, market.hours):
        right = (1.0 + c.LEAD_ACCURACY * edge) / 2.0
        moves = tone * c.JUMP_SD * market.hour_sd[hour] * _ABSOLUTE_NODES
        up, down = (
            _mixture(mean[hour] + sign * moves, diffusive[hour], jump[hour]).mean()
            for sign in (1.0, -1.0)
        )
        result[hour] = right * up + (1.0 - right) * down
    return result


def outcomes(close: Floats) -> Floats:
    """Return 1 where the close 24 hours later is higher, else 0; shape (n - 24,)."""
    return (close[c.HORIZON_H :] > close[: -c.HORIZON_H]).astype(np.float64)


def auc(probability: Floats, is_up: Floats) -> float:
    """Return the area under the curve of ``probability`` against 0/1 outcomes.

    NaN if all outcomes are alike.
    """
    values, inverse, counts = np.unique(
        probability, return_inverse=True, return_counts=True
    )
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[inverse.reshape(-1)]
    n_up = float(is_up.sum())
    n_down = float(is_up.size) - n_up
    if n_up == 0 or n_down == 0 or values.size == 0:
        return float("nan")
    above = float(ranks[is_up > 0].sum()) - n_up * (n_up + 1.0) / 2.0
    return above / (n_up * n_down)


def _day_ahead(
    latent: Latent, market: Market, edge: float, start_hour: int
) -> tuple[Floats, Floats, Floats]:
    # Mean of the day's log return, its variance without jumps, variance of one jump.
    hours = market.hours
    stay = 1.0 - 1.0 / c.REGIME_MEAN_H
    slow = persistence(c.SLOW_VOLATILITY_HALF_LIFE_H)
    fast = persistence(c.FAST_VOLATILITY_HALF_LIFE_H)
    # The stationary mean of the regime's log volatility is the plain mean.
    usual = float(np.mean(c.REGIME_LOG_VOLATILITY))
    held = regime_volatility(latent.regime) - usual
    mean, usual_variance = np.zeros(hours), np.zeros(hours)
    variance, known = np.zeros(hours), np.zeros(hours)
    ends = slice(c.HOUR_MINUTES - 1, None, c.HOUR_MINUTES)
    weights = hour_weights(c.HORIZON_H)
    noise = noise_scale(edge) ** 2
    for step in range(c.HORIZON_H):
        ahead = step + 1
        log_sd = latent.slow * slow**ahead + latent.fast * fast**ahead
        log_sd += usual + held * stay**ahead
        log_sd += season(start_hour + np.arange(hours) + ahead)
        sd = market.model.hour_sd * np.exp(log_sd)
        pull = weights[step] * latent.state[ends]
        pull += c.REGIME_DRIFT * latent.regime * stay**step
        mean += edge * sd * pull + _expected_funding(market, step)
        usual_variance += sd * sd
        brief = _brief_variance(latent.brief[ends], step)
        variance += sd * sd * (noise * brief + 1.0 - noise)
        known += edge * sd * weights[step]
    jump = c.JUMP_SD**2 * usual_variance / c.HORIZON_H
    # Returns are white, so that what the state tells is variance no longer open.
    return mean, variance - known * known, jump


def _brief_variance(brief: Floats, step: int) -> Floats:
    # Expected square of the brief volatility in the hour `step` hours on, over its
    # long-run mean, given its log at present: a mean over quarters of the hour.
    total = np.zeros_like(brief)
    for quarter in range(_QUARTERS):
        minutes = (step + (quarter + 0.5) / _QUARTERS) * c.HOUR_MINUTES
        left = 0.5 ** (minutes / c.BRIEF_VOLATILITY_HALF_LIFE_MIN)
        sd = c.BRIEF_VOLATILITY_SD
        total += np.exp(2.0 * sd * left * brief - 2.0 * (sd * left) ** 2)
    return total / _QUARTERS


def _expected_funding(market: Market, step: int) -> Floats:
    # The basis `step` hours after the next is normal given the present, and the rate
    # is flat around zero premium and rises with it beyond: two mean excesses.
    fast = persistence(c.FAST_BASIS_HALF_LIFE_H)
    slow = persistence(c.SLOW_BASIS_HALF_LIFE_H)
    mean = (
        c.BASIS_MEAN + market.fast_basis * fast**step + market.slow_basis * slow**step
    )
    past = c.BASIS_PAST_RETURN**2 / (1.0 - fast * fast) * (1.0 - fast ** (2 * step))
    variance = past + c.FAST_BASIS_SD**2 * (1.0 - fast ** (2 * step + 2))
    variance += c.SLOW_BASIS_SD**2 * (1.0 - slow ** (2 * step + 2))
    sd = float(np.sqrt(variance))
    half = float(market.half_impact.mean())
    above = _mean_excess((mean - c.CLAMP_8H - c.INTEREST_8H - half) / sd)
    below = _mean_excess((c.INTEREST_8H - c.CLAMP_8H - half - mean) / sd)
    return (c.INTEREST_8H + sd * (above - below)) / 8.0


def _mean_excess(distance: Floats) -> Floats:
    # E[max(z + distance, 0)] of a standard normal z.
    density = np.exp(-0.5 * distance * distance) / np.sqrt(2.0 * np.pi)
    return np.asarray(distance * ndtr(distance) + density)


def _mixture(mean: Floats, diffusive: Floats, jump: Floats) -> Floats:
    rate = c.HORIZON_H * c.JUMP_PROBABILITY_PER_H
    weight, total, result = float(np.exp(-rate)), 0.0, np.zeros_like(mean)
    for count in range(_MOST_JUMPS + 1):
        result = result + weight * ndtr(mean / np.sqrt(diffusive + count * jump))
        total += weight
        weight *= rate / (count + 1)
    return np.asarray(result / total)


def _pending(announced: Announced, hours: int) -> list[tuple[int, int]]:
    # Hours at whose close the headline is out and the jump still to come.
    pending: list[tuple[int, int]] = []
    for published, jump, tone in zip(
        announced.published_minute.tolist(),
        announced.jump_minute.tolist(),
        announced.tone.tolist(),
        strict=True,
    ):
        first, last = published // c.HOUR_MINUTES, jump // c.HOUR_MINUTES
        pending += [(hour, tone) for hour in range(first, min(last, hours))]
    return pending
