"""A trader's desk for tests: an exchange, a wall clock and cycles by hand."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.unit.exchange.worlds import (
    ACCOUNT,
    PARAMETERS,
    START,
    Wall,
    World,
    make_world,
    view,
)

from solalpha.clock import to_ms
from solalpha.config import Parameters, Paths, load_paths
from solalpha.exchange.store import read_store
from solalpha.execution.inputs import DecisionInputs
from solalpha.execution.ledger import Ledger, ledger_path, read_ledger
from solalpha.execution.trade import TradeResult, trade_once
from solalpha.strategy.decision import Policy, PolicyDecision, PolicyInputs

BAR = START.replace(second=0)


def aim(target: float, stop: float = 6.0) -> Policy:
    """Return a policy that wants ``target`` whatever happens."""

    def policy(inputs: PolicyInputs, parameters: Parameters) -> PolicyDecision:
        return PolicyDecision(
            target_base=target, stop_distance_usd=stop, reason="test", gates=()
        )

    return policy


def inputs(bar: datetime = BAR, **changes: object) -> DecisionInputs:
    values: dict[str, object] = {
        "coin": "SOL",
        "bar_closed_at": bar,
        "probability_up": 0.6,
        "close": 150.0,
        "atr": 1.0,
        "ema_fast": 149.0,
        "ema_slow": 148.0,
        "macd_line": 0.1,
        "macd_signal": 0.0,
        "rsi": 55.0,
        "realised_volatility": 0.03,
        "regime": 1,
        "sentiment": math.nan,
        "funding_rate": 0.0000125,
        "quality_verdict": "PASS",
        "model_id": "model-1",
        "model_age_hours": 1.0,
        "build_id": "build-1",
    }
    return DecisionInputs(**(values | changes))


@dataclass(slots=True, kw_only=True)
class Desk:
    """Hold a world and run cycles against it."""

    paths: Paths
    world: World
    steps: list[str] = field(default_factory=list)

    @property
    def store_path(self) -> Path:
        return self.paths.ledger / "exchange.sqlite"

    def cycle(
        self,
        target: float,
        *,
        bar: datetime = BAR,
        stop: float = 6.0,
        checkpoint=None,
        client=None,
        after_s: float = 31.0,
        **changes: object,
    ) -> TradeResult:
        now = bar + timedelta(seconds=after_s)
        return asyncio.run(
            trade_once(
                self.paths,
                PARAMETERS,
                client=client or self.world.client,
                venue="paper",
                account=ACCOUNT,
                signer=None,
                inputs=inputs(bar, **changes),
                policy_name="test",
                policy=aim(target, stop),
                now=now,
                wall=self.world.wall,
                pause=self.world.wall.pause,
                checkpoint=checkpoint or self.steps.append,
            )
        )

    def advance(self, at: datetime, mark: str, *settlements, **changes) -> None:
        self.world.exchange.advance(view(at, mark, *settlements, **changes))

    def ledger(self) -> Ledger:
        found = read_ledger(ledger_path(self.paths))
        assert found is not None
        return found

    def rows(self, sql: str) -> list[dict]:
        with self.ledger() as ledger:
            return ledger.rows(sql, ())

    def close(self) -> None:
        self.world.store.close()
        asyncio.run(self.world.client.aclose())


def make_desk(directory: Path, mark: str = "150", wall: Wall | None = None) -> Desk:
    paths = load_paths(directory)
    world = make_world(
        paths.ledger / "exchange.sqlite", view(START, mark), wall=wall or Wall()
    )
    return Desk(paths=paths, world=world)


def disagreements(paths: Paths) -> list[str]:
    """Compare the ledger with the exchange's own books: lost, doubled, wrong."""
    found = []
    store = read_store(paths.ledger / "exchange.sqlite")
    ledger = read_ledger(ledger_path(paths))
    assert ledger is not None
    try:
        theirs = {
            (row.time_ms, row.tid, row.oid): row
            for row in store.fills("address = ?", (ACCOUNT,))
        }
        ours = ledger.rows("select * from fills", ())
        keys = [tuple(int(x) for x in r["fill_id"].split(":")[3:]) for r in ours]
        found += [f"fill {key} is not booked" for key in theirs.keys() - set(keys)]
        found += [f"fill {key} is invented" for key in set(keys) - theirs.keys()]
        for row in ours:
            if row["order_id"] is None:
                found.append(f"fill {row['fill_id']} has no order")
        cloids = [
            row.cloid
            for row in store.orders("address = ? and status != 'rejected'", (ACCOUNT,))
        ]
        found += [f"{c} twice at the venue" for c in {*cloids} if cloids.count(c) > 1]
        orders = {
            row["order_id"]: row for row in ledger.rows("select * from orders", ())
        }
        for cloid in cloids:
            if cloid not in orders:
                found.append(f"order {cloid} is unknown to the ledger")
            elif orders[cloid]["state"] == "dead":
                found.append(f"order {cloid} is dead here and known there")
        for row in orders.values():
            if row["state"] in ("intended", "sent", "unknown"):
                found.append(f"order {row['order_id']} is left {row['state']}")
        held = sum((p.size for p in store.positions(ACCOUNT)), Decimal(0))
        booked = sum(
            (r["size_base"] * (1 if r["side"] == "buy" else -1) for r in ours),
            Decimal(0),
        )
        if held != booked:
            found.append(f"position {booked} here, {held} there")
        stops = [
            o
            for o in store.orders("status = 'open' and address = ?", (ACCOUNT,))
            if o.trigger_price is not None
        ]
        if held != 0 and [o.size for o in stops] != [abs(held)]:
            found.append(f"position {held} with stops {[o.size for o in stops]}")
        if held == 0 and stops:
            found.append("flat with a stop")
        ledger.verify()
    finally:
        store.close()
        ledger.close()
    return found


__all__ = [
    "BAR",
    "Desk",
    "aim",
    "disagreements",
    "inputs",
    "json",
    "make_desk",
    "to_ms",
]
