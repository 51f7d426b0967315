"""Targets that are whole files: tables of rows, mapping files, parquet."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from tests.faults.fuzz_mutations import seed_of
from tests.faults.fuzz_targets import COIN, NOW, Lake, Reasons, Target

from solalpha.raw.books_file import ingest_books
from solalpha.raw.files import ingest_candles, ingest_funding, ingest_headlines
from solalpha.raw.lakehouse import adopt
from solalpha.raw.mapping import read_mapping
from solalpha.raw.summary import IngestSummary
from solalpha.raw.trades_file import ingest_trades

_HOUR = 3_600_000
_T = 1_750_000_000_000 - 1_750_000_000_000 % _HOUR
_ROWS = 6

_CANDLES = [
    {
        "open_time": _T + k * _HOUR,
        "open": "150.1",
        "high": "151.25",
        "low": "149.5",
        "close": "150.75",
        "volume": "1234.5",
        "trade_count": 321,
    }
    for k in range(_ROWS)
]
_FUNDING = [
    {"time": _T + k * _HOUR + 37, "funding_rate": "0.0000125", "premium": "-0.0003"}
    for k in range(_ROWS)
]
_HEADLINES = [
    {
        "published_at": f"2025-06-1{k}T08:30:00Z",
        "title": f"Solana falls {k} %, validators say",
        "source": "Example Wire",
        "url": f"https://example.org/{k}",
        "votes": '{"positive": 3}',
    }
    for k in range(_ROWS)
]
_TRADES = [
    {
        "time": _T + k,
        "price": f"150.{k}",
        "size": "2.5",
        "side": ("buy", "sell")[k % 2],
        "trade_id": 1_000 + k,
    }
    for k in range(_ROWS)
]
_BOOKS = [
    {
        "time": _T + 600 * k,
        "sequence": 7_000 + k,
        **{
            f"{side}_{kind}_{level}": value
            for level in range(1, 4)
            for side, kind, value in (
                ("bid", "price", f"{150 - level / 100:.2f}"),
                ("ask", "price", f"{150 + level / 100:.2f}"),
                ("bid", "size", f"{level}.5"),
                ("ask", "size", f"{level}.25"),
            )
        },
    }
    for k in range(3)
]
_MAPPING = b"""\
columns:
  best_bid: bid
  best_ask: ask
  spread_bps: "spread_in_bps"
timestamp:
  column: ts
  unit: ms
  time_zone: UTC
scales:
  spread_bps: 10000
  bid_volume_5: 0.001
"""


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    head = ",".join(rows[0])
    lines = [
        ",".join('"' + v + '"' if "," in (v := str(c)) else v for c in row.values())
        for row in rows
    ]
    return "\n".join([head, *lines, ""]).encode()


def _json(rows: Sequence[dict[str, Any]]) -> bytes:
    return pl.DataFrame(list(rows)).write_json().encode()


def _lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return pl.DataFrame(list(rows)).write_ndjson().encode()


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(list(rows)).write_parquet(stream)
    return stream.getvalue()


_FORMS: dict[str, Callable[[Sequence[dict[str, Any]]], bytes]] = {
    "csv": _csv,
    "json": _json,
    "ndjson": _lines,
    "parquet": _parquet,
}


def file_targets(folder: Path) -> list[Target]:
    """Return the files of rows, in each form, and the lakehouse's two files."""
    lake = Lake(folder, files=40)
    calls: dict[str, tuple[Sequence[dict[str, Any]], Callable[..., IngestSummary]]] = {
        "candles": (_CANDLES, partial(ingest_candles, coin=COIN, interval="1h")),
        "funding": (_FUNDING, partial(ingest_funding, coin=COIN)),
        "headlines": (_HEADLINES, ingest_headlines),
        "trades": (_TRADES, partial(ingest_trades, coin=COIN)),
        "books": (_BOOKS, partial(ingest_books, coin=COIN)),
    }
    found = [
        Target(
            name=f"{name}.{form}",
            seeds=[seed_of(make(rows))],
            read=_ingested(lake, f"{name}.{form}", ingest),
            share=1.0,
        )
        for name, (rows, ingest) in calls.items()
        for form, make in _FORMS.items()
    ]
    return [*found, _mapping_target(lake), _lakehouse_target(lake)]


def _ingested(
    lake: Lake, name: str, ingest: Callable[..., IngestSummary]
) -> Callable[[bytes], Reasons]:
    def read(content: bytes) -> Reasons:
        file = lake.put(name, content)
        ingest(lake.paths, lake.parameters, file, ingested_at=NOW)
        return []

    return read


def _mapping_target(lake: Lake) -> Target:
    def read(content: bytes) -> Reasons:
        read_mapping(lake.put("mapping.yml", content))
        return []

    return Target(name="mapping.yml", seeds=[seed_of(_MAPPING)], read=read, share=3.0)


def _lakehouse_target(lake: Lake) -> Target:
    rows = [
        {"timestamp": _T + 1_000 * k, "best_bid": 150.0 - k, "best_ask": 150.5 + k}
        for k in range(20)
    ]

    def read(content: bytes) -> Reasons:
        place = f"consolidated/{COIN}/year=2025/month=06/part.parquet"
        file = lake.put(f"lakehouse/{place}", content)
        directory = file.parents[4]
        adopt(lake.paths, lake.parameters, directory, None, ingested_at=NOW)
        return []

    seeds = [seed_of(_parquet(rows))]
    return Target(name="lakehouse.parquet", seeds=seeds, read=read, share=1.0)
