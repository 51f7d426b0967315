"""A small market and an exchange over it, for tests that need a venue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx

from solalpha.clock import to_ms
from solalpha.config import Parameters, load_parameters
from solalpha.exchange.app import create_app
from solalpha.exchange.authentication import TrustedAccount
from solalpha.exchange.market import BookLevel, CoinMarket, MarketView, Settlement
from solalpha.exchange.store import Store, open_store
from solalpha.market.instruments import Instrument

ACCOUNT = "0x" + "0" * 39 + "1"
START = datetime(2025, 7, 1, 0, 0, 31, tzinfo=UTC)
PARAMETERS = load_parameters()


def levels(*pairs: tuple[str, str]) -> tuple[BookLevel, ...]:
    return tuple(
        BookLevel(price=Decimal(p), size=Decimal(s), count=1) for p, s in pairs
    )


def coin_market(
    mark: str,
    bids: tuple[BookLevel, ...],
    asks: tuple[BookLevel, ...],
    *,
    oracle: str | None = None,
    low: str | None = None,
    high: str | None = None,
    parameters: Parameters = PARAMETERS,
) -> CoinMarket:
    return CoinMarket(
        instrument=Instrument.from_parameters(parameters, "SOL"),
        bids=bids,
        asks=asks,
        mark_price=Decimal(mark),
        oracle_price=Decimal(oracle or mark),
        mid_price=(bids[0].price + asks[0].price) / 2 if bids and asks else None,
        low_price=None if low is None else Decimal(low),
        high_price=None if high is None else Decimal(high),
        funding_rate=Decimal("0.0000125"),
    )


def flat_book(
    price: str, *, half_spread: str = "0.01", size: str = "1000"
) -> tuple[tuple[BookLevel, ...], tuple[BookLevel, ...]]:
    """Return one level per side around ``price``, wide enough for any test order."""
    middle, half = Decimal(price), Decimal(half_spread)
    return (
        levels((str(middle - half), size)),
        levels((str(middle + half), size)),
    )


def view(
    at: datetime, mark: str, *settlements: Settlement, **changes: str
) -> MarketView:
    bids, asks = flat_book(mark)
    market = coin_market(mark, bids, asks, **changes)
    return MarketView(at=at, coins=(market,), settlements=settlements)


def settlement(at: datetime, rate: str | None, oracle: str | None) -> Settlement:
    return Settlement(
        coin="SOL",
        hour_at=at,
        rate=None if rate is None else Decimal(rate),
        oracle_price=None if oracle is None else Decimal(oracle),
    )


class Wall:
    """A wall clock that moves only when told, one millisecond per look."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    async def pause(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True, kw_only=True)
class World:
    """An exchange over a store, spoken to through its own wire."""

    store: Store
    wall: Wall
    app: object
    client: httpx.AsyncClient

    @property
    def exchange(self):
        return self.app.state.exchange

    async def info(self, kind: str, **fields):
        reply = await self.client.post("/info", json={"type": kind, **fields})
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def act(self, action, **fields):
        nonce = fields.pop("nonce", to_ms(self.wall()))
        body = {"action": action, "nonce": nonce, "signature": None, **fields}
        reply = await self.client.post("/exchange", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def order(self, **fields):
        action = {"type": "order", "orders": [wire(**fields)], "grouping": "na"}
        reply = await self.act(action)
        return reply["response"]["data"]["statuses"][0]


def wire(
    is_buy: bool,
    price: str,
    size: str,
    *,
    reduce_only: bool = False,
    tif: str = "Ioc",
    trigger: str | None = None,
    tpsl: str = "sl",
    cloid: str | None = None,
    asset: int = 0,
):
    kind = {"limit": {"tif": tif}}
    if trigger is not None:
        kind = {"trigger": {"isMarket": True, "triggerPx": trigger, "tpsl": tpsl}}
    found = {
        "a": asset,
        "b": is_buy,
        "p": price,
        "s": size,
        "r": reduce_only,
        "t": kind,
    }
    return found if cloid is None else found | {"c": cloid}


def make_world(
    path: Path,
    market: MarketView,
    *,
    parameters: Parameters = PARAMETERS,
    wall: Wall | None = None,
) -> World:
    store, wall = open_store(path), wall or Wall()
    app = create_app(
        store, market, parameters, authenticator=TrustedAccount(ACCOUNT), wall=wall
    )
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://paper.invalid"
    )
    return World(store=store, wall=wall, app=app, client=client)
