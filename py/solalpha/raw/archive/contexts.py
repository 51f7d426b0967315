"""Parse lines of asset contexts: a CSV of one row per coin and minute."""

from __future__ import annotations

from collections import Counter

import polars as pl

from solalpha.raw import numbers
from solalpha.raw.csv_lines import cells
from solalpha.raw.numbers import NUMBER_PATTERN
from solalpha.raw.parsed import (
    Parsed,
    available,
    is_time_ms,
    keep,
    moments_of,
    no_coin,
    wanted_only,
)
from solalpha.raw.schemas import MOMENT, MONEY, RATE

# The venue's name of a column to ours and its type.
_COLUMNS = {
    "funding": ("funding_rate", RATE),
    "open_interest": ("open_interest", MONEY),
    "day_ntl_vlm": ("day_volume_usd", MONEY),
    "premium": ("premium", RATE),
    "oracle_px": ("oracle_price", MONEY),
    "mark_px": ("mark_price", MONEY),
    "mid_px": ("mid_price", MONEY),
    "impact_bid_px": ("impact_bid_price", MONEY),
    "impact_ask_px": ("impact_ask_price", MONEY),
}
_NEEDED = ("funding", "open_interest", "oracle_px", "mark_px")


def parse(
    block: bytes, names: list[str], *, coins: frozenset[str] | None, delay_s: int
) -> Parsed:
    """Return the contexts of a block of whole lines.

    Parameters
    ----------
    names
        The file's columns, from its header.
    coins
        The wanted ones; None takes all.
    delay_s
        Seconds from a context to its first possible read.
    """
    refused: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    frame = cells(block, names, refused)
    frame = frame.filter(pl.col("time") != "time")
    height = frame.height + refused.total()
    blank_free = [
        pl.when(~pl.col(name).str.to_lowercase().is_in(["", "null", "none"]))
        .then(pl.col(name))
        .alias(name)
        for name in _COLUMNS
    ]
    frame = frame.with_columns(
        moments_of(frame["time"]).alias("event_at"),
        *blank_free,
    )
    frame = keep(frame, [no_coin("coin")], refused)
    frame = keep(wanted_only(frame, coins, left_out), _unsound(), refused)
    return Parsed(
        frame=_exact(frame, delay_s),
        rows_read=height,
        refused=refused,
        left_out=left_out,
    )


def _unsound() -> list[tuple[str, pl.Expr]]:
    in_ms = pl.col("event_at").dt.epoch("ms")
    wrong = [~pl.col(name).str.contains(NUMBER_PATTERN) for name in _COLUMNS]
    prices = ("oracle_px", "mark_px", "mid_px")
    not_above = [pl.col(name).cast(pl.Float64, strict=False) <= 0 for name in prices]
    return [
        ("time out of range", ~is_time_ms(in_ms).fill_null(False)),
        (
            "a needed number is absent",
            pl.any_horizontal([pl.col(name).is_null() for name in _NEEDED]),
        ),
        ("a cell is no number", _any(wrong)),
        ("a price is not above zero", _any(not_above)),
    ]


def _any(tests: list[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal([test.fill_null(False) for test in tests])


def _exact(frame: pl.DataFrame, delay_s: int) -> pl.DataFrame:
    renamed = frame.select(
        "coin",
        "event_at",
        *[pl.col(name).alias(ours) for name, (ours, _) in _COLUMNS.items()],
    )
    exact = numbers.exact(renamed, dict(_COLUMNS.values()))
    return (
        exact.with_columns(pl.lit(None, dtype=MOMENT).alias("received_at"))
        .with_columns(available(delay_s))
        .drop("received_at")
    )
