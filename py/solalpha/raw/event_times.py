"""When a row of a recording happened, and when its recorder had it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from solalpha.errors import DataError
from solalpha.raw.times import EpochUnit, to_moments

TIME_COLUMNS = ("time", "received_at")
# A recorder that keeps both clocks names its own one timestamp.
_VENUE_STAMP = "exchange_timestamp"
_OWN_STAMP = "timestamp"


def time_columns(
    names: list[str], mapping: Mapping[str, str], *, where: str
) -> dict[str, str]:
    """Return which of the file's columns hold ``time`` and ``received_at``.

    ``time`` is the venue's clock, ``received_at`` the recorder's and optional.
    Unless mapped they are taken by these names, or as ``exchange_timestamp`` and
    ``timestamp``; a ``timestamp`` alone is the venue's.

    Raises
    ------
    DataError
        If there is no column for ``time``.
    """
    chosen = {name: mapping[name] for name in TIME_COLUMNS if name in mapping}
    candidates = {"time": ("time", _VENUE_STAMP, _OWN_STAMP)}
    candidates["received_at"] = ("received_at", "available_at", _OWN_STAMP)
    for ours, theirs in candidates.items():
        if ours in chosen:
            continue
        taken = set(chosen.values())
        usable = [name for name in theirs if name in names and name not in taken]
        if usable:
            chosen[ours] = usable[0]
    if chosen.get("time") not in names:
        raise DataError(
            f"{where}: no column of event times; found {names[:8]}..., expected "
            f"{list(candidates['time'])} (name another with a column mapping)"
        )
    if "received_at" in mapping and mapping["received_at"] not in names:
        raise DataError(
            f"{where}: column {mapping['received_at']!r} missing; found {names[:8]}..."
        )
    return chosen


def with_times(
    rows: pl.DataFrame, *, where: str, unit: EpochUnit | None, delay_s: int
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Replace ``time`` and ``received_at`` by ``event_at`` and ``available_at``.

    What came without a receipt is available ``delay_s`` after its event; a receipt
    before the event is a clock that runs behind, and the event's time is taken.
    Rows keep their order of receipt.

    Raises
    ------
    DataError
        If a time is empty, ambiguous or no time.
    """
    event = to_moments(rows["time"], where=where, column="time", unit=unit)
    rows = rows.with_columns(event.alias("event_at")).drop("time")
    if "received_at" not in rows.columns:
        delay = timedelta(seconds=delay_s)
        return rows.with_columns(available_at=pl.col("event_at") + delay), ()
    received = to_moments(
        rows["received_at"], where=where, column="received_at", unit=None
    )
    rows = rows.with_columns(received.alias("received_at"))
    behind = rows.filter(pl.col("received_at") < pl.col("event_at")).height
    notes: tuple[str, ...] = ()
    if behind:
        notes = (
            f"{behind} rows received before their event: the recorder's clock ran "
            "behind, the event's time is taken",
        )
    return (
        rows.with_columns(available_at=pl.max_horizontal("received_at", "event_at"))
        .sort("received_at", maintain_order=True)
        .drop("received_at"),
        notes,
    )
