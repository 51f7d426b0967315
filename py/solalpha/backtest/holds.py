"""The benchmarks that a policy must beat, on the same account and costs."""

from __future__ import annotations

import math
from collections.abc import Callable

from solalpha.backtest.account import Account, Request
from solalpha.backtest.bars import Bars, last_decision_index
from solalpha.config import Parameters
from solalpha.market.lots import nearest_lots, whole_lots
from solalpha.strategy.signal import is_decision_bar
from solalpha.strategy.sizing import annual_volatility, volatility_size

Wish = Callable[[int, Account], float | None]


def buy_and_hold(bars: Bars, parameters: Parameters) -> list[float]:
    """Return the equity of buying once for all the money and selling at the end.

    Returns
    -------
    list of float
        USD at each bar's close, net of fees, slippage and funding.
    """
    size = whole_lots(
        parameters.backtest_start_usd / bars.close[0], parameters.lot_decimals
    )
    return _held(bars, parameters, lambda index, _: size if index == 0 else None)


def volatility_hold(bars: Bars, parameters: Parameters) -> list[float]:
    """Return the equity of a long that is resized to the volatility target.

    It is resized on decision bars, by the sizing rule and costs of the perpetual
    policy; where volatility is unknown it stays as it is.

    Returns
    -------
    list of float
        USD at each bar's close, net of fees, slippage and funding.
    """

    def wish(index: int, account: Account) -> float | None:
        if not is_decision_bar(
            bars.closed_us[index] // 1_000_000,
            parameters.bar_minutes,
            parameters.decide_every_bars,
        ):
            return None
        return _volatility_target(bars, parameters, index, account)

    return _held(bars, parameters, wish)


def _volatility_target(
    bars: Bars, parameters: Parameters, index: int, account: Account
) -> float | None:
    volatility = annual_volatility(
        bars.realised_volatility[index],
        parameters.realised_short_bars,
        parameters.bars_per_year,
    )
    price = bars.close[index]
    size = volatility_size(
        account.equity_usd(price),
        price,
        volatility,
        parameters.perp_volatility_target,
        parameters.perp_max_exposure,
        parameters.lot_decimals,
    )
    return size if size > 0.0 else None


def _held(bars: Bars, parameters: Parameters, wish: Wish) -> list[float]:
    account = Account(bars, parameters, parameters.backtest_start_usd)
    last = last_decision_index(bars)
    equity: list[float] = []
    for index in range(len(bars)):
        account.step(index)
        price = bars.close[index]
        equity.append(account.equity_usd(price))
        if index > last or account.is_liquidated:
            continue
        target = 0.0 if index == last else wish(index, account)
        if target is None:
            continue
        change = nearest_lots(target - account.position_base, parameters.lot_decimals)
        account.pending = None
        if target == 0.0 or abs(change) * price >= parameters.min_order_usd:
            account.pending = Request(
                target_base=target,
                stop_distance_usd=math.nan,
                reason="hold",
                decided_us=bars.decided_us[index],
                mid_at_decision=price,
            )
    return equity
