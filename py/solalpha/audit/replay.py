"""Rebuild from data cut at a moment: no cell that was known by then may change.

Each moment is met twice: with the later rows withheld, and with them turned into noise.
The second finds what the first hides, such as a model that looks as far as the newest
time there is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from solalpha.audit import pool, rooms
from solalpha.audit.inputs import past_the_lake
from solalpha.audit.moments import Moment, choose_moments
from solalpha.audit.mutants import Mutant
from solalpha.audit.rooms import Built, Room, Wish
from solalpha.audit.warmup import FeatureWarmup, measure
from solalpha.config import Parameters, Paths
from solalpha.cycle.source import Progress
from solalpha.raw.harder import TableFacts
from solalpha.warehouse.compare import TableComparison

WITHHELD, NOISE = "withheld", "noise"
VARIANTS = (WITHHELD, NOISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Sum up one moment and variant."""

    at: str
    kind: str
    table: str
    variant: str
    cells: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """Sum up every cut: what was compared and what changed.

    ``changed_cells`` lists model, column and number of cells, summed over cuts.
    ``assumptions`` names models that do not declare their causality and what was taken
    for granted of them, and those that read what no cut reaches; ``left_out`` those
    that could not be compared, and why.
    """

    cuts: int
    moments: tuple[Cut, ...]
    models: int
    columns: int
    cells: int
    non_null_cells: int
    changed: int
    changed_cells: tuple[dict[str, str | int], ...]
    assumptions: tuple[dict[str, str], ...]
    left_out: tuple[dict[str, str], ...]
    lake: tuple[TableFacts, ...]
    warmup: tuple[FeatureWarmup, ...]
    mutants_planted: int = 0
    mutants_caught: int = 0
    survivors: tuple[str, ...] = ()
    mutants: tuple[Mutant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Say what one process is to build and compare."""

    room: Room
    built: Built
    moment: Moment
    variant: str
    number: int
    keeps: bool

    @property
    def name(self) -> str:
        """Return the name of the cut's directory."""
        return f"cut-{self.number}"


def replay(
    paths: Paths,
    parameters: Parameters,
    wish: Wish,
    *,
    cuts: int,
    variants: Sequence[str],
    jobs: int,
    progress: Progress | None,
) -> ReplayResult:
    """Build the lake whole and again per cut, and compare what was known by the cut.

    Everything is built under a directory of its own beside the lake, which is removed
    at the end: the served version and the working warehouse are not touched.
    """
    with workplace(paths) as folder:
        room = Room(folder=folder, parameters=parameters, wish=wish)
        facts = rooms.copy_lake(room, paths)
        moments = choose_moments(room.base, cuts=cuts, seed=wish.seed)
        built = rooms.build_whole(room)
        tasks = tasks_of(room, built, moments, variants, keeps=False)
        found = compare_cuts(tasks, jobs, progress)
        warmup = measure(
            room.base,
            built.manifest,
            parameters.trade_coin,
            is_planted=wish.plants,
        )
    return summed(tasks, found, built, facts, warmup)


@contextmanager
def workplace(paths: Paths) -> Iterator[Path]:
    """Give an empty directory beside the lake; it is gone afterwards."""
    paths.data_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="audit-", dir=paths.data_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tasks_of(
    room: Room,
    built: Built,
    moments: Sequence[Moment],
    variants: Sequence[str],
    *,
    keeps: bool,
) -> list[Task]:
    """Return one task per moment and variant."""
    pairs = [(moment, variant) for moment in moments for variant in variants]
    return [
        Task(
            room=room,
            built=built,
            moment=moment,
            variant=variant,
            number=number,
            keeps=keeps,
        )
        for number, (moment, variant) in enumerate(pairs)
    ]


def compare_cuts(
    tasks: Sequence[Task], jobs: int, progress: Progress | None
) -> dict[int, list[TableComparison]]:
    """Build and compare every cut; the answers by the tasks' numbers."""
    found: dict[int, list[TableComparison]] = {}
    for number, comparisons in pool.each(compare_cut, tasks, jobs=jobs):
        found[number] = comparisons
        if progress is not None:
            progress("cuts", len(found), len(tasks))
    return found


def compare_cut(task: Task) -> list[TableComparison]:
    """Build one cut and compare every model with the whole build."""
    part = rooms.build_cut(
        task.room,
        task.built,
        task.moment.at,
        is_noise=task.variant == NOISE,
        name=task.name,
    )
    comparisons = rooms.compare(task.room, task.built, part, task.moment.at)
    if not task.keeps:
        shutil.rmtree(part.data_dir)
    return comparisons


def summed(
    tasks: Sequence[Task],
    found: dict[int, list[TableComparison]],
    built: Built,
    facts: tuple[TableFacts, ...],
    warmup: tuple[FeatureWarmup, ...],
) -> ReplayResult:
    """Sum up the comparisons of ``tasks``, by their numbers."""
    every = [comparison for number in sorted(found) for comparison in found[number]]
    by_cell: dict[tuple[str, str], int] = {}
    for comparison in every:
        for column, cells in comparison.changed.items():
            place = comparison.table, column
            by_cell[place] = by_cell.get(place, 0) + cells
    columns = {comparison.table: comparison.columns for comparison in every}
    return ReplayResult(
        cuts=len({task.moment for task in tasks}),
        moments=tuple(_cut(task, found[task.number]) for task in tasks),
        models=len(columns),
        columns=sum(columns.values()),
        cells=sum(comparison.cells for comparison in every),
        non_null_cells=sum(comparison.non_null_cells for comparison in every),
        changed=sum(by_cell.values()),
        changed_cells=tuple(
            {"model": model, "column": column, "cells": cells}
            for (model, column), cells in sorted(by_cell.items())
        ),
        assumptions=tuple(
            {"model": model.name, "assumption": model.assumption}
            for model in built.scope.audited
            if model.assumption
        )
        + past_the_lake(built.manifest),
        left_out=built.scope.left_out,
        lake=facts,
        warmup=warmup,
    )


def _cut(task: Task, comparisons: Sequence[TableComparison]) -> Cut:
    return Cut(
        at=task.moment.at.isoformat(),
        kind=task.moment.kind,
        table=task.moment.table,
        variant=task.variant,
        cells=sum(comparison.cells for comparison in comparisons),
        changed=sum(sum(found.changed.values()) for found in comparisons),
    )
