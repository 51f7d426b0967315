"""What sample a lake holds: the record beside the truth, and the truth's file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import lake

_NAME = "sample.json"
_SIMULATOR = 2  # raised where the same arguments begin to give other rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWish:
    """Name the sample that is asked for.

    Attributes
    ----------
    declared : the parameters that reach the rows: the coins and the delays
    """

    days: int
    seed: int
    edge: float
    book_interval_s: int
    outages_per_year: float
    start_at: datetime
    declared: dict[str, str | int]

    @property
    def start_us(self) -> int:
        """First moment, microseconds since the epoch."""
        return clock.to_us(self.start_at)

    @property
    def end_at(self) -> datetime:
        """Last moment, the close of the last hour."""
        return clock.aware(self.start_at) + timedelta(days=self.days)

    @property
    def name(self) -> str:
        """Text that identifies the sample's rows in the lake."""
        return f"sample-{self.seed}-{self.edge}-{self.days}"

    def as_record(self) -> dict[str, Any]:
        """Return the arguments as JSON values."""
        return {
            "days": self.days,
            "seed": self.seed,
            "edge": self.edge,
            "simulator": _SIMULATOR,
            "book_interval_s": self.book_interval_s,
            "outages_per_year": self.outages_per_year,
            "start_at": clock.iso(self.start_at),
            "declared": self.declared,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSummary:
    """Describe a written sample.

    Attributes
    ----------
    bayes_auc : AUC of the true probabilities against what happened; NaN where no
        outcome is simulated
    rows : raw table to rows
    first_at, last_at : start of the first hour and close of the last
    """

    days: int
    seed: int
    edge: float
    bayes_auc: float
    rows: dict[str, int]
    first_at: datetime
    last_at: datetime


def stored(paths: Paths, wish: SampleWish) -> SampleSummary | None:
    """Return the summary of the lake's sample if it is whole and the one asked for.

    None means that it is to be written, or written to its end.

    Raises
    ------
    DataError
        If the lake holds another sample.
    """
    if lake.origin(paths) is None:
        return None
    found = _read(paths)
    if found.get("wish") != wish.as_record():
        raise DataError(_difference(paths, found.get("wish"), wish.as_record()))
    summary = found.get("summary")
    if summary is None or _rows(paths) != summary["rows"]:
        return None
    bayes_auc = summary["bayes_auc"]
    return SampleSummary(
        days=wish.days,
        seed=wish.seed,
        edge=wish.edge,
        bayes_auc=float("nan") if bayes_auc is None else float(bayes_auc),
        rows=dict(summary["rows"]),
        first_at=clock.aware(wish.start_at),
        last_at=wish.end_at,
    )


def _difference(paths: Paths, stored: Any, wished: dict[str, Any]) -> str:
    remedy = "choose another --data-dir, or remove this one"
    if not isinstance(stored, dict):
        return (
            f"{paths.raw} holds a sample of unknown origin; expected {wished}: {remedy}"
        )
    names = [
        name
        for name in dict.fromkeys((*wished, *stored))
        if stored.get(name) != wished.get(name)
    ]
    found = {name: stored.get(name) for name in names}
    expected = {name: wished.get(name) for name in names}
    return f"{paths.raw} holds a sample of {found}; expected {expected}: {remedy}"


def begin(paths: Paths, wish: SampleWish) -> None:
    """Record what is about to be written."""
    _put(paths, {"wish": wish.as_record()})


def finish(paths: Paths, wish: SampleWish, summary: SampleSummary) -> None:
    """Record that the sample is whole."""
    known = summary.bayes_auc == summary.bayes_auc
    found = {"rows": summary.rows, "bayes_auc": summary.bayes_auc if known else None}
    _put(paths, {"wish": wish.as_record(), "summary": found})


def require_empty(paths: Paths) -> None:
    """Refuse a lake that holds rows: defects are planted in a new sample only.

    Raises
    ------
    DataError
        If the lake holds rows.
    """
    if lake.origin(paths) is not None:
        raise DataError(
            f"{paths.raw} holds rows already; expected an empty lake to plant defects "
            "in: choose another --data-dir"
        )


def mark_defects(paths: Paths, names: list[str]) -> None:
    """Record that the sample holds defects; it is then taken for no clean one."""
    record = _read(paths)
    record["wish"] = {**record["wish"], "defects": names}
    _put(paths, record)


def put_truth(paths: Paths, name: str, frame: pl.DataFrame) -> None:
    """Write the true probabilities, atomically."""
    paths.truth.mkdir(parents=True, exist_ok=True)
    temporary = paths.truth / f".{name}.tmp"
    frame.write_parquet(temporary, compression="zstd")
    temporary.replace(paths.truth / name)


def _rows(paths: Paths) -> dict[str, int]:
    rows: dict[str, int] = {}
    for table in lake.tables(paths):
        rows[table.table] = rows.get(table.table, 0) + table.rows
    return rows


def _path(paths: Paths) -> Path:
    return paths.truth / _NAME


def _read(paths: Paths) -> dict[str, Any]:
    path = _path(paths)
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON; expected the sample's record") from error
    if not isinstance(found, dict):
        raise DataError(f"{path} holds no JSON object; expected the sample's record")
    return found


def _put(paths: Paths, record: dict[str, Any]) -> None:
    paths.truth.mkdir(parents=True, exist_ok=True)
    temporary = _path(paths).with_suffix(".tmp")
    temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    temporary.replace(_path(paths))
