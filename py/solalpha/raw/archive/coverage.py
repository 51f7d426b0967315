"""Measure the holes between the books of a file."""

from __future__ import annotations

import polars as pl

_LONG_S = 60


def gap_note(times: pl.Series) -> tuple[str, ...]:
    """Return what is to say of the gaps between ``times``; nothing for one time."""
    gaps = times.unique().sort().diff().drop_nulls().dt.total_microseconds() / 10**6
    if gaps.is_empty():
        return ()
    long = int((gaps > _LONG_S).sum())
    median, longest = float(gaps.quantile(0.5) or 0), float(gaps.sort()[-1])
    return (
        f"gaps between books: median {median:.2f} s, longest {longest:.1f} s, "
        f"{long} above {_LONG_S} s",
    )
