"""The paper exchange as a whole: it takes envelopes, answers reads, moves in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from solalpha.clock import from_ms, to_ms
from solalpha.config import Parameters
from solalpha.exchange import info, orders, wire
from solalpha.exchange.accounting import leverage_of
from solalpha.exchange.advance import advance
from solalpha.exchange.authentication import (
    Authenticator,
    RefusedError,
    is_expired,
    use_nonce,
)
from solalpha.exchange.floor import Floor
from solalpha.exchange.market import MarketView
from solalpha.exchange.rows import Account, FundingCharge
from solalpha.exchange.store import Store

MAX_BATCH = 200


class PaperExchange:
    """Hold one venue over one store; every action is one transaction.

    Nonces and expiry go by ``wall``, fills and funding by the market's own time,
    which moves only through ``advance``.
    """

    def __init__(
        self,
        store: Store,
        market: MarketView,
        parameters: Parameters,
        *,
        authenticator: Authenticator,
        wall: Callable[[], datetime],
    ) -> None:
        self._floor = Floor(
            store=store,
            parameters=parameters,
            view=market,
            markets=dict(market.by_coin()),
        )
        self._authenticator = authenticator
        self._wall = wall
        self.advance(market)

    def advance(self, view: MarketView) -> None:
        """Move to a later view: funding, stops, resting orders, liquidation.

        Raises
        ------
        DataError
            If ``view`` is older than the exchange's clock or lacks a held coin.
        """
        self.advance_through([view])

    def advance_through(self, views: Iterable[MarketView]) -> None:
        """Move through later views in order, as one durable step: all or none.

        Raises
        ------
        DataError
            As ``advance``; the exchange then stands where it stood.
        """
        floor = self._floor
        before = (floor.view, floor.markets)
        try:
            with floor.store.transaction():
                for view in views:
                    advance(floor, view)
        except BaseException:
            floor.view, floor.markets = before
            raise

    def open_account(self, address: str) -> Account:
        """Return the account, opened with the paper start where it is new."""
        with self._floor.store.transaction():
            return self._floor.open_account(address.lower())

    def funding_charges(self, address: str) -> list[FundingCharge]:
        """Return an account's funding by hour; ``usd`` is None where it is unknown."""
        return self._floor.store.funding(address.lower())

    def inform(self, request: Mapping[str, Any]) -> Any:
        """Answer an /info request."""
        return info.answer(self._floor, request, to_ms(self._wall()))

    def submit(self, found: wire.Envelope) -> dict[str, Any]:
        """Run a posted action and return the venue's answer to it."""
        floor = self._floor
        markets = dict(floor.markets)
        try:
            signer = self._authenticator.signer(found)
            account = found.vault or signer
            if account != signer:
                raise RefusedError(f"Vault not registered: {account}")
            with floor.store.transaction():
                self._admit(found, signer)
                return self._run(found.action, account)
        except RefusedError as error:
            floor.markets = markets
            return {"status": "err", "response": str(error)}
        except BaseException:
            floor.markets = markets
            raise

    def _admit(self, found: wire.Envelope, signer: str) -> None:
        wall = self._wall()
        if is_expired(found, wall):
            raise RefusedError("Action expired: expiresAfter has passed")
        use_nonce(self._floor.store, signer, found.nonce, wall)

    def _run(self, action: Mapping[str, Any], account: str) -> dict[str, Any]:
        kind = wire.text(action.get("type"))
        if kind not in _ACTIONS:
            raise wire.MalformedError(wire.MALFORMED)
        self._floor.open_account(account)
        response = _ACTIONS[kind](self._floor, action, account)
        return {"status": "ok", "response": response}


def _order(floor: Floor, action: Mapping[str, Any], account: str) -> Any:
    requests = [wire.order(item) for item in wire.items(action.get("orders"))]
    _batch(floor, account, len(requests))
    if action.get("grouping") != "na":
        raise RefusedError("Only grouping na is offered by the paper exchange")
    statuses = [orders.place(floor, account, request) for request in requests]
    return {"type": "order", "data": {"statuses": statuses}}


def _cancel(floor: Floor, action: Mapping[str, Any], account: str) -> Any:
    found = [wire.mapping(item) for item in wire.items(action.get("cancels"))]
    keys = [(wire.integer(row.get("a")), wire.integer(row.get("o"))) for row in found]
    _batch(floor, account, len(keys))
    statuses = [
        orders.cancel(floor, account, asset, oid=oid, cloid=None) for asset, oid in keys
    ]
    return {"type": "cancel", "data": {"statuses": statuses}}


def _cancel_by_cloid(floor: Floor, action: Mapping[str, Any], account: str) -> Any:
    found = [wire.mapping(item) for item in wire.items(action.get("cancels"))]
    keys = [
        (wire.integer(row.get("asset")), wire.client_id(row.get("cloid")))
        for row in found
    ]
    _batch(floor, account, len(keys))
    statuses = [
        orders.cancel(floor, account, asset, oid=None, cloid=cloid)
        for asset, cloid in keys
    ]
    return {"type": "cancel", "data": {"statuses": statuses}}


def _update_leverage(floor: Floor, action: Mapping[str, Any], account: str) -> Any:
    asset, leverage = wire.integer(action.get("asset")), action.get("leverage")
    is_cross, leverage = wire.flag(action.get("isCross")), wire.integer(leverage)
    _batch(floor, account, 1)
    if asset >= len(floor.view.coins):
        raise RefusedError(f"Asset {asset} does not exist")
    rules = floor.view.coins[asset].instrument
    if not 1 <= leverage <= rules.max_leverage:
        raise RefusedError("Invalid leverage value")
    if not is_cross:
        raise RefusedError("Only cross margin is offered by the paper exchange")
    before = leverage_of(floor.store, account, rules.coin, floor.parameters)
    if before != leverage:
        row = {"address": account, "coin": rules.coin, "leverage": leverage}
        floor.store.put("leverages", row)
    return {"type": "default"}


def _schedule_cancel(floor: Floor, action: Mapping[str, Any], account: str) -> Any:
    del action
    volume = sum(
        row.price * row.size for row in floor.store.fills("address = ?", (account,))
    )
    raise RefusedError(
        "Cannot set scheduled cancel time until enough volume traded. "
        f"Required: $1000000. Traded: ${volume:.2f}"
    )


def _noop(floor: Floor, action: Mapping[str, Any], account: str) -> Any:
    del action
    _batch(floor, account, 1)
    return {"type": "default"}


def _batch(floor: Floor, account: str, count: int) -> None:
    if count == 0 or count > MAX_BATCH:
        raise RefusedError(f"Signed action over weight limit of {MAX_BATCH}.")
    name = f"requests:{account}"
    floor.store.set_clock(name, (floor.store.clock(name) or 0) + count)


def market_time(store: Store) -> datetime | None:
    """Return the market time that a store stands at, None for a fresh one."""
    found = store.clock("market")
    return None if found is None else from_ms(found)


_ACTIONS: Mapping[str, Callable[[Floor, Mapping[str, Any], str], Any]] = {
    "order": _order,
    "cancel": _cancel,
    "cancelByCloid": _cancel_by_cloid,
    "updateLeverage": _update_leverage,
    "scheduleCancel": _schedule_cancel,
    "noop": _noop,
}
