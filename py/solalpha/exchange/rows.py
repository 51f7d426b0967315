"""The rows of the paper exchange's store; money and sizes are exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """State an account: ``raw_usd`` is cash with the cost of open positions taken off.

    Account value is ``raw_usd`` plus the signed notional of its positions at mark.
    """

    address: str
    start_usd: Decimal
    raw_usd: Decimal
    adjustment_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """State a position: signed base units, entry price in USD, funding paid in USD."""

    address: str
    coin: str
    size: Decimal
    entry_price: Decimal
    funding_all_usd: Decimal
    funding_open_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """State an order; ``size`` is what remains, ``original_size`` what was asked."""

    oid: int
    address: str
    coin: str
    cloid: str | None
    is_buy: bool
    limit_price: Decimal
    size: Decimal
    original_size: Decimal
    is_reduce_only: bool
    tif: str | None
    trigger_price: Decimal | None
    trigger_kind: str | None
    is_market_trigger: bool
    status: str
    status_ms: int
    placed_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """State a fill; ``fee_usd`` is a cost, ``closed_pnl_usd`` is before fees."""

    tid: int
    oid: int
    cloid: str | None
    address: str
    coin: str
    is_buy: bool
    price: Decimal
    size: Decimal
    time_ms: int
    start_position: Decimal
    direction: str
    closed_pnl_usd: Decimal
    fee_usd: Decimal
    is_taker: bool
    is_liquidation: bool
    mark_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingCharge:
    """State one hour's funding; ``usd`` negative was paid, None is unknown."""

    address: str
    coin: str
    hour_ms: int
    size: Decimal
    rate: Decimal | None
    oracle_price: Decimal | None
    usd: Decimal | None


OPEN_STATUSES = ("open",)
