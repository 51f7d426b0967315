"""The venue's answers as data: market, account, orders, fills, funding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from solalpha.errors import VenueError
from solalpha.execution import parsing
from solalpha.execution.records import VenueFill
from solalpha.market.instruments import Instrument
from solalpha.market.orders import Fill, OrderState, Side

_SIDES = {"B": Side.BUY, "A": Side.SELL}
_MIN_NOTIONAL_USD = Decimal(10)
_CANCELLED = ("scheduledCancel", "internalCancel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """State a coin's rules, its index in orders and its prices in USD."""

    instrument: Instrument
    asset: int
    mark_price: Decimal
    mid_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """State a position as the venue holds it, in base units and USD."""

    coin: str
    size_base: Decimal
    entry_price: Decimal
    unrealised_usd: Decimal
    notional_usd: Decimal
    liquidation_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """State what the account is worth and holds."""

    equity_usd: Decimal
    positions: tuple[HeldPosition, ...]

    def size_of(self, coin: str) -> Decimal:
        """Return the signed position in a coin, 0 when flat."""
        sizes = [row.size_base for row in self.positions if row.coin == coin]
        return sum(sizes, Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """State an order that the venue lists as open; ``size_base`` is what remains."""

    coin: str
    oid: int
    cloid: str | None
    side: Side
    size_base: Decimal
    is_reduce_only: bool
    trigger_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """State what the venue remembers of an order; ``unknown`` froze on a new word."""

    oid: int
    state: OrderState
    status: str


def market_of(found: object, coin: str) -> Market:
    """Read ``metaAndAssetCtxs`` for one coin.

    Raises
    ------
    VenueError
        If the coin is absent or anything has another shape.
    """
    where = "metaAndAssetCtxs"
    pair = parsing.items(found, where)
    if len(pair) != 2:
        raise VenueError(f"{where} has {len(pair)} parts; expected 2")
    meta = parsing.mapping(pair[0], where)
    universe = parsing.items(meta.get("universe"), f"{where}.universe")
    contexts = parsing.items(pair[1], f"{where}.contexts")
    names = [parsing.mapping(row, where).get("name") for row in universe]
    if names.count(coin) != 1 or len(contexts) != len(names):
        raise VenueError(f"{where} does not list {coin} once with its context")
    asset = names.index(coin)
    context = parsing.mapping(contexts[asset], where)
    mid = context.get("midPx")
    decimals = parsing.integer(universe[asset].get("szDecimals"), f"{where}.szDecimals")
    if decimals > 6:
        raise VenueError(f"{where}.szDecimals is {decimals}; expected at most 6")
    return Market(
        instrument=Instrument(
            coin=coin,
            size_decimals=decimals,
            min_notional_usd=_MIN_NOTIONAL_USD,
            max_leverage=parsing.integer(
                universe[asset].get("maxLeverage"), f"{where}.maxLeverage"
            ),
        ),
        asset=asset,
        mark_price=parsing.above_zero(context.get("markPx"), f"{where}.markPx"),
        mid_price=None if mid is None else parsing.above_zero(mid, f"{where}.midPx"),
    )


def account_state(found: object) -> AccountState:
    """Read ``clearinghouseState``."""
    where = "clearinghouseState"
    outer = parsing.mapping(found, where)
    summary = parsing.mapping(outer.get("marginSummary"), f"{where}.marginSummary")
    rows = parsing.items(outer.get("assetPositions"), f"{where}.assetPositions")
    positions = tuple(_held(row) for row in rows)
    if len({row.coin for row in positions}) != len(positions):
        raise VenueError(f"{where} lists a coin twice; expected once")
    value = parsing.number(summary.get("accountValue"), f"{where}.accountValue")
    return AccountState(equity_usd=value, positions=positions)


def _held(row: object) -> HeldPosition:
    where = "clearinghouseState.position"
    found = parsing.mapping(parsing.mapping(row, where).get("position"), where)
    liquidation = found.get("liquidationPx")
    return HeldPosition(
        coin=parsing.text(found.get("coin"), f"{where}.coin"),
        size_base=parsing.number(found.get("szi"), f"{where}.szi"),
        entry_price=parsing.number(found.get("entryPx"), f"{where}.entryPx"),
        unrealised_usd=parsing.number(
            found.get("unrealizedPnl"), f"{where}.unrealizedPnl"
        ),
        notional_usd=parsing.number(
            found.get("positionValue"), f"{where}.positionValue"
        ),
        liquidation_price=None
        if liquidation is None
        else parsing.number(liquidation, f"{where}.liquidationPx"),
    )


def open_order(row: object) -> OpenOrder:
    """Read one row of ``frontendOpenOrders``."""
    where = "frontendOpenOrders"
    found = parsing.mapping(row, where)
    cloid = found.get("cloid")
    is_trigger = parsing.flag(found.get("isTrigger"), f"{where}.isTrigger")
    return OpenOrder(
        coin=parsing.text(found.get("coin"), f"{where}.coin"),
        oid=parsing.integer(found.get("oid"), f"{where}.oid"),
        cloid=None if cloid is None else parsing.text(cloid, f"{where}.cloid").lower(),
        side=_side(found.get("side"), where),
        size_base=parsing.number(found.get("sz"), f"{where}.sz"),
        is_reduce_only=parsing.flag(found.get("reduceOnly"), f"{where}.reduceOnly"),
        trigger_price=parsing.number(found.get("triggerPx"), f"{where}.triggerPx")
        if is_trigger
        else None,
    )


def venue_order(found: object) -> VenueOrder | None:
    """Read ``orderStatus``; None only where the venue says that it knows none."""
    where = "orderStatus"
    outer = parsing.mapping(found, where)
    if outer.get("status") == "unknownOid":
        return None
    if outer.get("status") != "order":
        raise VenueError(f"{where} is neither an order nor unknownOid")
    record = parsing.mapping(outer.get("order"), where)
    inner = parsing.mapping(record.get("order"), where)
    status = parsing.text(record.get("status"), f"{where}.status")
    return VenueOrder(
        oid=parsing.integer(inner.get("oid"), f"{where}.oid"),
        state=state_of(status),
        status=status,
    )


def state_of(status: str) -> OrderState:
    """Return what a venue's status word means; a new word is unknown, not guessed."""
    if status in ("open", "triggered"):
        return OrderState.RESTING
    if status == "filled":
        return OrderState.FILLED
    if status.endswith(("anceled", "Canceled")) or status in _CANCELLED:
        return OrderState.CANCELLED
    if status.endswith(("ejected", "Rejected")):
        return OrderState.REJECTED
    return OrderState.UNKNOWN


def venue_fill(row: object, venue: str, account: str) -> VenueFill:
    """Read one row of ``userFills``; its identity is (coin, time, tid, oid)."""
    where = "userFills"
    found = parsing.mapping(row, where)
    coin = parsing.text(found.get("coin"), f"{where}.coin")
    time_ms = parsing.integer(found.get("time"), f"{where}.time")
    tid = parsing.integer(found.get("tid"), f"{where}.tid")
    oid = parsing.integer(found.get("oid"), f"{where}.oid")
    cloid = found.get("cloid")
    return VenueFill(
        fill=Fill(
            fill_id=f"{venue}:{account}:{coin}:{time_ms}:{tid}:{oid}",
            order_id="",
            venue=venue,
            account=account,
            coin=coin,
            side=_side(found.get("side"), where),
            size_base=parsing.above_zero(found.get("sz"), f"{where}.sz"),
            price=parsing.above_zero(found.get("px"), f"{where}.px"),
            fee_usd=parsing.number(found.get("fee"), f"{where}.fee"),
            is_taker=parsing.flag(found.get("crossed"), f"{where}.crossed"),
            filled_at=parsing.moment(time_ms, f"{where}.time"),
        ),
        venue_order_id=oid,
        cloid=None if cloid is None else parsing.text(cloid, f"{where}.cloid").lower(),
        is_liquidation=found.get("liquidation") is not None,
    )


def funding_payment(row: object) -> tuple[str, datetime, Decimal]:
    """Read one row of ``userFunding``: coin, time, USD received (negative was paid)."""
    where = "userFunding"
    found = parsing.mapping(row, where)
    delta = parsing.mapping(found.get("delta"), f"{where}.delta")
    return (
        parsing.text(delta.get("coin"), f"{where}.coin"),
        parsing.moment(found.get("time"), f"{where}.time"),
        parsing.number(delta.get("usdc"), f"{where}.usdc"),
    )


def _side(found: object, where: str) -> Side:
    side = _SIDES.get(parsing.text(found, f"{where}.side"))
    if side is None:
        raise VenueError(f"{where}.side is another letter; expected B or A")
    return side
