"""Whole lots: scalar rounding of order sizes, for floats in any loop."""

from __future__ import annotations

import math

# A size that is a whole number of lots up to float noise must not lose a lot.
_NOISE_LOTS = 1e-6


def whole_lots(size_base: float, lot_decimals: int) -> float:
    """Round ``size_base`` towards zero to ``lot_decimals`` decimals, keeping its sign.

    Parameters
    ----------
    size_base : float
        Signed size in base units; NaN stays NaN.
    lot_decimals : int
        Decimals of the smallest lot.
    """
    if math.isnan(size_base):
        return size_base
    lots_per_unit = 10.0**lot_decimals
    lots = math.floor(abs(size_base) * lots_per_unit + _NOISE_LOTS)
    return math.copysign(lots / lots_per_unit, size_base) if lots > 0 else 0.0


def nearest_lots(size_base: float, lot_decimals: int) -> float:
    """Remove float noise from a size that is a whole number of lots by construction."""
    lots_per_unit = 10.0**lot_decimals
    return math.floor(size_base * lots_per_unit + 0.5) / lots_per_unit
