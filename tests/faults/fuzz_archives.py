"""Targets that are archive files of many lines, each line broken by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.fuzz_mutations import seed_of
from tests.faults.fuzz_payloads import REPLIES, T0, packed
from tests.faults.fuzz_targets import NOW, Lake, Reasons, Target

from solalpha.raw.archive.ingest import ingest_archive
from solalpha.raw.archive.lines import LZ4_MAGIC
from solalpha.raw.binance.ingest import ingest_binance

_LINES = 400
_UNVERIFIED = "not verified"  # said of every file that has no checksum beside it
_ACCOUNT = "0x" + "ab" * 20
_STAMP = "2025-06-15T15:10:01.539593170"
_FILL = {**REPLIES["userFills"][0], "time": T0}
_SIDE = {"user": _ACCOUNT, "start_pos": "0.0", "oid": 1, "twap_id": None, "cloid": None}
_CONTEXT_HEAD = (
    b"time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,"
    b"mark_px,mid_px,impact_bid_px,impact_ask_px"
)
# Name to the first line of a file, which stays sound, and one line of it.
_ARCHIVES: dict[str, tuple[bytes, bytes]] = {}


def _archive(name: str, record: Any) -> None:
    _ARCHIVES[name] = (packed(record), packed(record))


_archive(
    "archive books",
    {
        "time": _STAMP,
        "ver_num": 1,
        "raw": {"channel": "l2Book", "data": REPLIES["l2Book"]},
    },
)
_archive("archive fills", [_ACCOUNT, _FILL])
_archive(
    "archive blocks",
    {
        "local_time": _STAMP,
        "block_time": _STAMP,
        "block_number": 7,
        "events": [[_ACCOUNT, _FILL], [_ACCOUNT, {**_FILL, "crossed": False}]],
    },
)
_archive(
    "archive trades",
    {
        "coin": "SOL",
        "side": "A",
        "time": _STAMP,
        "px": "120.5",
        "sz": "1.0",
        "hash": "0x00",
        "trade_dir_override": "Na",
        "side_info": [_SIDE, {**_SIDE, "oid": 2}],
    },
)
_ARCHIVES["archive contexts"] = (
    _CONTEXT_HEAD,
    b"2025-06-15T15:10:00Z,SOL,0.0000125,4512345.6,148.1,912345678.9,0.0003,150.32,"
    b"150.4,150.45,150.4,150.5",
)
_BINANCE: dict[str, tuple[bytes, bytes]] = {
    "SOLUSDT-1h-2025-06.csv": (
        b"open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        b"taker_buy_volume,taker_buy_quote_volume,ignore",
        b"1749999600000,150.1,151.2,149.5,150.7,1234.5,1750003199999,185000.1,321,"
        b"600.1,90000.1,0",
    ),
    "SOLUSDT-aggTrades-2025-06-15.csv": (
        b"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
        b"is_buyer_maker",
        b"7001,150.12,2.5,9001,9003,1749999600123,true",
    ),
    "SOLUSDT-trades-2025-06-15.csv": (
        b"id,price,qty,quote_qty,time,is_buyer_maker",
        b"9001,150.12,2.5,375.3,1749999600123,false",
    ),
    "SOLUSDT-fundingRate-2025-06.csv": (
        b"calc_time,funding_interval_hours,last_funding_rate",
        b"1749974400003,8,0.00010000",
    ),
    "SOLUSDT-metrics-2025-06-15.csv": (
        b"create_time,symbol,sum_open_interest,sum_open_interest_value,"
        b"count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
        b"count_long_short_ratio,sum_taker_long_short_vol_ratio",
        b"2025-06-15 15:10:00,SOLUSDT,9123456.7,1371000000.5,1.5,1.2,2.1,0.98",
    ),
    "SOLUSDT-bookDepth-2025-06-15.csv": (
        b"timestamp,percentage,depth,notional",
        b"2025-06-15 15:10:08,-1.00,51234.5,7691234.5",
    ),
}


class _Lines(Target):
    # The first line says what the file is and stays as it is.
    __slots__ = ("head",)

    def payload(self, draw: random.Random) -> bytes:
        """Return the sound first line and then broken ones."""
        return self.head + b"\n" + super().payload(draw) + b"\n"


def line_targets(folder: Path) -> list[Target]:
    """Return the archives' files; a payload holds hundreds of lines."""
    lake = Lake(folder, files=25)
    found: list[Target] = []
    for name, (head, line) in _ARCHIVES.items():
        found.append(_target(name, head, line, _archives(lake), share=5.0))
    for name, (head, line) in _BINANCE.items():
        found.append(_target(name, head, line, _binance(lake, name), share=2.0))
    return found


def packed_target(folder: Path) -> Target:
    """Return an archive file of LZ4 whose packed bytes are broken."""
    import lz4.frame

    lake = Lake(folder, files=25)
    head, line = _ARCHIVES["archive books"]
    content = lz4.frame.compress(b"\n".join([head, *[line] * 5, b""]))
    if not content.startswith(LZ4_MAGIC):
        raise ValueError("the library writes another frame; expected LZ4's magic")
    return Target(
        name="archive books.lz4",
        seeds=[seed_of(content)],
        read=_archives(lake),
        share=2.0,
    )


def _target(
    name: str,
    head: bytes,
    line: bytes,
    read: Callable[[bytes], Reasons],
    *,
    share: float,
) -> Target:
    target = _Lines(
        name=name, seeds=[seed_of(line)], read=read, share=share, lines=_LINES
    )
    target.head = head
    return target


def _archives(lake: Lake) -> Callable[[bytes], Reasons]:
    def read(content: bytes) -> Reasons:
        file = lake.put("archive", content)
        done = ingest_archive(
            lake.paths, lake.parameters, file, coins=None, ingested_at=NOW
        )
        return _told(done.refused, list(done.problems.values()))

    return read


def _binance(lake: Lake, name: str) -> Callable[[bytes], Reasons]:
    def read(content: bytes) -> Reasons:
        file = lake.put(name, content)
        done = ingest_binance(lake.paths, lake.parameters, file, ingested_at=NOW)
        return _told(done.refused, list(done.problems.values()))

    return read


def _told(refused: dict[str, int], problems: list[str]) -> Reasons:
    reasons = [f"line: {why}" for why, n in refused.items() for _ in range(n)]
    return reasons + [
        f"file: {problem[:40]}" for problem in problems if _UNVERIFIED not in problem
    ]
