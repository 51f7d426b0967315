"""The planted effect: how the state moves the price, and by how much ahead.

A minute's planted return is the drift set by the state of the minute before, less
a part of the state's own surprise. The second part is chosen so that returns stay
uncorrelated with past returns and with the state: prices alone tell nothing about
the state, which shows in the order flow only. The noise is scaled down so that the
volatility does not depend on the edge.
"""

from __future__ import annotations

import numpy as np

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import Floats, persistence
from solalpha.raw.sample.latent import Latent

_PHI = persistence(c.STATE_HALF_LIFE_H * c.HOUR_MINUTES)
_SURPRISE_VARIANCE = 1.0 - _PHI * _PHI
_PER_MINUTE = c.STATE_DRIFT / c.HOUR_MINUTES
_OFFSET = _PER_MINUTE * _PHI / _SURPRISE_VARIANCE
# Planted variance of an hour over the hour's variance, at edge 1.
_SHARE = c.HOUR_MINUTES * (_PER_MINUTE**2 + _OFFSET**2 * _SURPRISE_VARIANCE)


def planted_moves(latent: Latent, hour_sd: Floats, edge: float) -> Floats:
    """Return each minute's planted simple return, shape (n_minutes,).

    Parameters
    ----------
    hour_sd : ndarray of shape (n_hours,), standard deviation of the hour's return
    """
    state, before = latent.state[1:], latent.state[:-1]
    regime = np.repeat(latent.regime, c.HOUR_MINUTES)[:-1]
    moves = np.zeros(latent.state.size)
    moves[1:] = _PER_MINUTE * before - _OFFSET * (state - _PHI * before)
    moves[1:] += c.REGIME_DRIFT / c.HOUR_MINUTES * regime
    return np.asarray(edge * np.repeat(hour_sd, c.HOUR_MINUTES) * moves)


def noise_scale(edge: float) -> float:
    """Return the factor of the unplanted shocks that keeps the volatility."""
    return float(np.sqrt(1.0 - edge * edge * _SHARE))


def hour_weights(hours: int) -> Floats:
    """Return the drift that one unit of state adds to each coming hour, in hour sd.

    Returns
    -------
    ndarray of shape (hours,), at edge 1
    """
    first = _PER_MINUTE * (1.0 - _PHI**c.HOUR_MINUTES) / (1.0 - _PHI)
    return np.asarray(first * _PHI ** (c.HOUR_MINUTES * np.arange(hours)))
