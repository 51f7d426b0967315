"""Turn the replies about one account into typed ones."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from solalpha.hyperliquid import fields
from solalpha.hyperliquid.account_replies import (
    AccountFees,
    AccountFill,
    AccountMode,
    AccountPosition,
    AccountState,
    ActiveAsset,
    FundingPayment,
    OrderSide,
    RequestBudget,
    SpotBalance,
)

ROLES = ("user", "agent", "vault", "subAccount", "missing")
_SIDES: dict[str, OrderSide] = {"B": "buy", "A": "sell"}


def order_side(row: Mapping[str, Any], kind: str) -> OrderSide:
    """Return the side of an order or fill."""
    side = fields.text(row, "side", kind)
    if side not in _SIDES:
        raise fields.unexpected(f"{kind}.side", side, "B or A")
    return _SIDES[side]


def parse_state(body: Any) -> AccountState:
    """Return the perpetual account's state.

    Raises
    ------
    VenueError
        If the reply is no account state.
    """
    kind = "clearinghouseState"
    row = fields.mapping(body, kind)
    summary = fields.mapping(row.get("marginSummary"), f"{kind}.marginSummary")
    listed = fields.listed(row.get("assetPositions"), f"{kind}.assetPositions")
    positions = [fields.mapping(item, kind).get("position") for item in listed]
    return AccountState(
        account_value_usd=fields.number(summary, "accountValue", kind),
        total_notional_usd=fields.number(summary, "totalNtlPos", kind),
        total_raw_usd=fields.number(summary, "totalRawUsd", kind),
        total_margin_used_usd=fields.number(summary, "totalMarginUsed", kind),
        withdrawable_usd=fields.number(row, "withdrawable", kind),
        event_at=None if row.get("time") is None else fields.moment(row, "time", kind),
        positions=tuple(_position(fields.mapping(p, kind)) for p in positions),
    )


def parse_mode(body: Any) -> AccountMode:
    """Return how the account keeps its balances.

    Raises
    ------
    VenueError
        If the mode is unknown: its balances cannot be trusted then.
    """
    modes: tuple[AccountMode, ...] = get_args(AccountMode)
    for mode in modes:
        if body == mode:
            return mode
    raise fields.unexpected("userAbstraction", body, f"one of {', '.join(modes)}")


def parse_fills(body: Any) -> tuple[AccountFill, ...]:
    """Return the fills in the reply's order.

    Raises
    ------
    VenueError
        If the reply is not a list of fills.
    """
    return fields.strict(body, _fill, "userFills")


def parse_payments(body: Any) -> tuple[FundingPayment, ...]:
    """Return the funding payments in the reply's order.

    Raises
    ------
    VenueError
        If the reply is not a list of payments.
    """
    return fields.strict(body, _payment, "userFunding")


def parse_budget(body: Any) -> RequestBudget:
    """Return the address's request budget.

    Raises
    ------
    VenueError
        If the reply is no budget.
    """
    kind = "userRateLimit"
    row = fields.mapping(body, kind)
    return RequestBudget(
        traded_usd=fields.number(row, "cumVlm", kind),
        used=fields.integer(row, "nRequestsUsed", kind),
        cap=fields.integer(row, "nRequestsCap", kind),
    )


def parse_fees(body: Any) -> AccountFees:
    """Return the account's fee rates.

    Raises
    ------
    VenueError
        If the reply has no rates.
    """
    row = fields.mapping(body, "userFees")
    return AccountFees(
        taker_rate=fields.number(row, "userCrossRate", "userFees"),
        maker_rate=fields.number(row, "userAddRate", "userFees"),
    )


def parse_role(body: Any) -> str:
    """Return what the address is: user, agent, vault, subAccount or missing.

    Raises
    ------
    VenueError
        If the role is another one.
    """
    role = fields.text(fields.mapping(body, "userRole"), "role", "userRole")
    if role not in ROLES:
        raise fields.unexpected("userRole.role", role, f"one of {', '.join(ROLES)}")
    return role


def parse_active(body: Any, *, coin: str) -> ActiveAsset:
    """Return what the account may trade of ``coin``.

    Raises
    ------
    VenueError
        If the reply is another coin's or no such data.
    """
    kind = "activeAssetData"
    row = fields.mapping(body, kind)
    fields.same(row, "coin", coin, kind)
    leverage = fields.mapping(row.get("leverage"), f"{kind}.leverage")
    return ActiveAsset(
        coin=coin,
        leverage=fields.integer(leverage, "value", kind),
        is_cross=fields.text(leverage, "type", kind) == "cross",
        max_trade_sizes=_pair(row, "maxTradeSzs", kind),
        available_usd=_pair(row, "availableToTrade", kind),
        mark_price=fields.optional_number(row, "markPx", kind),
    )


def parse_balances(body: Any) -> tuple[SpotBalance, ...]:
    """Return the spot balances in the reply's order.

    Raises
    ------
    VenueError
        If the reply has no list of balances.
    """
    kind = "spotClearinghouseState"
    balances = fields.mapping(body, kind).get("balances")
    return fields.strict(balances, _balance, kind)


def _position(row: Mapping[str, Any]) -> AccountPosition:
    kind = "clearinghouseState.position"
    leverage = fields.mapping(row.get("leverage"), f"{kind}.leverage")
    return AccountPosition(
        coin=fields.text(row, "coin", kind),
        size=fields.number(row, "szi", kind),
        entry_price=fields.optional_number(row, "entryPx", kind),
        position_value_usd=fields.number(row, "positionValue", kind),
        unrealised_usd=fields.number(row, "unrealizedPnl", kind),
        liquidation_price=fields.optional_number(row, "liquidationPx", kind),
        margin_used_usd=fields.number(row, "marginUsed", kind),
        leverage=fields.integer(leverage, "value", kind),
        is_cross=fields.text(leverage, "type", kind) == "cross",
    )


def _fill(row: Mapping[str, Any]) -> AccountFill:
    kind = "userFills"
    return AccountFill(
        coin=fields.text(row, "coin", kind),
        side=order_side(row, kind),
        price=fields.number(row, "px", kind),
        size=fields.number(row, "sz", kind),
        filled_at=fields.moment(row, "time", kind),
        start_position=fields.number(row, "startPosition", kind),
        direction=fields.text(row, "dir", kind),
        closed_pnl_usd=fields.number(row, "closedPnl", kind),
        order_id=fields.integer(row, "oid", kind),
        trade_id=None if row.get("tid") is None else fields.integer(row, "tid", kind),
        is_taker=fields.flag(row, "crossed", kind),
        fee=fields.number(row, "fee", kind),
        fee_token=fields.optional_text(row, "feeToken", kind),
        client_order_id=fields.optional_text(row, "cloid", kind),
        is_liquidation=row.get("liquidation") is not None,
    )


def _payment(row: Mapping[str, Any]) -> FundingPayment:
    kind = "userFunding"
    delta = fields.mapping(row.get("delta"), f"{kind}.delta")
    fields.same(delta, "type", "funding", kind)
    return FundingPayment(
        coin=fields.text(delta, "coin", kind),
        settled_at=fields.moment(row, "time", kind),
        usd=fields.number(delta, "usdc", kind),
        size=fields.number(delta, "szi", kind),
        funding_rate=fields.number(delta, "fundingRate", kind),
    )


def _balance(row: Mapping[str, Any]) -> SpotBalance:
    kind = "spotClearinghouseState"
    return SpotBalance(
        token=fields.text(row, "coin", kind),
        total=fields.number(row, "total", kind),
        hold=fields.number(row, "hold", kind),
        entry_notional_usd=fields.optional_number(row, "entryNtl", kind),
    )


def _pair(row: Mapping[str, Any], name: str, kind: str) -> tuple[Decimal, Decimal]:
    buy, sell = fields.listed(row.get(name), f"{kind}.{name}", count=2)
    sides = {"buy": buy, "sell": sell}
    return fields.number(sides, "buy", kind), fields.number(sides, "sell", kind)
