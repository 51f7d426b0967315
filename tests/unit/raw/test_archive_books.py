from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.unit.raw.archive_lines import AT, book

from solalpha.raw.archive import book_records, books
from solalpha.raw.archive.lines import LONGEST_LINE_BYTES, LineReader
from solalpha.raw.archive.outlines import book_shape, outline
from solalpha.raw.parsed import Parsed


def parsed(lines: list[str]) -> Parsed:
    block = "".join(f"{line}\n" for line in lines).encode()
    return books.parse(block, coins=None, delay_s=1)


def one_by_one(lines: list[str]) -> Parsed:
    frame, height, refused = book_records.read([line.encode() for line in lines])
    return books._finished(frame, height, refused, coins=None, delay_s=1)


def same(fast: Parsed, slow: Parsed) -> None:
    assert (fast.rows_read, fast.refused) == (slow.rows_read, slow.refused)
    assert_frame_equal(
        books_of(fast), books_of(slow), check_column_order=False, check_row_order=True
    )


def books_of(found: Parsed) -> pl.DataFrame:
    wide = found.frame
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in book_records.empty().frame.schema.items()
        if name not in wide.columns and name != "received_at"
    ]
    names = [n for n in book_records.empty().frame.columns if n != "received_at"]
    return (
        wide.with_columns(missing)
        .select([*names, "sequence", "available_at"])
        .sort("event_at", "bid_price_1", "ask_price_1")
    )


def test_outline_shows_every_number_as_one_zero() -> None:
    assert outline(b'{"px":"110.5","n":12}\n') == b'{"px":"0","n":0}\n'
    long = b"1" * 300_000 + b"x" + b"2.5" * 100_000
    assert outline(long) == b"0x0"


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_whole_books_are_read_together(separators: tuple[str, str]) -> None:
    line = book(AT, separators=separators)
    shape = book_shape(outline(line.encode()))
    assert shape is not None
    assert (shape.coin, shape.bids, shape.asks) == ("SOL", 20, 20)


def test_both_ways_of_reading_give_the_same_books() -> None:
    lines = [
        book(AT + timedelta(seconds=n), depth=depth, coin=coin, first=f"100.{n:02d}")
        for n, (depth, coin) in enumerate(
            [(20, "SOL"), (20, "SOL"), (3, "SOL"), (0, "SOL"), (25, "BTC"), (20, "k1")]
        )
    ]
    same(parsed(lines), one_by_one(lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"px":"100.25"', '"p5x":"100.25"'),
        ('"px":"100.25"', '"px5":"100.25"'),
        ('"n":3', '"n"5:3'),
        ('"n":3', '5"n":3'),
        ('"100.25"', '"100.25"5'),
        ('"100.25"', '""'),
        ('"100.25"', '"."'),
        ('"100.25"', '"1.0.25"'),
        ('"n":3', '"n":3.5'),
        ('"n":3', '"n":99999999999'),
        ("l2Book", "l3Book"),
        ("l2Book", "lBook"),
        ('"SOL"', '"S1OL"'),
        ('"100.25"', '"100.250000001"'),
        ('"100.25"', '"1e2"'),
        ('"100.25"', '"12345678901.5"'),
        ('"100.25"', "100.25"),
        ("2024-03", "2024-033"),
        ("2024-03", "2024-19"),
    ],
)
def test_digit_in_a_wrong_place_is_never_read_as_a_number(old: str, new: str) -> None:
    good = book(AT)
    bad = book(AT + timedelta(seconds=1)).replace(old, new, 1)
    lines = [good, bad, good]
    same(parsed(lines), one_by_one(lines))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_mutated_lines_are_read_as_one_by_one(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test
    lines = []
    for n in range(3):
        text = list(book(AT + timedelta(seconds=n), depth=2))
        for _ in range(draw.randint(0, 2)):
            place = draw.randrange(len(text))
            text[place] = draw.choice(
                ["", "0", "9", ".", "-", '"', ":", "}", "p", " 1"]
            )
        lines.append("".join(text))
    same(parsed(lines), one_by_one(lines))


def test_number_beyond_the_type_is_kept_as_text() -> None:
    found = parsed([book(AT, first="100.123456789")]).frame.row(0, named=True)
    assert found["bid_price_1"] is None
    assert json.loads(found["unfit_values"]) == {"bid_price_1": "100.123456789"}
    assert found["ask_price_1"] == Decimal(101)


def test_crossed_book_is_kept_for_the_data_check() -> None:
    found = parsed([book(AT, first="103")])
    assert (found.frame.height, found.refused) == (1, Counter())


def test_line_without_end_is_skipped_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "long"
    file.write_bytes(b"first\n" + b"x" * (LONGEST_LINE_BYTES + 200_000) + b"\nlast\n")
    reader = LineReader(path=file)
    assert b"".join(reader.blocks()) == b"first\nlast\n"
    assert (reader.too_long, reader.has_cut_line, reader.damage) == (1, False, None)
