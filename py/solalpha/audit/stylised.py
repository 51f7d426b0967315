"""Statistics of prices, signs and books that a market is recognised by.

Each works on plain arrays in time order and gives NaN where there is too little.

References
----------
Cont, R. (2001). Empirical properties of asset returns: stylized facts and
statistical issues. Quantitative Finance 1.
Bouchaud, J.-P., Farmer, J. D., Lillo, F. (2009). How markets slowly digest changes
in supply and demand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOTHING = float("nan")
_FEWEST = 30  # observations under which no statistic is given
_FEWEST_WINDOWS = 100  # windows that an elasticity needs
_FEWEST_LAGS = 4  # lags that a fitted exponent needs
_DAY_HOURS = 24
_SATURDAY = 5


def deviation(values: Floats) -> float:
    """Return the standard deviation."""
    return float(values.std()) if values.size >= _FEWEST else NOTHING


def excess_kurtosis(values: Floats) -> float:
    """Return the kurtosis less 3, which a normal law has."""
    if values.size < _FEWEST or values.std() == 0.0:
        return NOTHING
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2 - 3.0)


def tail_index(values: Floats, share: float) -> float:
    """Return Hill's estimate of the tail exponent of |values|; smaller is heavier.

    Parameters
    ----------
    share : part of the observations that counts as the tail
    """
    size = np.sort(np.abs(values - np.median(values)))[::-1] if values.size else values
    count = int(share * size.size)
    if count < _FEWEST or size[count] <= 0.0:
        return NOTHING
    return float(1.0 / np.mean(np.log(size[:count] / size[count])))


def autocorrelation(values: Floats, lag: int) -> float:
    """Return the correlation of ``values`` with themselves ``lag`` steps before."""
    if values.size < lag + _FEWEST or values.std() == 0.0:
        return NOTHING
    centred = values - values.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / (centred**2).mean())


def decay_exponent(values: Floats, lags: Sequence[int]) -> float:
    """Return b of an autocorrelation that falls like lag^-b.

    Lags whose correlation is not positive are left out; a process with long memory
    has b under 1.
    """
    found = [(lag, autocorrelation(values, lag)) for lag in lags]
    kept = np.array([pair for pair in found if pair[1] > 0.0])
    if len(kept) < _FEWEST_LAGS:
        return NOTHING
    return -float(np.polyfit(np.log(kept[:, 0]), np.log(kept[:, 1]), 1)[0])


def elasticity(driver: Floats, driven: Floats) -> float:
    """Return the slope of log ``driven`` on log ``driver`` where both are positive."""
    kept = (driver > 0.0) & (driven > 0.0)
    if kept.sum() < _FEWEST_WINDOWS:
        return NOTHING
    return float(np.polyfit(np.log(driver[kept]), np.log(driven[kept]), 1)[0])


def log_correlation(left: Floats, right: Floats) -> float:
    """Return the correlation of the logs where both are positive."""
    kept = (left > 0.0) & (right > 0.0)
    if kept.sum() < _FEWEST:
        return NOTHING
    return float(np.corrcoef(np.log(left[kept]), np.log(right[kept]))[0, 1])


def hour_profile(hours: Integers, sizes: Floats) -> Floats:
    """Return the mean of ``sizes`` in each hour of the day over the mean of all.

    Parameters
    ----------
    hours : ndarray of shape (n,), hours since the epoch
    sizes : ndarray of shape (n,), not negative

    Returns
    -------
    ndarray of shape (24,), NaN where an hour of the day never occurs
    """
    of_day = hours % _DAY_HOURS
    counts = np.bincount(of_day, minlength=_DAY_HOURS)
    sums = np.bincount(of_day, sizes, minlength=_DAY_HOURS)
    mean = sizes.mean() if sizes.size else 0.0
    known = (counts > 0) & (mean > 0.0)
    unknown = np.full(_DAY_HOURS, NOTHING)
    return np.asarray(np.divide(sums, counts * mean, out=unknown, where=known))


def weekend_share(hours: Integers, sizes: Floats) -> float:
    """Return the mean of ``sizes`` on Saturdays and Sundays over that of weekdays."""
    is_weekend = (hours // _DAY_HOURS + 3) % 7 >= _SATURDAY  # the epoch: a Thursday
    if is_weekend.sum() < _FEWEST or (~is_weekend).sum() < _FEWEST:
        return NOTHING
    return float(sizes[is_weekend].mean() / sizes[~is_weekend].mean())


def response(
    at_s: Floats,
    price: Floats,
    sign: Floats,
    *,
    half_spread: float,
    bounds_s: tuple[float, float],
    neighbours: int,
) -> tuple[float, int]:
    """Return how far the mid has moved an order's way some seconds after it, in bps.

    The mid before an order is its price less the half spread on its own side, so
    that trades alone are enough.

    Parameters
    ----------
    at_s, price, sign : ndarrays of shape (n_orders,), in time order; sign +1 or -1
    half_spread : in units of the price over the price (a fraction)
    bounds_s : seconds that lie between the two orders of a pair: from, up to before
    neighbours : orders that follow an order and are looked at

    Returns
    -------
    mean over the pairs, and their number
    """
    mid = price * (1.0 - sign * half_spread)
    total, count = 0.0, 0
    for step in range(1, min(neighbours, at_s.size - 1) + 1):
        apart = at_s[step:] - at_s[:-step]
        chosen = (apart >= bounds_s[0]) & (apart < bounds_s[1])
        moves = sign[:-step] * (mid[step:] / mid[:-step] - 1.0)
        total += float(moves[chosen].sum())
        count += int(chosen.sum())
    return (total / count * 1e4 if count >= _FEWEST else NOTHING), count


def windows(values: Floats, length: int) -> Floats:
    """Return ``values`` cut into rows of ``length``; a rest is left out."""
    rows = values.size // length
    return np.asarray(values[: rows * length].reshape(rows, length))


def spread_and_depth_elasticity(
    mid: Floats, spread: Floats, depth: Floats, length: int
) -> tuple[float, float]:
    """Return how spread and depth answer to volatility, window by window.

    Parameters
    ----------
    mid, spread, depth : ndarrays of shape (n_books,)
    length : books of a window; its volatility is that of the moves between them
    """
    moves = np.diff(np.log(mid), prepend=np.log(mid[:1]))
    volatility = np.sqrt((windows(moves, length) ** 2).mean(axis=1))
    return (
        elasticity(volatility, windows(spread, length).mean(axis=1)),
        elasticity(volatility, windows(depth, length).mean(axis=1)),
    )
