"""Copy a lake and plant what makes leaks visible.

A table whose rows all come in time, without a hole and each once, cannot tell a model
that reads available times from one that ignores them. So a share of its rows arrives
late, some rows are read a second time with other values, and a table without a hole
falls silent for hours.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.raw import cut, storage
from solalpha.raw.inventory import table_files
from solalpha.raw.noise import Noise
from solalpha.raw.schemas import MOMENT, TABLES
from solalpha.raw.table_schema import TableSchema
from solalpha.raw.timeline import REVISION, dated, holes, late_rows

LATE_SHARE = 0.06
_MEAN_LATENESS_S = 10800.0
_LEAST_LATENESS_S = 660.0
_HOLES = 3
_HOLE_HOURS = (1.5, 6.0)
# So many that at most moments some are on their way that a bar has read: of a table
# with many rows an hour a bar reads only the last.
_REVISED_SHARE = 0.25
# Tables whose staging keeps the first reading of a key; of the others the lake itself
# keeps one.
_REVISED = frozenset(
    {"candles", "funding_rates", "asset_contexts", "headlines"}
    | {"market_metrics", "depth_bands"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """Count what one table of the copy holds and what of it was planted."""

    table: str
    rows: int
    late_rows: int
    holes: int
    revisions: int
    is_late_planted: bool
    is_hole_planted: bool


def copy_harder(
    paths: Paths,
    target: Paths,
    parameters: Parameters,
    *,
    days: int | None,
    seed: int,
    plants: bool,
) -> tuple[TableFacts, ...]:
    """Copy the last ``days`` of the lake, all of it if None, and plant into it.

    Adopted files are taken as they are: their rows carry no time of arrival.
    """
    since = None if days is None else _last(paths) - timedelta(days=days)
    facts = []
    for schema in TABLES.values():
        files = table_files(paths, schema, None)
        if schema.partition == "none" or not files:
            continue
        rows = dated(files, schema)
        if since is not None:
            rows = rows.filter(pl.col("event_at") > since)
        plan = _Plan.make(schema, rows, seed=seed, plants=plants)
        for path in files:
            plan.copy(path, target.raw / path.relative_to(paths.raw).parent, since)
        facts.append(_facts(target, schema, plan))
    cut.copy_registry(paths, target, parameters, since=since)
    return tuple(facts)


def _last(paths: Paths) -> datetime:
    ends = [
        dated(files, schema)["event_at"].max()
        for schema in TABLES.values()
        if schema.partition != "none" and (files := table_files(paths, schema, None))
    ]
    return max(end for end in ends if isinstance(end, datetime))


def _facts(target: Paths, schema: TableSchema, plan: _Plan) -> TableFacts:
    files = table_files(target, schema, None)
    rows = dated(files, schema) if files else dated_none()
    return TableFacts(
        table=schema.name,
        rows=rows.height,
        late_rows=late_rows(rows).height,
        holes=holes(rows).height,
        revisions=plan.revisions,
        is_late_planted=plan.is_late,
        is_hole_planted=bool(plan.silences),
    )


def dated_none() -> pl.DataFrame:
    """Return the frame of a table without rows."""
    return pl.DataFrame(
        schema={"coin": pl.String(), "event_at": MOMENT, "available_at": MOMENT}
    )


@dataclass(slots=True, kw_only=True)
class _Plan:
    # What is planted into one table.
    schema: TableSchema
    seed: int
    plants: bool
    is_late: bool
    silences: tuple[tuple[datetime, datetime], ...]
    revisions: int = 0

    @classmethod
    def make(
        cls, schema: TableSchema, rows: pl.DataFrame, *, seed: int, plants: bool
    ) -> _Plan:
        draw = np.random.default_rng([seed, zlib.crc32(schema.name.encode())])
        wants_holes = plants and rows.height > 0 and holes(rows).is_empty()
        return cls(
            schema=schema,
            seed=seed,
            plants=plants,
            is_late=plants,
            silences=_silences(rows, draw) if wants_holes else (),
        )

    def copy(self, path: Path, folder: Path, since: datetime | None) -> None:
        rows = pl.read_parquet(path, hive_partitioning=False)
        if since is not None:
            rows = rows.filter(pl.col("event_at") > since)
        for begins_at, ends_at in self.silences:
            rows = rows.filter(~pl.col("event_at").is_between(begins_at, ends_at))
        if rows.is_empty():
            return
        draw = np.random.default_rng(
            [self.seed, zlib.crc32("/".join(path.parts[-3:]).encode())]
        )
        if self.is_late:
            rows = _delayed(rows, draw, LATE_SHARE)
        if self.plants and self.schema.name in _REVISED:
            second = self._revised(rows, draw)
            self.revisions += second.height
            rows = pl.concat([rows, second])
        storage.write_part(folder, rows)

    def _revised(self, rows: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
        chosen = rows.filter(pl.Series(draw.random(rows.height) < _REVISED_SHARE))
        if chosen.is_empty():
            return chosen
        noisy = Noise(seed=self.seed).rows(self.schema, rows, chosen)
        return _delayed(noisy, draw, 1.0).with_columns(
            pl.lit(REVISION).alias("ingest_id")
        )


def _silences(
    rows: pl.DataFrame, draw: np.random.Generator
) -> tuple[tuple[datetime, datetime], ...]:
    first, last = rows["event_at"].min(), rows["event_at"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return ()
    # At least six typical steps, so that sparse tables fall silent too.
    steps = rows.group_by("coin").agg(
        ((pl.col("event_at").max() - pl.col("event_at").min()) / pl.len()).alias("step")
    )
    typical = steps["step"].max()
    least = typical * 6 if isinstance(typical, timedelta) else timedelta(0)
    found = []
    for share in draw.uniform(0.3, 0.95, _HOLES):
        begins_at = first + (last - first) * float(share)
        length = max(timedelta(hours=float(draw.uniform(*_HOLE_HOURS))), least)
        found.append((begins_at, begins_at + length))
    return tuple(found)


def _delayed(
    rows: pl.DataFrame, draw: np.random.Generator, share: float
) -> pl.DataFrame:
    # The share of the rows that arrives late, by an exponential of an hour.
    is_late = draw.random(rows.height) < share
    seconds = _LEAST_LATENESS_S + draw.exponential(_MEAN_LATENESS_S, rows.height)
    added = pl.Series("added", np.where(is_late, seconds * 1e6, 0.0)).cast(pl.Int64)
    later = pl.col("available_at") + added.cast(pl.Duration("us"))
    seen = [pl.col("first_seen_at") + added.cast(pl.Duration("us"))]
    return rows.with_columns(later, *(seen if "first_seen_at" in rows.columns else []))
