"""Moments lie in holes and before late rows, and a seed names them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from solalpha.audit.moments import choose_moments, covering_moments
from solalpha.config import Paths, load_parameters, load_paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake, storage
from solalpha.raw.schemas import table_schema
from solalpha.raw.timeline import REVISION

START = datetime(2025, 6, 1, tzinfo=UTC)
# A trade a minute for ten hours, silent from minute 400 to 460, one 2 hours late.
SILENT = range(401, 460)
LATE = 300


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Return a lake of trades with one hole and one late row."""
    minutes = [minute for minute in range(600) if minute not in SILENT]
    events = [START + timedelta(minutes=minute) for minute in minutes]
    late = [timedelta(hours=2 if minute == LATE else 0) for minute in minutes]
    frame = pl.DataFrame(
        {
            "coin": ["SOL"] * len(minutes),
            "trade_id": minutes,
            "sequence": minutes,
            "aggressor_side": ["buy"] * len(minutes),
            "price": [100] * len(minutes),
            "size": [1] * len(minutes),
            "event_at": events,
            "available_at": [e + d for e, d in zip(events, late, strict=True)],
            "source": ["hyperliquid"] * len(minutes),
            "origin": ["sample"] * len(minutes),
        }
    )
    schema = table_schema("trades").polars()
    typed = frame.with_columns(
        pl.col(name).cast(schema[name]) for name in frame.columns
    )
    found = load_paths(tmp_path)
    lake.append(found, "trades", typed, ingest_id="test")
    return found


def test_kinds_of_moments_lie_where_they_say(paths: Paths) -> None:
    moments = choose_moments(paths, cuts=8, seed=1)
    assert [moment.kind for moment in moments].count("gap") == 2
    assert [moment.kind for moment in moments].count("late") == 2
    assert [moment.at for moment in moments] == sorted(m.at for m in moments)
    for moment in moments:
        minute = (moment.at - START).total_seconds() / 60
        low, high = {"gap": (400, 460), "late": (300, 420)}.get(moment.kind, (179, 600))
        assert low <= minute <= high


def test_seed_names_the_moments(paths: Paths) -> None:
    assert choose_moments(paths, cuts=5, seed=1) == choose_moments(
        paths, cuts=5, seed=1
    )
    assert choose_moments(paths, cuts=5, seed=1) != choose_moments(
        paths, cuts=5, seed=2
    )


def test_few_moments_meet_hole_and_late_row(paths: Paths) -> None:
    moments = covering_moments(paths, load_parameters(), seed=1)
    met = [moment.table for moment in moments]
    assert ", ".join(met).count("gap trades") == 1
    assert ", ".join(met).count("late trades") == 1
    assert ", ".join(met).count("overtaken trades") == 1


@pytest.mark.parametrize(("arrives", "is_met"), [(310, True), (365, False)])
def test_second_reading_is_met_once_the_first_was_decided_on(
    paths: Paths, arrives: int, is_met: bool
) -> None:
    # A rate of minute 300, read again at minute 415. Bars of an hour are decided at
    # minutes 360 and 420: from minute 365 on no decision is left before 415.
    schema = {**table_schema("funding_rates").polars(), "ingest_id": pl.String()}
    readings = pl.DataFrame(
        {
            "coin": ["SOL"] * 2,
            "funding_rate": [0] * 2,
            "premium": [0] * 2,
            "interval_hours": [1] * 2,
            "event_at": [START + timedelta(minutes=300)] * 2,
            "available_at": [START + timedelta(minutes=m) for m in (arrives, 415)],
            "source": ["hyperliquid"] * 2,
            "origin": ["sample"] * 2,
            "unfit_values": [None] * 2,
            "ingest_id": ["test", REVISION],
        }
    )
    typed = readings.select(pl.col(name).cast(schema[name]) for name in schema)
    storage.write_part(
        paths.raw / "funding_rates" / "coin=SOL" / "month=2025-06", typed
    )
    moments = covering_moments(paths, load_parameters(), seed=1)
    met = ", ".join(moment.table for moment in moments)
    assert ("revised funding_rates" in met) is is_met


def test_no_cut_and_no_lake_are_refused(paths: Paths, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected 1 or more"):
        choose_moments(paths, cuts=0, seed=1)
    with pytest.raises(DataError, match="is empty"):
        choose_moments(load_paths(tmp_path / "none"), cuts=1, seed=1)
