"""Read each decision's row as it was served, and as training reads it later.

A lake cut at a bar's decision is built and published, and its last row read by the
functions that trading reads. The same row of the whole lake has to be equal.
"""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from solalpha import clock
from solalpha.audit import pool, rooms
from solalpha.audit.moments import FIRST_SHARE
from solalpha.audit.replay import workplace
from solalpha.audit.rooms import Room, Wish
from solalpha.config import Parameters, Paths
from solalpha.cycle.source import Progress
from solalpha.errors import ConfigError, DataError
from solalpha.model import predict
from solalpha.raw import lake
from solalpha.warehouse import rebuild
from solalpha.warehouse.catalog import EXPERIMENTS
from solalpha.warehouse.publish import publish
from solalpha.warehouse.reader import Reader
from solalpha.warehouse.rows_sql import FINAL_COLUMNS

_LABELS = ("label_return", "label_up", "sample_weight", "known_at")
_EVERYTHING = ("*",)
PREDICTION = "probability_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingResult:
    """Count the cells in which served rows differ from later training rows.

    ``unserved`` counts bars that no row had closed when they were to be decided; they
    are no rows of this audit. ``predictions`` counts rows that a champion judged too;
    ``distinct_predictions`` are its different answers over the whole lake: a model that
    gives one answer to all proves nothing here.
    """

    rows: int
    columns: int
    differing: int
    differing_cells: tuple[dict[str, str], ...]
    unserved: int
    predictions: int
    distinct_predictions: int
    model_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Say which bar one process serves, and to whose model."""

    room: Room
    experiment: str
    registry: Paths
    has_champion: bool
    bar_closed_at: datetime
    decided_at: datetime
    number: int


Row = dict[str, Any]


def run_serving(
    paths: Paths,
    parameters: Parameters,
    wish: Wish,
    *,
    bars: int,
    experiment: str,
    jobs: int,
    progress: Progress | None,
) -> ServingResult:
    """Serve ``bars`` random bars of the traded coin and compare them.

    Raises
    ------
    ConfigError
        If ``bars`` is not positive, or ``experiment`` unknown.
    DataError
        If the lake has no priced bar, or none could be served.
    """
    if bars < 1:
        raise ConfigError(f"--bars {bars}; expected 1 or more")
    if experiment not in EXPERIMENTS:
        raise ConfigError(
            f"experiment {experiment!r} is unknown; expected one of "
            f"{', '.join(EXPERIMENTS)}"
        )
    model_id = _champion(paths, experiment, parameters.trade_coin)
    with workplace(paths) as folder:
        room = Room(folder=folder, parameters=parameters, wish=wish)
        rooms.copy_lake(room, paths)
        whole = _rows(room, room.base, experiment)
        chosen = _choose(whole, bars=bars, seed=wish.seed)
        tasks = [
            Serving(
                room=room,
                experiment=experiment,
                registry=paths,
                has_champion=bool(model_id),
                bar_closed_at=row["bar_closed_at"],
                decided_at=row["decided_at"],
                number=number,
            )
            for number, row in enumerate(chosen)
        ]
        later = _predicted(paths, experiment, parameters, whole, bool(model_id))
        found: list[ServingRow] = []
        for _, served in pool.each(serve, tasks, jobs=jobs):
            found.append(served)
            if progress is not None:
                progress("rows served", len(found), len(tasks))
    return _summed(found, later, model_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingRow:
    """Hold the row that a decision read; None where its bar was not closed yet."""

    bar_closed_at: datetime
    row: Row | None


def serve(task: Serving) -> ServingRow:
    """Build the lake as it was at the decision and read its last row."""
    part = task.room.place(f"bar-{task.number}")
    rooms.cut_lake(task.room, part, task.decided_at, is_noise=False)
    frame = _rows(task.room, part, task.experiment)
    rows = _predicted(
        task.registry,
        task.experiment,
        task.room.parameters,
        frame.tail(1),
        task.has_champion,
    )
    shutil.rmtree(part.data_dir)
    return ServingRow(
        bar_closed_at=task.bar_closed_at, row=rows.get(task.bar_closed_at)
    )


def differences(served: Row, later: Row) -> tuple[str, ...]:
    """Return the columns of ``later`` in which ``served`` is not the same value.

    Unknown equals unknown; a column that only one of them has differs.
    """
    names = {**later, **served}
    return tuple(
        name
        for name in names
        if name not in served
        or name not in later
        or not _is_same(served[name], later[name])
    )


def _is_same(one: object, two: object) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return one == two or (math.isnan(one) and math.isnan(two))
    return one == two


def _rows(room: Room, paths: Paths, experiment: str) -> pl.DataFrame:
    # What trading reads of every bar, but for what only hindsight knows.
    parameters = room.parameters
    project = rooms.project_of(room)
    rebuild.build(paths, project, _EVERYTHING)
    publish(
        paths,
        parameters,
        raw_manifest=lake.manifest(paths),
        published_at=clock.now(),
        project=project.folder,
    )
    with Reader.open(paths) as reader:
        features = reader.training_rows(parameters.trade_coin, experiment).frame
        decisions = reader.decision_rows(parameters.trade_coin)
    features = features.drop(name for name in _LABELS if name in features.columns)
    known = [
        name
        for name in decisions.columns
        if name not in FINAL_COLUMNS and name not in features.columns
    ]
    if not features.height:
        raise DataError(
            f"no bar of {parameters.trade_coin} in {paths.raw}; expected some"
        )
    return features.join(
        decisions.select("bar_closed_at", *known), on="bar_closed_at", how="left"
    ).sort("bar_closed_at")


def _choose(whole: pl.DataFrame, *, bars: int, seed: int) -> list[Row]:
    later = whole.filter(pl.col("close").is_not_null()).to_dicts()
    later = later[int(len(later) * FIRST_SHARE) :]
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    chosen = draw.sample(later, min(bars, len(later)))
    return sorted(chosen, key=lambda row: row["bar_closed_at"])


def _champion(paths: Paths, experiment: str, coin: str) -> str:
    try:
        return predict.load_champion(paths, experiment, coin).manifest.model_id
    except (ConfigError, DataError):
        return ""


def _predicted(
    registry: Paths,
    experiment: str,
    parameters: Parameters,
    frame: pl.DataFrame,
    has_champion: bool,
) -> dict[datetime, Row]:
    rows = {row["bar_closed_at"]: row for row in frame.to_dicts()}
    if has_champion:
        champion = predict.load_champion(registry, experiment, parameters.trade_coin)
        features = frame.select(champion.manifest.feature_names)
        told = predict.predict(champion, features)
        for row, probability in zip(rows.values(), told, strict=True):
            row[PREDICTION] = float(probability)
    return rows


def _summed(
    found: Sequence[ServingRow], later: dict[datetime, Row], model_id: str
) -> ServingResult:
    served = [one for one in found if one.row is not None]
    if not served:
        raise DataError(
            f"none of {len(found)} bars was closed by a row at its decision; expected "
            "a lake whose rows arrive soon after a bar's end"
        )
    cells = tuple(
        {
            "bar_closed_at": clock.iso(one.bar_closed_at),
            "column": name,
            "served": str((one.row or {}).get(name)),
            "later": str(later[one.bar_closed_at].get(name)),
        }
        for one in sorted(served, key=lambda each: each.bar_closed_at)
        for name in differences(one.row or {}, later[one.bar_closed_at])
    )
    return ServingResult(
        rows=len(served),
        columns=len(next(iter(later.values()))),
        differing=len(cells),
        differing_cells=cells,
        unserved=len(found) - len(served),
        predictions=len(served) if model_id else 0,
        distinct_predictions=len(
            {row[PREDICTION] for row in later.values() if PREDICTION in row}
        ),
        model_id=model_id,
    )
