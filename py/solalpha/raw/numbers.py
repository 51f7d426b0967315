"""Turn columns of text or floats into exact decimals.

Text from the wire is kept to the last digit or not at all: what a column's type
cannot hold exactly becomes null, and its original text stands in
``unfit_values``. Floats carry no exact decimals to keep and are rounded to the
places of the type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal

import polars as pl

UNFIT = "unfit_values"
# Digits of ASCII only: other scripts' are no numbers to what reads the text later.
NUMBER_PATTERN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_NUMBER = re.compile(NUMBER_PATTERN.removesuffix("$"), re.ASCII)
_WHOLE = r"^[+-]?0*([0-9]*)"
_PLACES = r"\.([0-9]*?)0*$"
_EXACT_FLOAT = 1e15


def is_number(text: str) -> bool:
    """Return whether ``text`` is a finite decimal number in ASCII."""
    return _NUMBER.fullmatch(text) is not None


def exact(frame: pl.DataFrame, types: Mapping[str, pl.Decimal]) -> pl.DataFrame:
    """Return ``frame`` with the named columns exact and ``unfit_values`` added.

    Parameters
    ----------
    frame
        Named columns are text, floats, integers or decimals.
    types
        Column name to its decimal type.

    Returns
    -------
    polars.DataFrame
        Same rows; ``unfit_values`` is a JSON object of column to original text
        where something did not fit, else null.
    """
    columns = {name: _converted(frame[name], dtype) for name, dtype in types.items()}
    unfit = _unfit(frame, columns)
    return frame.with_columns(*columns.values(), unfit)


def _converted(values: pl.Series, dtype: pl.Decimal) -> pl.Series:
    if values.dtype == pl.Null:
        return values.cast(dtype)
    if values.dtype.is_float():
        return _from_float(values, dtype)
    if values.dtype == pl.String:
        return _from_text(values, dtype)
    return _from_text(values.cast(pl.String), dtype)


def _from_float(values: pl.Series, dtype: pl.Decimal) -> pl.Series:
    # Up to 15 digits a float and its rounded decimal are one to one; above, the
    # shortest text that reads back to the float says what was meant.
    scale = dtype.scale or 0
    small = values.abs() * 10**scale < _EXACT_FLOAT
    near = pl.select(pl.when(small).then(values).otherwise(None)).to_series()
    result = near.cast(dtype, strict=False).alias(values.name)
    if not ((~small) & values.is_finite()).any():
        return result
    texts = [None if v is None else _rounded(v, scale) for v in values.to_list()]
    exact_texts = _from_text(pl.Series(values.name, texts, dtype=pl.String), dtype)
    return pl.select(pl.coalesce(result, exact_texts)).to_series().alias(values.name)


def _rounded(value: float, scale: int) -> str | None:
    if value - value != 0:
        return None
    return format(round(Decimal(repr(value)), scale), "f")


def _from_text(values: pl.Series, dtype: pl.Decimal) -> pl.Series:
    precision, scale = dtype.precision or 38, dtype.scale or 0
    plain = _plain(values)
    groups = plain.to_frame("text").select(
        pl.col("text"),
        whole=pl.col("text").str.extract(_WHOLE, 1).str.len_chars(),
        places=pl.col("text").str.extract(_PLACES, 1).str.len_chars().fill_null(0),
    )
    fits = (pl.col("whole") <= precision - scale) & (pl.col("places") <= scale)
    kept = groups.select(pl.when(fits).then("text")).to_series()
    return kept.cast(dtype, strict=False).alias(values.name)


def _plain(values: pl.Series) -> pl.Series:
    # Numbers without exponent, sign + and blanks; null for what is no number.
    text = values.str.strip_chars()
    text = text.set(~text.str.contains(NUMBER_PATTERN), None)
    text = text.str.strip_prefix("+")
    if not text.str.contains("[eE]").any():
        return text
    return pl.Series(
        values.name,
        [format(Decimal(t), "f") if t and "e" in t.lower() else t for t in text],
        dtype=pl.String,
    )


def _unfit(frame: pl.DataFrame, columns: Mapping[str, pl.Series]) -> pl.Series:
    names = [
        name
        for name, result in columns.items()
        if result.null_count() > frame[name].null_count()
    ]
    if not names:
        return pl.Series(UNFIT, [None] * frame.height, dtype=pl.String)
    lost = [columns[name].is_null() & frame[name].is_not_null() for name in names]
    texts: list[str | None] = [None] * frame.height
    found: dict[int, dict[str, str]] = {}
    for name, mask in zip(names, lost, strict=True):
        for row in mask.arg_true():
            found.setdefault(row, {})[name] = str(frame[name][row])
    for row, values in found.items():
        texts[row] = json.dumps(values, sort_keys=True)
    return pl.Series(UNFIT, texts, dtype=pl.String)
