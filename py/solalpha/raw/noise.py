"""Replace what rows say by seeded nonsense; keys and times stay as they are.

Withholding late rows hides a leak that looks only as far as the newest time. Where
the later rows stay and merely lie, such a leak shows.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from solalpha.raw.schemas import MOMENT
from solalpha.raw.table_schema import TableSchema

Floats = npt.NDArray[np.float64]

# What a number may turn into: a neighbour, another row's, absurdly large, negated.
_NEAR, _OTHERS, _HUGE, _NEGATED, _ANEW = range(5)
_NEAR_DEVIATION = 0.1
_HUGE_FACTOR = 1e3
_MOST_COUNT = 1_000_000
_MOST_MONEY = 9e9
_MOST_RATE = 9e5
_MONEY_SCALE = 8
# Facts of a row's kind rather than of what happened.
_STRUCTURE = frozenset({"interval_s", "interval_hours", "source", "origin"})
_STRUCTURE_TEXT = frozenset({"ingest_id", "unfit_values"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Make nonsense of rows, the same for the same seed and rows."""

    seed: int

    def rows(
        self, schema: TableSchema, before: pl.DataFrame, later: pl.DataFrame
    ) -> pl.DataFrame:
        """Return ``later`` with other values; texts come from all rows of the file."""
        kept = {*schema.key, *_STRUCTURE, *_STRUCTURE_TEXT}
        draw = self._draw(schema.name, later)
        texts = pl.concat([before, later])
        return later.with_columns(
            self._column(later[name], texts[name], draw)
            for name in later.columns
            if name not in kept and later.schema[name] != MOMENT
        )

    def lakehouse(self, later: pl.DataFrame, timestamp: str) -> pl.DataFrame:
        """Return adopted rows with other numbers; their own time column stays."""
        draw = self._draw(timestamp, later)
        return later.with_columns(
            self._column(later[name], later[name], draw)
            for name, kind in later.schema.items()
            if name != timestamp and (kind.is_numeric() or kind == pl.Boolean)
        )

    def scores(self, later: pl.DataFrame) -> pl.DataFrame:
        """Return scores of headlines with other numbers in their range."""
        draw = self._draw("scores", later)
        ranges = {"score": (-1.0, 1.0), "probability_positive": (0.0, 1.0)}
        return later.with_columns(
            pl.Series(name, draw.uniform(low, high, later.height))
            for name, (low, high) in ranges.items()
        )

    def _draw(self, name: str, rows: pl.DataFrame) -> np.random.Generator:
        place = f"{name} {rows.height} {rows.row(0) if rows.height else ''}"
        return np.random.default_rng([self.seed, zlib.crc32(place.encode())])

    def _column(
        self, values: pl.Series, texts: pl.Series, draw: np.random.Generator
    ) -> pl.Series:
        kind, size = values.dtype, len(values)
        if kind == pl.String:
            chosen = texts.gather(draw.integers(0, len(texts), size))
            return chosen.alias(values.name)
        if kind == pl.Boolean:
            return pl.Series(values.name, draw.integers(0, 2, size) == 1)
        if kind.is_integer():
            counts = pl.Series(values.name, draw.integers(0, _MOST_COUNT, size))
            return counts.cast(kind)
        if kind.is_float():
            return _like(values, _numbers(_floats(values), draw), kind)
        if isinstance(kind, pl.Decimal):
            most = _MOST_MONEY if kind.scale == _MONEY_SCALE else _MOST_RATE
            numbers = np.clip(_numbers(_floats(values), draw), -most, most)
            return _like(values, numbers.round(kind.scale), kind)
        return values


def _floats(values: pl.Series) -> Floats:
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _numbers(values: Floats, draw: np.random.Generator) -> Floats:
    size = len(values)
    kinds = draw.integers(_NEAR, _ANEW + 1, size)
    spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    return np.select(
        [kinds == _NEAR, kinds == _OTHERS, kinds == _HUGE, kinds == _NEGATED],
        [
            values * np.exp(_NEAR_DEVIATION * draw.standard_normal(size)),
            draw.permutation(values),
            values * _HUGE_FACTOR,
            -values,
        ],
        draw.standard_normal(size) * (spread + 1.0),
    )


def _like(values: pl.Series, numbers: Floats, kind: pl.DataType) -> pl.Series:
    return pl.Series(values.name, numbers, nan_to_null=True).cast(kind)
