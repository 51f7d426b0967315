"""The campaign of mutants: base builds once, then every leak on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from solalpha.audit import mutants, pool, rooms
from solalpha.audit.moments import covering_moments
from solalpha.audit.mutants import Mutant, Planting, Site
from solalpha.audit.replay import (
    VARIANTS,
    ReplayResult,
    Task,
    compare_cuts,
    summed,
    tasks_of,
    workplace,
)
from solalpha.audit.rooms import Room, Wish
from solalpha.audit.warmup import measure
from solalpha.config import Parameters, Paths
from solalpha.cycle.source import Progress
from solalpha.warehouse.compare import TableComparison


def run_campaign(
    paths: Paths,
    parameters: Parameters,
    wish: Wish,
    *,
    names: Sequence[str] | None,
    jobs: int,
    progress: Progress | None,
) -> ReplayResult:
    """Plant every named leak, all of them if None, and count those that are found.

    The moments are few, and meet a hole, a late row and a second reading on its way of
    every raw table. The unchanged project is compared at each of them too:
    a leak counts as found only by cells that do not change without it.
    """
    leaks = mutants.chosen(names)
    with workplace(paths) as folder:
        room = Room(folder=folder, parameters=parameters, wish=wish)
        facts = rooms.copy_lake(room, paths)
        built = rooms.build_whole(room)
        moments = covering_moments(room.base, parameters, seed=wish.seed)
        tasks = tasks_of(room, built, moments, VARIANTS, keeps=True)
        base = compare_cuts(tasks, jobs, progress)
        sites = _sites(tasks, base)
        plantings = [
            Planting(room=room, built=built, leak=leak, sites=sites) for leak in leaks
        ]
        found: dict[int, Mutant] = {}
        for number, mutant in pool.each(mutants.plant, plantings, jobs=jobs):
            found[number] = mutant
            if progress is not None:
                progress("mutants", len(found), len(leaks))
        warmup = measure(
            room.base,
            built.manifest,
            parameters.trade_coin,
            is_planted=wish.plants,
        )
    whole = summed(tasks, base, built, facts, warmup)
    listed = tuple(found[number] for number in sorted(found))
    return replace(
        whole,
        mutants=listed,
        mutants_planted=len(listed),
        mutants_caught=sum(mutant.is_caught for mutant in listed),
        survivors=tuple(mutant.name for mutant in listed if not mutant.is_caught),
    )


def _sites(
    tasks: Sequence[Task], base: Mapping[int, Sequence[TableComparison]]
) -> tuple[Site, ...]:
    return tuple(
        Site(
            moment=task.moment,
            variant=task.variant,
            name=task.name,
            tainted=frozenset(
                (comparison.table, column)
                for comparison in base[task.number]
                for column in comparison.changed
            ),
        )
        for task in tasks
    )
