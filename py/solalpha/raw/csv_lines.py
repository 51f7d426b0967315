"""Split blocks of CSV lines into cells of text; a line that has not as many counts."""

from __future__ import annotations

from collections import Counter

import polars as pl

# A byte that no line of text holds, so that a line is one cell.
_NEVER = "\x01"


def cells(block: bytes, names: list[str], refused: Counter[str]) -> pl.DataFrame:
    """Return one row per line under ``names``, all text; blank lines are no lines.

    Cells hold no quotes and no commas. What is refused is counted by its reason.
    """
    lines = _lines(block, refused)
    fields = pl.col("line").str.count_matches(",", literal=True) + 1
    is_whole = lines.select(fields == len(names)).to_series()
    if wrong := int((~is_whole).sum()):
        refused["fields are not as many as columns"] += wrong
        lines = lines.filter(is_whole)
    parts = pl.col("line").str.split_exact(",", len(names) - 1)
    return lines.select(parts.struct.rename_fields(names)).unnest("line")


def _lines(block: bytes, refused: Counter[str]) -> pl.DataFrame:
    text = block.replace(b"\r\n", b"\n").lstrip(b"\xef\xbb\xbf")
    try:
        text.decode("utf-8")
        is_plain = _NEVER.encode() not in text
    except UnicodeDecodeError:
        is_plain = False
    frame = _split(text) if is_plain else _one_by_one(text, refused)
    return frame.filter(pl.col("line").str.strip_chars().str.len_bytes() > 0)


def _split(text: bytes) -> pl.DataFrame:
    schema = {"line": pl.String}
    if not text.strip():
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        text, has_header=False, separator=_NEVER, quote_char=None, schema=schema
    )


def _one_by_one(text: bytes, refused: Counter[str]) -> pl.DataFrame:
    lines: list[str] = []
    for line in text.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            refused["not UTF-8"] += 1
    return pl.DataFrame({"line": lines}, schema={"line": pl.String})
