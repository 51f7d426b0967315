"""Intents, orders and fills as data, and the identity that stops double orders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from solalpha.clock import to_us


class Side(StrEnum):
    """Name the side of an order or fill."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """Return +1 for a buy and -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderKind(StrEnum):
    """Name what an order is for."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"


class OrderState(StrEnum):
    """Name where an order is in its life; ``dead`` is proven never to have landed."""

    INTENDED = "intended"
    SENT = "sent"
    RESTING = "resting"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    DEAD = "dead"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Return whether no further fill can follow."""
        return self in _FINAL


_FINAL = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.DEAD}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """Hold a wish: what is to be sent, before it has been on the wire.

    ``size_base`` is positive; ``trigger_price`` is set for stops alone.
    """

    order_id: str
    venue: str
    account: str
    coin: str
    bar_closed_at: datetime
    leg: str
    attempt: int
    side: Side
    size_base: Decimal
    limit_price: Decimal
    trigger_price: Decimal | None
    is_reduce_only: bool
    kind: OrderKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Hold an intent together with what the venue made of it."""

    intent: OrderIntent
    state: OrderState
    venue_order_id: int | None
    reject_reason: str | None
    intended_at: datetime
    sent_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Hold one executed part of an order; ``fee_usd`` is a cost when positive."""

    fill_id: str
    order_id: str
    venue: str
    account: str
    coin: str
    side: Side
    size_base: Decimal
    price: Decimal
    fee_usd: Decimal
    is_taker: bool
    filled_at: datetime


def client_order_id(
    *,
    venue: str,
    account: str,
    coin: str,
    bar_closed_at: datetime,
    leg: str,
    attempt: int,
) -> str:
    """Return the 128-bit identity of an order as ``0x`` and 32 hex digits.

    Model and parameters are no part of it, so that a retrain or a restart in
    between can only find the same order again. ``account`` is compared without
    regard to case.
    """
    return _hashed(
        "bar", venue, account.lower(), coin, to_us(bar_closed_at), leg, attempt
    )


def command_order_id(
    *, venue: str, account: str, coin: str, command_id: str, leg: str, attempt: int
) -> str:
    """Return the identity of an order that an operator's command asked for."""
    return _hashed("command", venue, account.lower(), coin, command_id, leg, attempt)


def _hashed(*parts: str | int) -> str:
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return "0x" + hashlib.sha256(text.encode()).hexdigest()[:32]
