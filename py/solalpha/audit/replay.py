"""Rebuild from data cut at a moment: no cell that was known by then may change."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from solalpha.config import Parameters, Paths, load_paths
from solalpha.cycle.source import Progress
from solalpha.errors import ConfigError, DataError
from solalpha.raw import cut, lake
from solalpha.warehouse import build as dbt
from solalpha.warehouse import catalog
from solalpha.warehouse.compare import TableComparison, compare_table

# Before this share of the data there is little warm history to compare.
FIRST_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """Sum up every cut: what was compared and what changed.

    ``changed_cells`` lists model, column and number of cells, summed over cuts.
    """

    cuts: int
    moments: tuple[datetime, ...]
    models: int
    columns: int
    cells: int
    non_null_cells: int
    changed: int
    changed_cells: tuple[dict[str, str | int], ...]


def choose_moments(paths: Paths, *, cuts: int, seed: int) -> tuple[datetime, ...]:
    """Return ``cuts`` random moments in the later part of the lake's time.

    Raises
    ------
    ConfigError
        If ``cuts`` is not positive.
    DataError
        If the lake is empty.
    """
    if cuts < 1:
        raise ConfigError(f"--cuts {cuts}; expected 1 or more")
    edges = [
        (table.first_at, table.last_at)
        for table in lake.tables(paths)
        if table.first_at is not None and table.last_at is not None
    ]
    if not edges:
        raise DataError(f"the lake {paths.raw} is empty; expected rows to cut")
    first, last = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    shares = sorted(draw.uniform(FIRST_SHARE, 1.0) for _ in range(cuts))
    return tuple(
        first + timedelta(seconds=round((last - first).total_seconds() * share))
        for share in shares
    )


def replay(
    paths: Paths,
    parameters: Parameters,
    *,
    moments: Sequence[datetime],
    work_dir: Path,
    project: Path | None,
    progress: Progress | None,
) -> ReplayResult:
    """Build the lake whole and once per cut, and compare what was known by the cut.

    Both builds start from nothing under ``work_dir``, so the served version and the
    working warehouse are not touched.
    """
    full = load_paths(work_dir / "full")
    comparisons: list[TableComparison] = []
    try:
        _rebuild(paths, full, parameters, None, project)
        for number, moment in enumerate(moments):
            part = load_paths(work_dir / f"cut-{number}")
            _rebuild(paths, part, parameters, moment, project)
            arrivals = cut.last_arrivals(part, parameters)
            comparisons += _compare(full, part, moment, arrivals)
            shutil.rmtree(part.data_dir)
            if progress is not None:
                progress("cuts", number + 1, len(moments))
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)
    return _summed(comparisons, tuple(moments))


def _rebuild(
    paths: Paths,
    target: Paths,
    parameters: Parameters,
    moment: datetime | None,
    project: Path | None,
) -> None:
    shutil.rmtree(target.data_dir, ignore_errors=True)
    cut.copy_until(paths, target, parameters, moment)
    if paths.scores.is_dir():
        shutil.copytree(paths.scores, target.scores)
    dbt.build(target, parameters, select=None, target=dbt.PROD, project=project)


def _compare(
    full: Paths, part: Paths, moment: datetime, arrivals: Mapping[str, datetime]
) -> list[TableComparison]:
    return [
        compare_table(
            dbt.database(full, dbt.PROD),
            dbt.database(part, dbt.PROD),
            table=model.name,
            key=model.key,
            known_at=model.known_at_column,
            moment=moment,
            arrivals=arrivals,
        )
        for model in catalog.public_models(full)
        if model.causality in ("causal", "label") and model.known_at_column
    ]


def _summed(
    comparisons: Sequence[TableComparison], moments: tuple[datetime, ...]
) -> ReplayResult:
    by_cell: dict[tuple[str, str], int] = {}
    for comparison in comparisons:
        for column, cells in comparison.changed.items():
            place = comparison.table, column
            by_cell[place] = by_cell.get(place, 0) + cells
    columns = {comparison.table: comparison.columns for comparison in comparisons}
    return ReplayResult(
        cuts=len(moments),
        moments=moments,
        models=len(columns),
        columns=sum(columns.values()),
        cells=sum(comparison.cells for comparison in comparisons),
        non_null_cells=sum(comparison.non_null_cells for comparison in comparisons),
        changed=sum(by_cell.values()),
        changed_cells=tuple(
            {"model": model, "column": column, "cells": cells}
            for (model, column), cells in sorted(by_cell.items())
        ),
    )
