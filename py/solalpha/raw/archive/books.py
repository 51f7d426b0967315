"""Parse lines of recorded books, most of them many at a time.

Lines of one outline are read as a table of numbers. Every other line, and every one
with a number that a book's column does not hold as it is, is read on its own.
"""

from __future__ import annotations

from collections import Counter

import polars as pl

from solalpha.raw.archive import book_records
from solalpha.raw.archive.outlines import BookShape, book_shape, numbers, outline
from solalpha.raw.ladders import refused_levels
from solalpha.raw.numbers import UNFIT
from solalpha.raw.parsed import (
    Parsed,
    available,
    is_time_ms,
    joined,
    keep,
    moment_of_ms,
    wanted_only,
)
from solalpha.raw.schemas import BOOK_LEVELS, MONEY
from solalpha.raw.sequences import book_sequence

_HEAD = ("received", "version", "two", "nothing", "time")
_CHANNEL_DIGIT = "2"
_PLACES = MONEY.scale or 0
_MANY_PLACES = rf"\.\d{{{_PLACES + 1}}}"
# A text up to this long has no more places than the type holds.
_SHORT = _PLACES + 1
_STAMP = r"^\d{14}(\.\d{1,9})?$"


def parse(block: bytes, *, coins: frozenset[str] | None, delay_s: int) -> Parsed:
    """Return the books of a block of whole lines.

    Parameters
    ----------
    coins
        The wanted ones; None takes all.
    delay_s
        Seconds from a book to its first possible read where its line does not say.
    """
    parts = [
        _finished(frame, height, counts, coins=coins, delay_s=delay_s)
        for frame, height, counts in _frames(block)
    ]
    return joined(parts) or book_records.empty()


def _frames(block: bytes) -> list[tuple[pl.DataFrame, int, Counter[str]]]:
    # (books, lines read, refused) of the lines of each outline and of the others.
    shown = outline(block)
    count = block.count(b"\n")
    first = shown[: shown.find(b"\n") + 1]
    shape = book_shape(first[:-1])
    if shape is not None and shown == first * count:
        groups = {shape: (block, count)}
        others: list[bytes] = []
    else:
        groups, others = _grouped(block, shown)
    found = []
    for shape, (text, height) in groups.items():
        frame = _table(numbers(text), shape)
        if frame.height != height:
            others += text.splitlines()
            continue
        exact = _exact(frame, shape)
        is_odd = _is_odd(frame, exact, shape)
        if is_odd.any():
            lines = text.split(b"\n")
            others += [lines[row] for row in is_odd.arg_true()]
            exact = exact.filter(~is_odd)
        found.append((exact, exact.height, Counter[str]()))
    if others:
        found.append(book_records.read(others))
    return found


def _grouped(
    block: bytes, shown: bytes
) -> tuple[dict[BookShape, tuple[bytes, int]], list[bytes]]:
    known: dict[bytes, BookShape | None] = {}
    lines: dict[BookShape, list[bytes]] = {}
    others: list[bytes] = []
    for line, form in zip(block.split(b"\n"), shown.split(b"\n"), strict=True):
        if form not in known:
            known[form] = book_shape(form)
        shape = known[form]
        if shape is not None:
            lines.setdefault(shape, []).append(line)
        elif line.strip():
            others.append(line)
    groups = {
        shape: (b"\n".join(found) + b"\n", len(found)) for shape, found in lines.items()
    }
    return groups, others


def _table(text: bytes, shape: BookShape) -> pl.DataFrame:
    schema: dict[str, pl.DataType] = dict.fromkeys(_HEAD, pl.String())
    schema["time"] = pl.Int64()
    for side, depth in (("bid", shape.bids), ("ask", shape.asks)):
        if depth == 0:
            schema[f"no_{side}"] = pl.String()
        for level in range(1, depth + 1):
            schema[f"{side}_price_{level}"] = pl.String()
            schema[f"{side}_size_{level}"] = pl.String()
            schema[f"{side}_count_{level}"] = pl.Int32()
    return pl.read_csv(
        text, has_header=False, schema=schema, quote_char=None, ignore_errors=True
    )


def _is_odd(texts: pl.DataFrame, exact: pl.DataFrame, shape: BookShape) -> pl.Series:
    # Where a number is absent, or not exact in its column's type.
    names = _levels(shape)
    prices = [name for name in names if "_count_" not in name]
    lengths = texts.select(pl.col(prices).str.len_bytes().max())
    long = [name for name in prices if (lengths.item(0, name) or 0) > _SHORT]
    absent = [name for name in names if exact[name].null_count()]
    return texts.select(
        pl.any_horizontal(
            pl.col("two").ne_missing(_CHANNEL_DIGIT),
            ~pl.col("received").str.contains(_STAMP).fill_null(False),
            ~is_time_ms(pl.col("time")).fill_null(False),
            *[exact[name].is_null() for name in absent],
            *[pl.col(name).str.contains(_MANY_PLACES).fill_null(True) for name in long],
        ).alias("is_odd")
    ).to_series()


def _levels(shape: BookShape) -> list[str]:
    return [
        f"{side}_{kind}_{level}"
        for side, depth in (("bid", shape.bids), ("ask", shape.asks))
        for kind in ("price", "size", "count")
        for level in range(1, min(depth, BOOK_LEVELS) + 1)
    ]


def _exact(frame: pl.DataFrame, shape: BookShape) -> pl.DataFrame:
    return frame.select(
        pl.lit(shape.coin).alias("coin"),
        moment_of_ms("time").alias("event_at"),
        _receipt().alias("received_at"),
        *[
            pl.col(name).cast(pl.Int32 if "_count_" in name else MONEY, strict=False)
            for name in _levels(shape)
        ],
    )


def _receipt() -> pl.Expr:
    # The digits of the recorder's clock: 14 to the second, a point, up to 9 more.
    text = pl.col("received")
    places = (text.str.slice(15) + "000000").str.slice(0, 6)
    whole = text.str.slice(0, 14).str.to_datetime(
        "%Y%m%d%H%M%S", time_unit="us", strict=False
    )
    part = pl.duration(microseconds=places.cast(pl.Int64, strict=False))
    return whole.dt.replace_time_zone("UTC") + part


def _finished(
    frame: pl.DataFrame,
    height: int,
    refused: Counter[str],
    *,
    coins: frozenset[str] | None,
    delay_s: int,
) -> Parsed:
    left_out: Counter[str] = Counter()
    frame = wanted_only(frame, coins, left_out)
    if UNFIT not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(UNFIT))
    fits = pl.col(UNFIT).is_null()
    rules = [
        (found, bad.fill_null(False) & fits) for found, bad, _ in refused_levels(frame)
    ]
    if frame.select(pl.any_horizontal([bad for _, bad in rules]).any()).item():
        frame = keep(frame, rules, refused)
    frame = frame.with_columns(book_sequence(), available(delay_s)).drop("received_at")
    return Parsed(frame=frame, rows_read=height, refused=refused, left_out=left_out)
