"""Check the cells of a file row by row, vectorised; row 1 is the first of data."""

from __future__ import annotations

import polars as pl

from solalpha.errors import DataError
from solalpha.raw.numbers import NUMBER_PATTERN


def to_floats(
    frame: pl.DataFrame, columns: tuple[str, ...], *, where: str
) -> pl.DataFrame:
    """Return the named columns as floats, for checks only; the digits stay.

    Raises
    ------
    DataError
        If a cell is empty, no number, or not finite.
    """
    return frame.select([_floats(frame[name], where) for name in columns])


def check_optional(frame: pl.DataFrame, name: str, *, where: str) -> pl.DataFrame:
    """Return ``frame`` with the blank cells of ``name`` null, if it has the column.

    Raises
    ------
    DataError
        If a cell that is not blank is no finite number.
    """
    if name not in frame.columns:
        return frame
    values = frame[name]
    if values.dtype == pl.String:
        text = pl.col(name).str.strip_chars()
        frame = frame.with_columns(pl.when(text.str.len_chars() > 0).then(text))
    elif values.dtype.is_float():
        frame = frame.with_columns(pl.col(name).fill_nan(None))
    _floats(frame[name].fill_null("0" if values.dtype == pl.String else 0), where)
    return frame


def refuse_rows(
    frame: pl.DataFrame, bad: pl.Expr, *, where: str, found: str, expected: str
) -> None:
    """Refuse the file if ``bad`` holds in any row of ``frame``.

    Raises
    ------
    DataError
        Naming the first such row with its values and how many there are.
    """
    mask = frame.select(bad.fill_null(False).alias("bad")).get_column("bad")
    if not mask.any():
        return
    row = mask.arg_max() or 0
    values = ", ".join(f"{k}={v}" for k, v in frame.row(row, named=True).items())
    raise DataError(
        f"{where}: {found} in row {row + 1} ({values}), {mask.sum()} rows in all; "
        f"expected {expected}"
    )


def drop_repeats(
    frame: pl.DataFrame, key: tuple[str, ...], *, where: str
) -> pl.DataFrame:
    """Return ``frame`` without exact repeats of a row.

    Raises
    ------
    DataError
        If two rows share ``key`` and differ otherwise.
    """
    distinct = frame.unique(maintain_order=True)
    clashing = distinct.select(key).is_duplicated()
    if clashing.any():
        first = distinct.filter(clashing).select(key).row(0, named=True)
        named = ", ".join(f"{name}={value}" for name, value in first.items())
        raise DataError(
            f"{where}: {clashing.sum()} rows share a key with other values, first "
            f"{named}; expected one row per {', '.join(key)}"
        )
    return distinct


def _floats(values: pl.Series, where: str) -> pl.Series:
    name = values.name
    if values.dtype == pl.String:
        text = values.fill_null("").str.strip_chars()
        wrong = ~text.str.contains(NUMBER_PATTERN)
        _refuse(values, wrong, where)
        return text.cast(pl.Float64).alias(name)
    if not values.dtype.is_numeric():
        raise DataError(f"{where}: {name} is {values.dtype}; expected numbers")
    floats = values.cast(pl.Float64)
    _refuse(values, floats.is_null() | ~floats.is_finite().fill_null(False), where)
    return floats


def _refuse(values: pl.Series, wrong: pl.Series, where: str) -> None:
    if wrong.any():
        row = wrong.arg_max() or 0
        found = "empty" if values[row] is None else repr(values[row])
        raise DataError(
            f"{where}: {values.name} in row {row + 1} is {found}, "
            f"{wrong.sum()} rows in all; expected a finite number"
        )
