"""The lakes and warehouses that an audit builds and compares, one directory each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from solalpha.audit import scope as scopes
from solalpha.audit.scope import Scope
from solalpha.config import Parameters, Paths, load_paths
from solalpha.errors import ConfigError, DataError, SolalphaError
from solalpha.raw import cut, harder, lake
from solalpha.raw.harder import TableFacts
from solalpha.raw.noise import Noise
from solalpha.warehouse import build as dbt
from solalpha.warehouse import rebuild
from solalpha.warehouse.compare import TableComparison, compare_table
from solalpha.warehouse.rebuild import Project

_LOG = re.compile(r"; see [^()]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Say what is audited: which project, on which part of the lake.

    ``days`` takes the last days of the lake only; ``plants`` adds late rows, holes and
    second readings to tables that have none.
    """

    project: Path | None
    days: int | None
    seed: int
    plants: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Hold the directory that an audit works in, and its numbers."""

    folder: Path
    parameters: Parameters
    wish: Wish

    @property
    def base(self) -> Paths:
        """Return the whole lake of the audit and its build."""
        return load_paths(self.folder / "whole")

    def place(self, name: str) -> Paths:
        """Return the paths of another lake of this audit."""
        return load_paths(self.folder / name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Describe what was built whole.

    ``needs`` names our own models that another project reads as sources; they are
    built first.
    """

    scope: Scope
    manifest: Mapping[str, Any]
    needs: tuple[str, ...]
    selected: tuple[str, ...]


def copy_lake(room: Room, paths: Paths) -> tuple[TableFacts, ...]:
    """Copy the lake of ``paths``, harder where wished, with its scores.

    Raises
    ------
    DataError
        If the lake is empty.
    """
    if not lake.tables(paths):
        raise DataError(
            f"the lake {paths.raw} is empty; expected rows to audit: "
            "`solalpha sample` makes some"
        )
    if room.wish.days is not None and room.wish.days < 1:
        raise ConfigError(f"--days {room.wish.days}; expected 1 or more")
    facts = harder.copy_harder(
        paths,
        room.base,
        room.parameters,
        days=room.wish.days,
        seed=room.wish.seed,
        plants=room.wish.plants,
    )
    if paths.scores.is_dir():
        shutil.copytree(paths.scores, room.base.scores)
    _copy_project(room)
    return facts


def project_of(room: Room) -> Project:
    """Return the audit's own copy of the project: an edit meanwhile changes nothing."""
    wanted = Project.open(room.wish.project, room.parameters)
    return replace(wanted, folder=room.folder / "project")


def _copy_project(room: Room) -> None:
    folder = Project.open(room.wish.project, room.parameters).folder
    kept_out = shutil.ignore_patterns("target", "logs", ".git", ".venv", "data")
    shutil.copytree(folder, room.folder / "project", ignore=kept_out)


def build_whole(room: Room) -> Built:
    """Build the whole lake and find what can be compared.

    Raises
    ------
    ConfigError
        If the project is not one, does not build, or has nothing to compare.
    """
    project = project_of(room)
    named = Project.open(room.wish.project, room.parameters).folder
    try:
        manifest = rebuild.parse(room.base, project)
        nodes = scopes.candidates(manifest)
        if not nodes:
            raise ConfigError(
                f"{named} has no model to compare; expected one that "
                "declares meta.causality or that no other model reads"
            )
        needs = _needs(room, manifest)
        selected = tuple(f"+{node['name']}" for node in nodes)
        _build(room, room.base, project, needs, selected)
    except ConfigError:
        raise
    except SolalphaError as error:
        if room.wish.project is None:
            raise
        # The log that it names goes with the audit's directory.
        told = _LOG.sub("", str(error))
        kind = DataError if isinstance(error, DataError) else ConfigError
        raise kind(f"--project {named}: {told}") from error
    rebuild.keep_views(room.base, [(node["schema"], node["alias"]) for node in nodes])
    scope = scopes.find(
        nodes,
        dbt.database(room.base, dbt.PROD),
        decision_delay_s=room.parameters.decision_delay_s,
    )
    if not scope.audited:
        raise ConfigError(
            f"{named} has no model to compare: {scope.left_out[0]['model']} "
            f"has {scope.left_out[0]['reason']}"
        )
    return Built(scope=scope, manifest=manifest, needs=needs, selected=selected)


def build_cut(
    room: Room, built: Built, moment: datetime, *, is_noise: bool, name: str
) -> Paths:
    """Build the lake as it was at ``moment``; later rows withheld or made noise."""
    part = room.place(name)
    shutil.rmtree(part.data_dir, ignore_errors=True)
    cut_lake(room, part, moment, is_noise=is_noise)
    project = project_of(room)
    _build(room, part, project, built.needs, built.selected)
    rebuild.keep_views(
        part, [(model.schema, model.table) for model in built.scope.audited]
    )
    return part


def cut_lake(room: Room, part: Paths, moment: datetime, *, is_noise: bool) -> None:
    """Copy the lake and its scores as they were at ``moment``."""
    noise = Noise(seed=room.wish.seed) if is_noise else None
    cut.copy_until(room.base, part, room.parameters, moment, noise=noise)
    if not room.base.scores.is_dir():
        return
    shutil.copytree(room.base.scores, part.scores)
    if noise is not None:
        _lie_about_scores(part, room.base, moment, noise)


def arrivals(room: Room, part: Paths) -> dict[str, datetime]:
    """Return when the last row of each coin arrived in a lake of this audit."""
    return cut.last_arrivals(part, room.parameters)


def compare(
    room: Room, built: Built, part: Paths, moment: datetime
) -> list[TableComparison]:
    """Compare every audited model of the cut build with the whole one."""
    return compare_files(
        built,
        dbt.database(room.base, dbt.PROD),
        dbt.database(part, dbt.PROD),
        moment,
        arrivals(room, part),
    )


def compare_files(
    built: Built,
    whole: Path,
    part: Path,
    moment: datetime,
    arrived: Mapping[str, datetime],
) -> list[TableComparison]:
    """Compare every audited model of two databases up to ``moment``."""
    return [
        compare_table(
            whole,
            part,
            table=model.table,
            schema=model.schema,
            key=model.key,
            known_at=model.known_at,
            delay_s=model.delay_s,
            moment=moment,
            arrivals=arrived,
        )
        for model in built.scope.audited
    ]


def _build(
    room: Room,
    paths: Paths,
    project: Project,
    needs: tuple[str, ...],
    selected: tuple[str, ...],
) -> None:
    if needs:
        ours = Project.open(None, room.parameters)
        rebuild.build(paths, ours, [f"+{name}" for name in needs])
    rebuild.build(paths, project, selected)


def _needs(room: Room, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    # Sources of another project that are published models of ours.
    if room.wish.project is None or not manifest["sources"]:
        return ()
    own = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    wanted = {source["identifier"] for source in manifest["sources"].values()} - own
    if not wanted:
        return ()
    ours = rebuild.parse(room.base, Project.open(None, room.parameters))
    public = {
        node["name"]
        for node in ours["nodes"].values()
        if node["resource_type"] == "model" and node["access"] == "public"
    }
    return tuple(sorted(wanted & public))


def _lie_about_scores(
    part: Paths, whole: Paths, moment: datetime, noise: Noise
) -> None:
    # A headline whose first reading had arrived keeps its score: it was known.
    seen = lake.read(whole, "headlines").group_by("headline_id")
    firsts = seen.agg(pl.col("available_at").min())
    unseen = firsts.filter(pl.col("available_at") > moment)["headline_id"].implode()
    for path in sorted(part.scores.rglob("*.parquet")):
        rows = pl.read_parquet(path, hive_partitioning=False)
        is_later = pl.col("headline_id").is_in(unseen)
        later = rows.filter(is_later)
        if later.height:
            told = pl.concat([rows.filter(~is_later), noise.scores(later)])
            told.write_parquet(path)
