"""How much: scalar functions of floats that return whole lots, 0 when unknown."""

# Scalars in a row, not objects: the compiled twin takes the same source.
# ruff: noqa: PLR0917

from __future__ import annotations

import math

from solalpha.market.lots import whole_lots


def annual_volatility(
    realised_volatility: float, window_bars: int, bars_per_year: int
) -> float:
    """Return the annualised volatility of one realised over ``window_bars``."""
    return realised_volatility * math.sqrt(bars_per_year / window_bars)


def volatility_size(
    equity_usd: float,
    price: float,
    volatility: float,
    volatility_target: float,
    max_exposure: float,
    lot_decimals: int,
) -> float:
    """Return the size whose annualised volatility is the target, in base units.

    Parameters
    ----------
    equity_usd, price : float
        Equity and price, USD.
    volatility, volatility_target : float
        Annualised, as fractions.
    max_exposure : float
        Cap on notional over equity.

    Returns
    -------
    float
        Size of at least 0; 0 when anything is unknown or not above zero.
    """
    if not (equity_usd > 0.0 and price > 0.0 and volatility > 0.0):
        return 0.0
    if math.isinf(equity_usd) or math.isinf(price) or math.isinf(volatility):
        return 0.0
    exposure = min(max_exposure, volatility_target / volatility)
    return whole_lots(exposure * equity_usd / price, lot_decimals)


def paper_size(
    cash_usd: float,
    price: float,
    atr: float,
    risk_fraction: float,
    cash_fraction: float,
    lot_decimals: int,
) -> float:
    """Return the paper's size: the lesser of risk over ATR and cash over price.

    Both legs are rounded down to whole lots; 0 when anything is unknown.
    """
    if not (cash_usd > 0.0 and price > 0.0 and atr > 0.0):
        return 0.0
    if math.isinf(cash_usd) or math.isinf(price) or math.isinf(atr):
        return 0.0
    by_risk = whole_lots(risk_fraction * cash_usd / atr, lot_decimals)
    by_cash = whole_lots(cash_fraction * cash_usd / price, lot_decimals)
    return min(by_risk, by_cash)
