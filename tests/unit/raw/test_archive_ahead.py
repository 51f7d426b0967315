"""Blocks that are parsed ahead keep their order and their errors."""

from __future__ import annotations

import polars as pl
import pytest

from solalpha.errors import DataError
from solalpha.raw.archive.ahead import parsed_ahead
from solalpha.raw.parsed import Parsed


def _parse(block: bytes) -> Parsed:
    if block == b"bad":
        raise DataError("a bad block")
    return Parsed(frame=pl.DataFrame({"text": [block.decode()]}), rows_read=1)


def test_parsed_ahead_many_blocks_come_in_order() -> None:
    blocks = [str(number).encode() for number in range(50)]
    found = [one.frame.item() for one in parsed_ahead(blocks, _parse)]
    assert found == [str(number) for number in range(50)]


def test_parsed_ahead_bad_block_raises_after_those_before() -> None:
    parts = parsed_ahead([b"1", b"2", b"bad", b"3"], _parse)
    assert [next(parts).frame.item() for _ in range(2)] == ["1", "2"]
    with pytest.raises(DataError, match="a bad block"):
        next(parts)
