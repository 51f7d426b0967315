"""What parsers of downloaded files give: rows of a raw table, and the refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from solalpha.raw.times import EARLIEST, LATEST
from solalpha.raw.validation import COIN_PATTERN

EARLIEST_MS = int(EARLIEST.timestamp()) * 1000
LATEST_MS = int(LATEST.timestamp()) * 1000
# A receipt later than this is a file written anew, not a recorder's clock.
_LONGEST_LAG = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Rows of one block of lines.

    Attributes
    ----------
    frame
        The table's columns but source, origin and ingest_id.
    rows_read
        Records in the block; = frame + refused + left_out.
    refused, left_out
        Reason to count: what no table may hold; what is sound and not wanted.
    kept
        What to know about rows that are in ``frame``, to their count.
    """

    frame: pl.DataFrame
    rows_read: int
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)


def joined(parts: Iterable[Parsed]) -> Parsed | None:
    """Return the parts as one; None if there is none."""
    found = list(parts)
    if not found:
        return None
    refused: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for part in found:
        refused.update(part.refused)
        left_out.update(part.left_out)
        kept.update(part.kept)
    frames = [part.frame for part in found if part.frame.height]
    return Parsed(
        frame=pl.concat(frames, how="diagonal") if frames else found[0].frame,
        rows_read=sum(part.rows_read for part in found),
        refused=refused,
        left_out=left_out,
        kept=kept,
    )


def wanted_only(
    frame: pl.DataFrame, coins: frozenset[str] | None, left_out: Counter[str]
) -> pl.DataFrame:
    """Return the rows of the wanted coins, all if None, and count the others."""
    if coins is None:
        return frame
    wanted = frame.filter(pl.col("coin").is_in(coins))
    if others := frame.height - wanted.height:
        left_out["another coin"] += others
    return wanted


def keep(
    frame: pl.DataFrame, rules: Iterable[tuple[str, pl.Expr]], counts: Counter[str]
) -> pl.DataFrame:
    """Return the rows that no rule holds for and count the others by first reason."""
    for reason, bad in rules:
        mask = frame.select(bad.fill_null(True).alias("bad")).get_column("bad")
        if found := int(mask.sum()):
            counts[reason] += found
            frame = frame.filter(~mask)
    return frame


def no_coin(name: str) -> tuple[str, pl.Expr]:
    """Return the rule that refuses what may not name a coin's folder."""
    text = pl.col(name)
    is_coin = text.str.contains(COIN_PATTERN) & ~text.str.contains("..", literal=True)
    return ("no coin's name", ~is_coin)


def is_time_ms(number: pl.Expr) -> pl.Expr:
    """Return where the epoch number in ms lies between 2009 and 2100."""
    return number.is_between(EARLIEST_MS, LATEST_MS, closed="left")


def moment_of_ms(name: str) -> pl.Expr:
    """Return the epoch milliseconds of ``name`` as UTC."""
    stamp = pl.from_epoch(name, time_unit="ms").cast(pl.Datetime("us"))
    return stamp.dt.replace_time_zone("UTC")


def available(delay_s: int) -> pl.Expr:
    """Return ``available_at`` from event_at and received_at.

    The receipt counts where it is within ten minutes after the event, else the
    declared delay of ``delay_s`` seconds does.
    """
    event, received = pl.col("event_at"), pl.col("received_at")
    lag = received - event
    is_plausible = (lag >= timedelta(0)) & (lag <= _LONGEST_LAG)
    return (
        pl.when(is_plausible.fill_null(False))
        .then(received)
        .otherwise(event + timedelta(seconds=delay_s))
        .alias("available_at")
    )


def moments_of(texts: pl.Series) -> pl.Series:
    """Return ISO 8601 texts without zone, or ending in Z, as UTC; null where wrong.

    Places after the microsecond are cut off.
    """
    form = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z?$"
    frame = texts.to_frame("text").select(
        day=pl.col("text").str.extract(form, 1),
        clock=pl.col("text").str.extract(form, 2),
        part=(pl.col("text").str.extract(form, 3).fill_null("") + "000000")
        .str.slice(0, 6)
        .cast(pl.Int64, strict=False),
    )
    return frame.select(
        (
            (pl.col("day") + pl.lit("T") + pl.col("clock"))
            .str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
            .dt.replace_time_zone("UTC")
            + pl.duration(microseconds="part")
        ).alias(texts.name)
    ).to_series()
