"""Edits that make rows wrong; each returns what ``edit_hours`` applies to a stretch."""

from __future__ import annotations

import polars as pl

from solalpha.raw.sample.defects_site import Edit
from solalpha.raw.schemas import MONEY

_ROW = "_row"


def put(**columns: pl.Expr) -> Edit:
    """Give the named columns another value in the stretch."""

    def edit(rows: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
        return rows.with_columns(
            pl.when(chosen).then(value).otherwise(pl.col(name)).alias(name)
            for name, value in columns.items()
        )

    return edit


def remove(rows: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
    """Leave the stretch out."""
    return rows.filter(~chosen)


def repeat(**columns: pl.Expr) -> Edit:
    """Store the stretch's rows twice, the second time with other columns."""

    def edit(rows: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
        numbered = rows.with_row_index(_ROW)
        again = numbered.filter(chosen)
        both = pl.concat([numbered, again.with_columns(**columns)])
        return both.sort(_ROW, maintain_order=True).drop(_ROW)

    return edit


def turn_round(rows: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
    """Store the stretch from its last row to its first."""
    index = pl.Series(range(rows.height), dtype=pl.Int64)
    order = index.to_list()
    inside = index.filter(chosen).to_list()
    order[inside[0] : inside[-1] + 1] = inside[::-1]
    return rows[order]


def freeze(*columns: str) -> Edit:
    """Repeat the first row's values of ``columns`` all along the stretch."""

    def edit(rows: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
        first = rows.filter(chosen).row(0, named=True)
        values = {n: pl.lit(first[n], dtype=rows.schema[n]) for n in columns}
        return put(**values)(rows, chosen)

    return edit


def times(
    factor: float, *columns: str, dtype: pl.Decimal = MONEY
) -> dict[str, pl.Expr]:
    """Return the named columns multiplied, exact to the type's places."""
    places = dtype.scale or 0
    return {
        name: (pl.col(name).cast(pl.Float64) * factor)
        .round(places)
        .cast(dtype, strict=False)
        for name in columns
    }


def moved(by: pl.Expr) -> dict[str, pl.Expr]:
    """Return the row's moments shifted by a duration."""
    return {name: pl.col(name) + by for name in ("event_at", "available_at")}


def unknown(*columns: str) -> dict[str, pl.Expr]:
    """Return the named columns as nulls."""
    return dict.fromkeys(columns, pl.lit(None))
