"""Lines shaped like the archive's, for its tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2024, 3, 1, 10, tzinfo=UTC)
ACCOUNT = "0x" + "ab" * 20


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def book(
    at: datetime,
    *,
    coin: str = "SOL",
    depth: int = 20,
    lag_s: float = 1.5,
    first: str = "100.25",
    separators: tuple[str, str] = (",", ":"),
) -> str:
    bids = [
        {"px": first if n == 0 else f"{100 - n / 100:.2f}", "sz": f"{n + 1}.5", "n": 3}
        for n in range(depth)
    ]
    asks = [
        {"px": f"{101 + n / 100:.2f}", "sz": f"{n + 1}", "n": n + 1}
        for n in range(depth)
    ]
    received = (at + timedelta(seconds=lag_s)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123"
    data = {"coin": coin, "time": ms(at), "levels": [bids, asks]}
    line = {
        "time": received,
        "ver_num": 1,
        "raw": {"channel": "l2Book", "data": data},
    }
    return json.dumps(line, separators=separators)


def fill(tid: int, *, side: str = "B", crossed: bool = True, **more: Any) -> Any:
    own = {
        "coin": "SOL",
        "px": "150.5",
        "sz": "2.25",
        "side": side,
        "time": ms(AT),
        "startPosition": "0.0",
        "dir": "Open Long",
        "closedPnl": "0.0",
        "hash": "0x00",
        "oid": tid + 1,
        "crossed": crossed,
        "fee": "0.1",
        "tid": tid,
        "feeToken": "USDC",
    }
    return [ACCOUNT, own | more]


def node_trade(buyer: int, seller: int, **more: Any) -> str:
    sides = [
        {"user": ACCOUNT, "start_pos": "0", "oid": oid, "twap_id": None, "cloid": None}
        for oid in (buyer, seller)
    ]
    own = {
        "coin": "SOL",
        "side": "A",
        "time": "2025-04-01T00:00:00.123456789",
        "px": "120.5",
        "sz": "1.0",
        "hash": "0x00",
        "trade_dir_override": "Na",
        "side_info": sides,
    }
    return json.dumps(own | more)
