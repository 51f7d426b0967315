"""Turn integer arrays into exact decimal and time columns without copying text."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from solalpha.raw.sample.draws import Flags, Floats, Integers

MONEY_SCALE = 8
RATE_SCALE = 12
_PRECISION = 18


def decimals(values: Integers, scale: int, valid: Flags | None = None) -> pl.Series:
    """Return ``values`` x 10^-scale as an exact decimal column.

    Parameters
    ----------
    values : ndarray of shape (n,), whole units of 10^-scale
    valid : ndarray of shape (n,), false where the value is unknown (null)
    """
    words = np.empty((values.size, 2), dtype="<i8")
    words[:, 0] = values
    words[:, 1] = values >> 63  # the sign fills the upper half of 128 bits
    mask = (
        None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    )
    array: Any = pa.Decimal128Array.from_buffers(
        pa.decimal128(_PRECISION, scale), values.size, [mask, pa.py_buffer(words)]
    )
    series = pl.from_arrow(array)
    if not isinstance(series, pl.Series):
        raise TypeError(f"decimals gave {type(series).__name__}; expected a Series")
    return series


def money(values: Floats, places: int) -> Integers:
    """Return ``values`` rounded to ``places``, as whole units of 10^-8."""
    rounded = np.rint(values * 10.0**places).astype(np.int64)
    return np.asarray(rounded * 10 ** (MONEY_SCALE - places))


def rates(values: Floats) -> pl.Series:
    """Return ``values`` as an exact decimal column of 12 places."""
    return decimals(np.rint(values * 1e12).astype(np.int64), RATE_SCALE)


def moments(microseconds: Integers) -> pl.Series:
    """Return microseconds since the epoch as UTC times."""
    return pl.Series(microseconds).cast(pl.Datetime("us", "UTC"))


def stamped(frame: pl.DataFrame, event_us: Integers, delay_s: int) -> pl.DataFrame:
    """Add the common columns; rows are knowable ``delay_s`` after their event."""
    return frame.with_columns(
        event_at=moments(event_us),
        available_at=moments(event_us + delay_s * 1_000_000),
        source=pl.lit("simulator"),
        origin=pl.lit("sample"),
    )
