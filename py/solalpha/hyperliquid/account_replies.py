"""What the reads of one account return, typed: exact decimals, aware UTC times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

OrderSide = Literal["buy", "sell"]
AccountMode = Literal[
    "default", "disabled", "unifiedAccount", "portfolioMargin", "dexAbstraction"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPosition:
    """Hold one open position; ``size`` is signed, negative is short."""

    coin: str
    size: Decimal
    entry_price: Decimal | None
    position_value_usd: Decimal
    unrealised_usd: Decimal
    liquidation_price: Decimal | None
    margin_used_usd: Decimal
    leverage: int
    is_cross: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """Hold the perpetual account.

    In a unified or portfolio-margin account this shows posted collateral only:
    ask ``account_mode`` first. ``total_raw_usd`` is not cash; it is negative for
    a leveraged long.
    """

    account_value_usd: Decimal
    total_notional_usd: Decimal
    total_raw_usd: Decimal
    total_margin_used_usd: Decimal
    withdrawable_usd: Decimal
    event_at: datetime | None
    positions: tuple[AccountPosition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """Hold one resting order; ``size`` remains of ``original_size``.

    Where the read does not tell a field (``openOrders`` tells few), it is None.
    """

    coin: str
    side: OrderSide
    limit_price: Decimal
    size: Decimal
    original_size: Decimal | None
    order_id: int
    client_order_id: str | None
    placed_at: datetime
    is_reduce_only: bool
    is_trigger: bool | None
    trigger_price: Decimal | None
    order_type: str | None
    time_in_force: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """Hold an order and its last change of status.

    While it is open, ``order.size`` stays what it was when it opened.
    """

    order: OpenOrder
    status: str
    status_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFill:
    """Hold one fill; fee positive is a cost, ``closed_pnl_usd`` is before fees."""

    coin: str
    side: OrderSide
    price: Decimal
    size: Decimal
    filled_at: datetime
    start_position: Decimal
    direction: str
    closed_pnl_usd: Decimal
    order_id: int
    trade_id: int | None
    is_taker: bool
    fee: Decimal
    fee_token: str | None
    client_order_id: str | None
    is_liquidation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """Hold one funding payment; ``usd`` below 0 was paid by the account."""

    coin: str
    settled_at: datetime
    usd: Decimal
    size: Decimal
    funding_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBudget:
    """Hold the lifetime budget of an address: requests used and allowed."""

    traded_usd: Decimal
    used: int
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFees:
    """Hold the account's fee rates, fractions of notional."""

    taker_rate: Decimal
    maker_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAsset:
    """Hold what an account may trade of one coin: buy side, then sell side."""

    coin: str
    leverage: int
    is_cross: bool
    max_trade_sizes: tuple[Decimal, Decimal]
    available_usd: tuple[Decimal, Decimal]
    mark_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotBalance:
    """Hold one token's balance; ``hold`` of ``total`` is reserved by orders."""

    token: str
    total: Decimal
    hold: Decimal
    entry_notional_usd: Decimal | None
