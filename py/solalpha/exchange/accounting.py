"""Book fills and read an account's figures, in exact decimals.

The formulas are those of the market room: its scalar lines hold for decimals as
they do for floats, so the backtest and the paper account share one definition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import cast

from solalpha.config import Parameters
from solalpha.exchange.market import CoinMarket
from solalpha.exchange.rows import Account, Fill, Order, Position
from solalpha.exchange.store import Store
from solalpha.market import costs
from solalpha.market.instruments import to_decimal
from solalpha.market.positions import filled, unrealised

ZERO = Decimal(0)
USD_STEP = Decimal("0.000001")
_TID_BITS = 50

_fee_usd = cast(Callable[[Decimal, Decimal], Decimal], costs.fee_usd)
_initial_margin_usd = cast(
    Callable[[Decimal, Decimal, Decimal], Decimal], costs.initial_margin_usd
)
_maintenance_margin_usd = cast(
    Callable[[Decimal, Decimal, Decimal, Decimal], Decimal],
    costs.maintenance_margin_usd,
)
_funding_payment_usd = cast(
    Callable[[Decimal, Decimal, Decimal], Decimal], costs.funding_payment_usd
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """State what an account is worth and what margin it needs, in USD, at mark."""

    value_usd: Decimal
    raw_usd: Decimal
    notional_usd: Decimal
    unrealised_usd: Decimal
    margin_used_usd: Decimal
    resting_margin_usd: Decimal
    maintenance_usd: Decimal

    @property
    def withdrawable_usd(self) -> Decimal:
        """What could be taken out, initial margin or 10 % of notional kept."""
        locked = max(
            self.margin_used_usd + self.resting_margin_usd,
            self.notional_usd / 10,
        )
        return max(ZERO, self.value_usd - locked)


def account_of(store: Store, address: str, parameters: Parameters) -> Account:
    """Return an account; an address never seen has the paper start in cash."""
    start = to_decimal(parameters.paper_start_usd)
    return store.account(address) or Account(
        address=address, start_usd=start, raw_usd=start, adjustment_usd=ZERO
    )


def leverage_of(
    store: Store, address: str, coin: str, parameters: Parameters
) -> Decimal:
    """Return the account's leverage for a coin, the venue's limit by default."""
    return Decimal(store.leverage(address, coin) or parameters.max_leverage)


def figures(
    store: Store,
    address: str,
    markets: Mapping[str, CoinMarket],
    parameters: Parameters,
) -> Figures:
    """Return the account's figures at the marks of ``markets``."""
    account = account_of(store, address, parameters)
    rate = to_decimal(parameters.maintenance_margin_rate)
    value, notional, profit, used, maintenance = account.raw_usd, ZERO, ZERO, ZERO, ZERO
    for position in store.positions(address):
        mark = markets[position.coin].mark_price
        leverage = leverage_of(store, address, position.coin, parameters)
        value += position.size * mark
        notional += abs(position.size) * mark
        profit += unrealised(position.size, position.entry_price, mark)
        used += _initial_margin_usd(position.size, mark, leverage)
        maintenance += _maintenance_margin_usd(position.size, mark, rate, ZERO)
    resting = ZERO
    for order in store.orders("status = 'open' and address = ?", (address,)):
        if not order.is_reduce_only and order.trigger_price is None:
            leverage = leverage_of(store, address, order.coin, parameters)
            resting += _initial_margin_usd(order.size, order.limit_price, leverage)
    return Figures(
        value_usd=value,
        raw_usd=account.raw_usd,
        notional_usd=notional,
        unrealised_usd=profit,
        margin_used_usd=used,
        resting_margin_usd=resting,
        maintenance_usd=maintenance,
    )


def has_margin_for(
    store: Store,
    address: str,
    coin: str,
    markets: Mapping[str, CoinMarket],
    parameters: Parameters,
    *,
    signed_size: Decimal,
) -> bool:
    """Tell whether the account can carry its position after ``signed_size`` more.

    An order that only makes the position smaller needs no margin.
    """
    before = store.position(address, coin).size
    after = before + signed_size
    if abs(after) <= abs(before) and after * before >= 0:
        return True
    now = figures(store, address, markets, parameters)
    leverage = leverage_of(store, address, coin, parameters)
    mark = markets[coin].mark_price
    others = (
        now.margin_used_usd
        - _initial_margin_usd(before, mark, leverage)
        + now.resting_margin_usd
    )
    return now.value_usd >= others + _initial_margin_usd(after, mark, leverage)


def truncated_fee_usd(notional_usd: Decimal, rate: Decimal) -> Decimal:
    """Return the fee cut, not rounded, to six decimals."""
    return _fee_usd(notional_usd, rate).quantize(USD_STEP, rounding=ROUND_DOWN)


def funding_usd(size: Decimal, oracle_price: Decimal, rate: Decimal) -> Decimal:
    """Return what an account gains at a settlement: negative for a long that pays."""
    paid = _funding_payment_usd(size, oracle_price, rate)
    return -paid.quantize(USD_STEP, rounding=ROUND_HALF_EVEN)


def book_fill(
    store: Store,
    order: Order,
    *,
    price: Decimal,
    size: Decimal,
    fee_rate: Decimal,
    is_taker: bool,
    is_liquidation: bool,
    mark_price: Decimal,
    time_ms: int,
    parameters: Parameters,
) -> Fill:
    """Book one fill of ``order``: the fill itself, the position and the cash."""
    position = store.position(order.address, order.coin)
    signed = size if order.is_buy else -size
    after, entry, realised = filled(position.size, position.entry_price, signed, price)
    fill = Fill(
        tid=_next_trade_id(store, order.oid),
        oid=order.oid,
        cloid=order.cloid,
        address=order.address,
        coin=order.coin,
        is_buy=order.is_buy,
        price=price,
        size=size,
        time_ms=time_ms,
        start_position=position.size,
        direction=_direction(position.size, after, is_liquidation=is_liquidation),
        closed_pnl_usd=realised,
        fee_usd=truncated_fee_usd(size * price, fee_rate),
        is_taker=is_taker,
        is_liquidation=is_liquidation,
        mark_price=mark_price,
    )
    store.add("fills", asdict(fill))
    _move_position(store, position, after, entry)
    account = account_of(store, order.address, parameters)
    raw = account.raw_usd - signed * price - fill.fee_usd
    store.put("accounts", asdict(replace(account, raw_usd=raw)))
    return fill


def _move_position(
    store: Store, position: Position, size: Decimal, entry_price: Decimal
) -> None:
    # Funding since opening starts anew when a position is opened or flipped.
    is_reopened = size * position.size <= 0
    moved = replace(
        position,
        size=size,
        entry_price=entry_price,
        funding_open_usd=ZERO if is_reopened else position.funding_open_usd,
    )
    store.put("positions", asdict(moved))


def credit_funding(
    store: Store, position: Position, usd: Decimal, parameters: Parameters
) -> None:
    """Add a settlement's ``usd`` to cash and to the position's counters (paid +)."""
    account = account_of(store, position.address, parameters)
    store.put("accounts", asdict(replace(account, raw_usd=account.raw_usd + usd)))
    store.put(
        "positions",
        asdict(
            replace(
                position,
                funding_all_usd=position.funding_all_usd - usd,
                funding_open_usd=position.funding_open_usd - usd,
            )
        ),
    )


def _next_trade_id(store: Store, oid: int) -> int:
    number = (store.clock("fills") or 0) + 1
    store.set_clock("fills", number)
    digest = hashlib.sha256(f"{oid}:{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _TID_BITS)


def _direction(before: Decimal, after: Decimal, *, is_liquidation: bool) -> str:
    if is_liquidation:
        return f"Liquidated Cross {'Long' if before > 0 else 'Short'}"
    if before * after < 0:
        return "Long > Short" if before > 0 else "Short > Long"
    is_opening = abs(after) > abs(before)
    is_long = (after if is_opening else before) > 0
    return f"{'Open' if is_opening else 'Close'} {'Long' if is_long else 'Short'}"
