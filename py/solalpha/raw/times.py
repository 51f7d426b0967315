"""Turn a column of times into microseconds UTC, refusing what is ambiguous."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import polars as pl

from solalpha.errors import DataError
from solalpha.raw.schemas import MOMENT

EpochUnit = Literal["s", "ms", "us", "ns"]

EPOCH_UNITS: dict[EpochUnit, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# The first block of the first chain, and a bound that no record of ours reaches;
# the ranges of the four units do not touch.
EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_INTEGER = r"^\s*[+-]?[0-9]+(\.0*)?\s*$"
_DECIMAL = r"^\s*([0-9]+)(?:\.([0-9]*))?\s*$"


def to_moments(
    values: pl.Series, *, where: str, column: str, unit: EpochUnit | None
) -> pl.Series:
    """Return ``values`` as aware microseconds.

    Parameters
    ----------
    values
        Times with or without a zone (then UTC), dates, ISO 8601 text, or epoch
        numbers, all in one unit.
    unit
        The unit that epoch numbers must have; None takes the one unit that puts
        the first of them between 2009 and 2100.

    Raises
    ------
    DataError
        If a value is absent, no time, or of another unit than the others; row 1
        is the first row of data.
    """
    blank = values.is_null()
    if values.dtype == pl.String:
        blank |= values.str.strip_chars().str.len_chars() == 0
    if blank.any():
        raise DataError(
            f"{where}: {column} is empty in row {_first(blank)}; expected a time"
        )
    moments = _moments(values, where, column, unit)
    early = (moments < EARLIEST) | (moments >= LATEST)
    if early.any():
        row = _first(early)
        raise DataError(
            f"{where}: {column} in row {row} is {values[row - 1]} = "
            f"{moments[row - 1]}; expected a time between 2009 and 2100"
        )
    return moments.alias(column)


def _moments(
    values: pl.Series, where: str, column: str, unit: EpochUnit | None
) -> pl.Series:
    if isinstance(values.dtype, pl.Datetime):
        aware = (
            values.dt.replace_time_zone("UTC")
            if values.dtype.time_zone is None
            else values.dt.convert_time_zone("UTC")
        )
        return aware.cast(MOMENT)
    if values.dtype == pl.Date:
        return values.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if values.dtype.is_numeric():
        return _from_epoch(values, where, column, unit)
    if values.dtype != pl.String:
        raise DataError(
            f"{where}: {column} is {values.dtype}; expected a timestamp, ISO 8601 "
            "text or an epoch number"
        )
    if values.str.contains(_INTEGER).all():
        numbers = values.str.strip_chars().str.replace(r"\.0*$", "")
        wide = numbers.cast(pl.Int64, strict=False)
        return _from_epoch(wide.fill_null(0), where, column, unit)
    if values.str.contains(_DECIMAL).all():
        return _from_decimals(values, where, column, unit)
    return _from_text(values, where, column)


def _from_epoch(
    values: pl.Series, where: str, column: str, unit: EpochUnit | None
) -> pl.Series:
    expected = unit or _unit_of(float(values[0]))
    low, high = EARLIEST.timestamp(), LATEST.timestamp()
    factor = EPOCH_UNITS[expected] if expected else 1
    wrong = ~values.is_between(low * factor, high * factor, closed="left")
    if expected is None or wrong.any():
        row = _first(wrong) if expected else 1
        found = values[row - 1]
        guess = _unit_of(float(found))
        raise DataError(
            f"{where}: {column} in row {row} is {found}"
            f"{f' (epoch {guess})' if guess else ''}; expected epoch "
            f"{expected or 's, ms, us or ns'} between 2009 and 2100"
        )
    return _to_us(values, factor)


def _from_decimals(
    values: pl.Series, where: str, column: str, unit: EpochUnit | None
) -> pl.Series:
    # Whole and decimal part apart: a float would lose the last microsecond.
    whole = values.str.extract(_DECIMAL, 1).cast(pl.Int64, strict=False).fill_null(0)
    moments = _from_epoch(whole, where, column, unit)
    factor = EPOCH_UNITS[unit or _unit_of(float(whole[0])) or "s"]
    places = {1: 6, 10**3: 3}.get(factor, 0)
    if not places:
        return moments
    part = values.str.extract(_DECIMAL, 2).fill_null("") + "0" * places
    extra = part.str.slice(0, places).cast(pl.Int64).cast(pl.Duration("us"))
    return moments + extra


def _to_us(values: pl.Series, factor: int) -> pl.Series:
    if values.dtype.is_integer():
        whole = values.cast(pl.Int64)
        us = whole * (10**6 // factor) if factor <= 10**6 else whole // 1000
    else:
        us = (values.cast(pl.Float64) * (10**6 / factor)).round().cast(pl.Int64)
    return us.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _unit_of(value: float) -> EpochUnit | None:
    for unit, factor in EPOCH_UNITS.items():
        if EARLIEST.timestamp() * factor <= value < LATEST.timestamp() * factor:
            return unit
    return None


def _from_text(values: pl.Series, where: str, column: str) -> pl.Series:
    moments: list[datetime] = []
    for row, text in enumerate(values, start=1):
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError as error:
            raise DataError(
                f"{where}: {column} in row {row} is {text!r}; expected ISO 8601, "
                "e.g. 2025-07-01T12:00:00Z, or an epoch number"
            ) from error
        moments.append(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))
    return pl.Series(column, moments, dtype=MOMENT)


def _first(mask: pl.Series) -> int:
    return (mask.fill_null(True).arg_max() or 0) + 1
