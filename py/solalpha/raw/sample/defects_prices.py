"""Defects of candles and settled funding."""

from __future__ import annotations

import polars as pl

from solalpha.raw.sample.defects_edits import (
    freeze,
    moved,
    put,
    remove,
    repeat,
    times,
    turn_round,
    unknown,
)
from solalpha.raw.sample.defects_site import FAIL, WARN, Defect, Edit, stretch
from solalpha.raw.schemas import RATE

_PRICES = ("open", "high", "low", "close")
_MOMENTS = ("open_at", "event_at", "available_at")


def _candle(
    name: str,
    check: str,
    severity: str,
    told: str,
    edit: Edit,
    *,
    hours: float,
    count: int | None = None,
    is_recent: bool = False,
) -> Defect:
    return Defect(
        name=f"candle_{name}",
        table="candles",
        check=f"candles.{check}",
        severity=severity,
        told=told,
        plant=stretch("candles", edit, hours=hours, count=count, is_recent=is_recent),
    )


def _funding(
    name: str,
    check: str,
    severity: str,
    told: str,
    edit: Edit,
    *,
    hours: float,
    count: int | None = None,
) -> Defect:
    return Defect(
        name=f"funding_{name}",
        table="funding_rates",
        check=f"funding_rates.{check}",
        severity=severity,
        told=told,
        plant=stretch("funding_rates", edit, hours=hours, count=count),
    )


def _as_milliseconds(name: str) -> pl.Expr:
    # What reading epoch milliseconds as microseconds makes of a moment.
    return (pl.col(name).dt.epoch("us") // 1000).cast(pl.Datetime("us", "UTC"))


_SHIFTED = {name: pl.col(name) + pl.duration(minutes=7) for name in _MOMENTS}
_LATER = {name: pl.col(name) + pl.duration(days=3650) for name in _MOMENTS}
_EARLY = pl.col("event_at") - pl.duration(hours=1)

CANDLES: tuple[Defect, ...] = (
    _candle("gap", "gaps", WARN, "30 hours are missing", remove, hours=30),
    _candle(
        "gap_recent",
        "gaps",
        WARN,
        "12 of the last 24 hours are missing",
        remove,
        hours=12,
        is_recent=True,
    ),
    _candle(
        "duplicate",
        "duplicates",
        FAIL,
        "three candles stand twice",
        repeat(),
        hours=24,
        count=3,
    ),
    _candle(
        "unordered", "order", WARN, "a day stands last to first", turn_round, hours=24
    ),
    _candle(
        "null",
        "missing_values",
        FAIL,
        "three closes are null",
        put(**unknown("close")),
        hours=12,
        count=3,
    ),
    _candle(
        "negative_price",
        "positive",
        FAIL,
        "three lows are below zero",
        put(low=-pl.col("low")),
        hours=12,
        count=3,
    ),
    _candle(
        "high_below_low",
        "high_below_low",
        FAIL,
        "high and low of three candles are swapped",
        put(high=pl.col("low"), low=pl.col("high") + 1),
        hours=12,
        count=3,
    ),
    _candle(
        "outside_range",
        "outside_range",
        FAIL,
        "three candles close above their high",
        put(close=pl.col("high") + 1),
        hours=12,
        count=3,
    ),
    _candle(
        "outlier",
        "outliers",
        WARN,
        "one candle stands 40 % too high",
        put(**times(1.4, *_PRICES)),
        hours=12,
        count=1,
    ),
    _candle(
        "zero_volume",
        "zero_volume",
        WARN,
        "half a day has no volume",
        put(volume=pl.lit(0)),
        hours=12,
    ),
    _candle(
        "price_scale",
        "unit",
        FAIL,
        "two days have prices 1,000 times too high",
        put(**times(1e3, *_PRICES)),
        hours=48,
    ),
    _candle(
        "volume_scale",
        "volume_unit",
        WARN,
        "two days have volumes 1,000 times too high",
        put(**times(1e3, "volume")),
        hours=48,
    ),
    _candle(
        "time_in_ms",
        "time_unit",
        FAIL,
        "milliseconds read as microseconds: the year 1970",
        put(**{name: _as_milliseconds(name) for name in _MOMENTS}),
        hours=12,
    ),
    _candle(
        "future",
        "time_unit",
        FAIL,
        "three candles lie ten years ahead",
        put(**_LATER),
        hours=12,
        count=3,
    ),
    _candle(
        "frozen",
        "frozen",
        WARN,
        "two days repeat one candle's prices",
        freeze(*_PRICES),
        hours=48,
    ),
    _candle(
        "wrong_interval",
        "interval",
        FAIL,
        "candles called 1h say that they last 300 s",
        put(interval_s=pl.lit(300)),
        hours=12,
    ),
    _candle(
        "off_grid",
        "grid",
        FAIL,
        "half a day opens seven minutes past the hour",
        put(**_SHIFTED),
        hours=12,
    ),
    _candle(
        "known_early",
        "available_at",
        FAIL,
        "half a day claims to be known an hour before it closed",
        put(available_at=_EARLY),
        hours=12,
    ),
)

FUNDING: tuple[Defect, ...] = (
    _funding("gap", "gaps", WARN, "six settlements are missing", remove, hours=6),
    _funding(
        "percent",
        "unit",
        FAIL,
        "two days are in percent",
        put(**times(100.0, "funding_rate", dtype=RATE)),
        hours=48,
    ),
    _funding(
        "duplicate",
        "duplicates",
        FAIL,
        "three rates stand twice",
        repeat(),
        hours=24,
        count=3,
    ),
    _funding(
        "outlier",
        "outliers",
        WARN,
        "one rate is 2 % an hour",
        put(funding_rate=pl.lit(0.02).cast(RATE)),
        hours=12,
        count=1,
    ),
    _funding(
        "interval",
        "interval",
        FAIL,
        "hourly settlements claim to charge for eight hours",
        put(interval_hours=pl.lit(8)),
        hours=24,
    ),
    _funding(
        "null",
        "missing_values",
        FAIL,
        "three rates are null",
        put(**unknown("funding_rate")),
        hours=12,
        count=3,
    ),
    _funding(
        "off_hour",
        "on_the_hour",
        WARN,
        "two days settle 25 minutes past the hour",
        put(**moved(pl.duration(minutes=25))),
        hours=48,
    ),
)
