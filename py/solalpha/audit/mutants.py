"""Plant one leak after the other into a copy of the project: the replay finds each.

The unchanged project is built once per moment and variant. A mutant then builds anew
only what its leak touches, down to the nearest models that are compared, whole and cut,
until a cell changes that was known.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from solalpha.audit import rooms
from solalpha.audit.leaks import LEAKS, Leak
from solalpha.audit.leaks_of_time import LEAKS_OF_TIME
from solalpha.audit.moments import Moment
from solalpha.audit.rooms import Built, Room
from solalpha.config import Paths
from solalpha.errors import ConfigError, SolalphaError
from solalpha.warehouse import build as dbt
from solalpha.warehouse import rebuild
from solalpha.warehouse.rebuild import Project

ALL_LEAKS = (*LEAKS, *LEAKS_OF_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """Say whether one planted leak was found, where first, and by which cut.

    ``cells`` counts the changed cells of that cut; the words are empty for a survivor.
    ``fault`` says why a mutant could not be built.
    """

    name: str
    file: str
    is_caught: bool
    model: str
    column: str
    cells: int
    kind: str
    variant: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Name one finished cut build of the unchanged project.

    ``tainted`` holds model and column of what changes there without any leak planted:
    it proves nothing of a mutant.
    """

    moment: Moment
    variant: str
    name: str
    tainted: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """Say which leak one process plants, and the builds that it is compared in."""

    room: Room
    built: Built
    leak: Leak
    sites: tuple[Site, ...]


def chosen(names: Sequence[str] | None) -> tuple[Leak, ...]:
    """Return the leaks of these names, all of them if None.

    Raises
    ------
    ConfigError
        If a name is unknown.
    """
    by_name = {leak.name: leak for leak in ALL_LEAKS}
    unknown = sorted(set(names or ()) - set(by_name))
    if unknown:
        raise ConfigError(
            f"mutant {unknown[0]!r} is unknown; expected some of "
            f"{', '.join(sorted(by_name))}"
        )
    return ALL_LEAKS if names is None else tuple(by_name[name] for name in names)


def plant(task: Planting) -> Mutant:
    """Build the mutant whole and per cut until a cell changes that was known.

    A mutant that does not build is not found, and says why in ``fault``.
    """
    place = task.room.place(f"mutant-{os.getpid()}")
    try:
        project = _copy_with(task.room, task.leak)
        manifest = rebuild.parse(place, project)
        selected, compared = affected(
            manifest, task.leak.builds, set(task.built.scope.names())
        )
        whole = _build(place, task.room.base, project, selected, "whole")
        narrow = _narrowed(task.built, compared)
        for site in task.sites:
            part = task.room.place(site.name)
            _build(place, part, project, selected, "part")
            found = [
                (comparison.table, column, cells)
                for comparison in rooms.compare_files(
                    narrow,
                    whole,
                    place.warehouse / "part.duckdb",
                    site.moment.at,
                    rooms.arrivals(task.room, part),
                )
                for column, cells in comparison.changed.items()
                if (comparison.table, column) not in site.tainted
            ]
            if found:
                return _caught(task.leak, site, found)
    except SolalphaError as error:
        # What does not build leaks nothing, and counts as not found.
        return replace(_caught(task.leak, None, [("", "", 0)]), fault=str(error))
    finally:
        _restore(task.room, task.leak)
    return _caught(task.leak, None, [("", "", 0)])


def affected(
    manifest: Mapping[str, Any], changed: Iterable[str], compared: set[str]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the models to build after a change, and the nearest that are compared.

    Raises
    ------
    ConfigError
        If a changed model does not exist or leads to no compared one.
    """
    ids = {
        node["name"]: name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    names = {name: label for label, name in ids.items()}
    nearest: set[str] = set()
    useful: set[str] = set()

    def follows(label: str) -> bool:
        if label in compared:
            nearest.add(label)
            useful.add(label)
            return True
        children = [
            names[child]
            for child in manifest["child_map"][ids[label]]
            if child in names
        ]
        leads = [follows(child) for child in children]
        if any(leads):
            useful.add(label)
        return any(leads)

    for label in changed:
        if label not in ids or not follows(label):
            raise ConfigError(f"no compared model reads {label}; expected one")
    return tuple(sorted(useful)), frozenset(nearest)


def _caught(
    leak: Leak, site: Site | None, found: Sequence[tuple[str, str, int]]
) -> Mutant:
    model, column, _ = max(found, key=lambda place: place[2])
    return Mutant(
        name=leak.name,
        file=leak.path,
        is_caught=site is not None,
        model=model,
        column=column,
        cells=sum(cells for _, _, cells in found),
        kind="" if site is None else site.moment.kind,
        variant="" if site is None else site.variant,
    )


def _narrowed(built: Built, compared: frozenset[str]) -> Built:
    models = tuple(model for model in built.scope.audited if model.name in compared)
    return replace(built, scope=replace(built.scope, audited=models))


def _build(
    place: Paths, lake: Paths, project: Project, selected: Sequence[str], name: str
) -> Path:
    # One directory for all, so that dbt's parse of it stays good; the lake changes.
    for folder in (place.raw, place.scores):
        folder.unlink(missing_ok=True)
        there = lake.data_dir / folder.name
        if there.is_dir():
            folder.symlink_to(there, target_is_directory=True)
    working = dbt.database(place, dbt.PROD)
    shutil.copyfile(dbt.database(lake, dbt.PROD), working)
    rebuild.build(place, project, selected)
    kept = place.warehouse / f"{name}.duckdb"
    working.replace(kept)
    return kept


def _project(room: Room) -> Path:
    return room.folder / f"project-{os.getpid()}" / "dbt_project"


def _copy_with(room: Room, leak: Leak) -> Project:
    original, copy = rooms.project_of(room), _project(room)
    if not copy.is_dir():
        shutil.copytree(original.folder, copy)
    file = copy / leak.path
    if not file.is_file():
        raise ConfigError(f"mutant {leak.name}: no file {leak.path} in the project")
    file.write_text(leak.patched(file.read_text(encoding="utf-8")), encoding="utf-8")
    return replace(original, folder=copy)


def _restore(room: Room, leak: Leak) -> None:
    original = rooms.project_of(room).folder / leak.path
    if original.is_file():
        shutil.copyfile(original, _project(room) / leak.path)
