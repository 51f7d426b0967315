"""Defects of headlines, which carry no coin and come a few a day."""

from __future__ import annotations

import polars as pl

from solalpha.raw.sample.defects_edits import put, remove, repeat, unknown
from solalpha.raw.sample.defects_site import FAIL, WARN, Defect, Edit, stretch

_HOURS = 72.0
_LONG_HOURS = 240.0
_MOMENTS = ("event_at", "available_at", "published_at")
_LATER = {name: pl.col(name) + pl.duration(days=3650) for name in _MOMENTS}
# The same story again, a minute later and under an id of its own.
_AGAIN = {
    "headline_id": pl.col("headline_id").str.reverse(),
    **{name: pl.col(name) + pl.duration(minutes=1) for name in _MOMENTS},
}


def _headline(
    name: str,
    check: str,
    severity: str,
    told: str,
    edit: Edit,
    *,
    hours: float = _HOURS,
    count: int | None = None,
) -> Defect:
    return Defect(
        name=f"headline_{name}",
        table="headlines",
        check=f"headlines.{check}",
        severity=severity,
        told=told,
        plant=stretch("headlines", edit, hours=hours, count=count),
    )


HEADLINES: tuple[Defect, ...] = (
    _headline(
        "future",
        "time_unit",
        FAIL,
        "three headlines are published in ten years",
        put(**_LATER),
        count=3,
    ),
    _headline(
        "undated",
        "missing_values",
        FAIL,
        "three headlines have no publication time",
        put(**unknown("published_at")),
        count=3,
    ),
    _headline(
        "empty_title",
        "title",
        FAIL,
        "three titles are blank",
        put(title=pl.lit("  ")),
        count=3,
    ),
    _headline(
        "repeated",
        "repeated",
        WARN,
        "three stories stand twice under two ids",
        repeat(**_AGAIN),
        count=3,
    ),
    _headline(
        "duplicate",
        "duplicates",
        FAIL,
        "three headlines stand twice",
        repeat(),
        count=3,
    ),
    _headline("gap", "gaps", WARN, "ten days are missing", remove, hours=_LONG_HOURS),
    _headline(
        "known_early",
        "available_at",
        FAIL,
        "three headlines are known a day before they are published",
        put(available_at=pl.col("published_at") - pl.duration(days=1)),
        count=3,
    ),
)
