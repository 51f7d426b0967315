"""The timed sides of the archive's benchmark: lines of books, LZ4, to parquet.

All sides give the same rows: event and receipt, 20 levels a side, exact decimals.
Ours refuses what no book may hold besides; the loops check nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import lz4.frame
import numpy as np
import polars as pl

from solalpha.raw.schemas import BOOK_LEVELS

ARCHIVE_LINES = 30_000
_START = datetime(2025, 4, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONEY = pl.Decimal(18, 8)
_MOMENT = pl.Datetime("us", "UTC")
_SIDES = ("bid", "ask")
Facts = dict[str, Any]
Rows = Callable[[Path], pl.DataFrame]


def make_archive(folder: Path, lines: int) -> None:
    """Write ``lines`` books in the archive's form, half a second apart."""
    rng = np.random.default_rng(11)
    ticks = 15_000 + np.cumsum(rng.integers(-1, 2, lines))
    sizes = np.round(rng.lognormal(5, 1.5, (lines, 2, BOOK_LEVELS)), 2)
    counts = rng.integers(1, 30, (lines, 2, BOOK_LEVELS))
    with lz4.frame.open(folder / "SOL.lz4", "wb") as stream:
        for row in range(lines):
            at = _START + timedelta(milliseconds=550 * row)
            line = _line(at, int(ticks[row]), sizes[row], counts[row])
            stream.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


def _line(at: datetime, tick: int, sizes: np.ndarray, counts: np.ndarray) -> Facts:
    levels = [
        [
            {
                "px": f"{(tick + sign * (place + 1)) / 100:.2f}".rstrip("0"),
                "sz": f"{sizes[side, place]:.2f}",
                "n": int(counts[side, place]),
            }
            for place in range(BOOK_LEVELS)
        ]
        for side, sign in ((0, -1), (1, 1))
    ]
    received = at + timedelta(microseconds=1_700_123)
    data = {"coin": "SOL", "time": _ms(at), "levels": levels}
    return {
        "time": received.strftime("%Y-%m-%dT%H:%M:%S.%f") + "170",
        "ver_num": 1,
        "raw": {"channel": "l2Book", "data": data},
    }


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def archive_ours(folder: Path) -> Facts:
    """Read the file as ``ingest archive`` does."""
    from solalpha.raw.archive import books
    from solalpha.raw.archive.lines import LineReader

    def rows(file: Path) -> pl.DataFrame:
        blocks = LineReader(path=file).blocks()
        return pl.concat(
            [books.parse(block, coins=None, delay_s=1).frame for block in blocks]
        )

    return _timed(folder, rows, "ours")


def archive_loop(folder: Path) -> Facts:
    """Load each line with json and make its decimals one by one."""
    return _timed(folder, _loop_of_decimals, "peer")


def archive_lean(folder: Path) -> Facts:
    """Load each line with json, gather texts, and let Polars cast them at the end."""
    return _timed(folder, _loop_of_texts, "peer")


def _timed(folder: Path, rows: Rows, name: str) -> Facts:
    target = folder / f"{name}.parquet"
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    rows(folder / "SOL.lz4").write_parquet(target, compression="zstd", statistics=True)
    seconds = time.perf_counter() - started
    if name != "ours":
        _require_same(folder)
    return {"seconds": seconds}


def _require_same(folder: Path) -> None:
    peer = pl.read_parquet(folder / "peer.parquet")
    ours = pl.read_parquet(folder / "ours.parquet").select(peer.columns)
    if not ours.equals(peer) or ours.schema != peer.schema:
        raise SystemExit("error: the archive's sides gave different rows")


def _records(file: Path) -> Iterator[Facts]:
    with lz4.frame.open(file, "rb") as stream:
        for line in stream:
            yield json.loads(line)


def _loop_of_decimals(file: Path) -> pl.DataFrame:
    found: list[Facts] = []
    for record in _records(file):
        data = record["raw"]["data"]
        row: Facts = {
            "coin": data["coin"],
            "event_at": _EPOCH + timedelta(milliseconds=data["time"]),
            "available_at": datetime.fromisoformat(record["time"][:26]).replace(
                tzinfo=UTC
            ),
        }
        for side, levels in zip(_SIDES, data["levels"], strict=True):
            for place, level in enumerate(levels, start=1):
                row[f"{side}_price_{place}"] = Decimal(level["px"])
                row[f"{side}_size_{place}"] = Decimal(level["sz"])
                row[f"{side}_count_{place}"] = level["n"]
        found.append(row)
    return pl.DataFrame(found, schema=_schema(_MONEY))


def _loop_of_texts(file: Path) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {name: [] for name in _schema(_MONEY)}
    for record in _records(file):
        data = record["raw"]["data"]
        columns["coin"].append(data["coin"])
        columns["event_at"].append(data["time"])
        columns["available_at"].append(record["time"][:26])
        for side, levels in zip(_SIDES, data["levels"], strict=True):
            for place, level in enumerate(levels, start=1):
                columns[f"{side}_price_{place}"].append(level["px"])
                columns[f"{side}_size_{place}"].append(level["sz"])
                columns[f"{side}_count_{place}"].append(level["n"])
    frame = pl.DataFrame(columns)
    money = [name for name, dtype in _schema(_MONEY).items() if dtype == _MONEY]
    return frame.with_columns(
        pl.col(money).cast(_MONEY),
        pl.col("^.*_count_.*$").cast(pl.Int32),
        pl.from_epoch("event_at", time_unit="ms")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC"),
        pl.col("available_at").str.to_datetime(time_unit="us", time_zone="UTC"),
    )


def _schema(money: pl.DataType) -> dict[str, pl.DataType]:
    schema: dict[str, pl.DataType] = {
        "coin": pl.String(),
        "event_at": _MOMENT,
        "available_at": _MOMENT,
    }
    for side in _SIDES:
        for place in range(1, BOOK_LEVELS + 1):
            schema[f"{side}_price_{place}"] = money
            schema[f"{side}_size_{place}"] = money
            schema[f"{side}_count_{place}"] = pl.Int32()
    return schema
