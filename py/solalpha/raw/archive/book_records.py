"""Parse a book's line on its own, with the reason if it is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import polars as pl

from solalpha.errors import DataError
from solalpha.raw import numbers
from solalpha.raw.parsed import (
    EARLIEST_MS,
    LATEST_MS,
    Parsed,
    moment_of_ms,
    moments_of,
)
from solalpha.raw.schemas import BOOK_LEVELS, MONEY
from solalpha.raw.validation import is_coin

_LARGEST_COUNT = 2**31
_SIDES = ("bid", "ask")


class RefusedLineError(DataError):
    """Say why a line is refused; never leaves this package."""


def read(lines: list[bytes]) -> tuple[pl.DataFrame, int, Counter[str]]:
    """Return the books of ``lines``, how many lines there were, and the refused."""
    refused: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for line in lines:
        try:
            rows.append(_row(line))
        except RefusedLineError as reason:
            refused[str(reason)] += 1
    return _frame(rows), len(lines), refused


def empty() -> Parsed:
    """Return no books."""
    return Parsed(frame=_frame([]), rows_read=0)


def _row(line: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise RefusedLineError("not JSON") from error
    raw = record.get("raw") if isinstance(record, dict) else None
    data = raw.get("data") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or raw.get("channel") != "l2Book":
        raise RefusedLineError("not a line of books")
    if not isinstance(data, dict):
        raise RefusedLineError("no book in the line")
    row: dict[str, Any] = {
        "coin": _coin(data.get("coin")),
        "time": time_ms(data.get("time")),
        "received": record["time"] if isinstance(record.get("time"), str) else None,
    }
    levels = data.get("levels")
    if not isinstance(levels, list) or len(levels) != len(_SIDES):
        raise RefusedLineError("levels are not two lists")
    for side, ladder in zip(_SIDES, levels, strict=True):
        if not isinstance(ladder, list):
            raise RefusedLineError("levels are not two lists")
        for place, level in enumerate(ladder[:BOOK_LEVELS], start=1):
            if not isinstance(level, dict):
                raise RefusedLineError("a level is no object")
            row[f"{side}_price_{place}"] = _number(level.get("px"))
            row[f"{side}_size_{place}"] = _number(level.get("sz"))
            row[f"{side}_count_{place}"] = _whole(
                level.get("n"), _LARGEST_COUNT, "a count is no whole number"
            )
    return row


def time_ms(value: object) -> int:
    """Return ``value`` if it is a time of ours in milliseconds.

    Raises
    ------
    RefusedLineError
        If it is not.
    """
    if type(value) is not int:
        raise RefusedLineError("time is no whole number")
    if not EARLIEST_MS <= value < LATEST_MS:
        raise RefusedLineError("time out of range")
    return value


def _coin(value: object) -> str:
    if not isinstance(value, str) or not is_coin(value):
        raise RefusedLineError("no coin's name")
    return value


def _whole(value: object, limit: int, reason: str) -> int:
    if type(value) is not int or not 0 <= value < limit:
        raise RefusedLineError(reason)
    return value


def _number(value: object) -> str:
    if not isinstance(value, str) or not numbers.is_number(value):
        raise RefusedLineError("a price or size is no number in text")
    return value


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    texts = [
        f"{side}_{kind}_{level}"
        for side in _SIDES
        for kind in ("price", "size")
        for level in range(1, BOOK_LEVELS + 1)
    ]
    counts = [
        f"{side}_count_{level}"
        for side in _SIDES
        for level in range(1, BOOK_LEVELS + 1)
    ]
    schema: dict[str, Any] = {
        "coin": pl.String,
        "time": pl.Int64,
        "received": pl.String,
    }
    schema |= dict.fromkeys(texts, pl.String) | dict.fromkeys(counts, pl.Int32)
    frame = pl.DataFrame(rows, schema=schema)
    exact = numbers.exact(frame, dict.fromkeys(texts, MONEY))
    return exact.with_columns(
        moment_of_ms("time").alias("event_at"),
        moments_of(exact["received"]).alias("received_at"),
    ).drop("time", "received")
