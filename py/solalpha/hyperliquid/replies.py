"""What the venue's reads return, typed: exact decimals, aware UTC times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

AggressorSide = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """Hold one closed candle; ``volume`` in base units."""

    open_at: datetime
    closed_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trade_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledFunding:
    """Hold one settlement; the rate is a fraction of notional, longs pay if > 0."""

    settled_at: datetime
    funding_rate: Decimal
    premium: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedFunding:
    """Hold what one venue is predicted to settle next, a fraction per interval."""

    coin: str
    venue: str
    funding_rate: Decimal
    next_funding_at: datetime
    interval_hours: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetMeta:
    """Hold one coin's rules; ``asset_id`` is its place in the universe."""

    coin: str
    asset_id: int
    size_decimals: int
    max_leverage: int | None
    margin_table_id: int | None
    is_delisted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetContext:
    """Hold one coin's context; the reply has no time: ``received_at`` is ours.

    ``funding_rate`` is the running hourly estimate, not what will be charged.
    """

    coin: str
    asset_id: int
    received_at: datetime
    mark_price: Decimal
    oracle_price: Decimal
    mid_price: Decimal | None
    impact_bid_price: Decimal | None
    impact_ask_price: Decimal | None
    open_interest: Decimal
    day_volume_usd: Decimal
    premium: Decimal | None
    funding_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLevel:
    """Hold one price level: resting size in base units and count of orders."""

    price: Decimal
    size: Decimal
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Hold one order book, best level first on both sides, up to 20 levels."""

    coin: str
    event_at: datetime
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Hold one public trade; the side is the one that crossed the spread."""

    coin: str
    event_at: datetime
    trade_id: int
    aggressor_side: AggressorSide
    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeStatus:
    """Hold the venue's clock and what it says of itself, if anything."""

    event_at: datetime
    notice: str | None
