from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from solalpha.config import Paths
from solalpha.errors import ConfigError
from solalpha.raw import ingest_log
from solalpha.raw.ingest_log import IngestEntry

MOMENT = datetime(2025, 7, 1, 12, 30, tzinfo=UTC)
QUIET = IngestEntry(
    table="candles",
    coin="SOL",
    source="hyperliquid",
    interval="1h",
    ingest_id="hyperliquid-1",
    asked_from=MOMENT,
    asked_to=None,
    first_at=MOMENT,
    last_at=MOMENT,
    rows_read=3,
    added=0,
    duplicate=3,
    conflicting=0,
    refused=0,
    repaired=0,
    is_empty_reply=False,
    note="",
)


def test_a_run_that_found_nothing_new_leaves_no_file(paths: Paths) -> None:
    assert ingest_log.write(paths, [QUIET], run_id="a", logged_at=MOMENT) is None
    assert ingest_log.write(paths, [], run_id="a", logged_at=MOMENT) is None
    assert not ingest_log.folder(paths).exists()
    assert ingest_log.read(paths).height == 0


@pytest.mark.parametrize(
    "change",
    [
        {"added": 1},
        {"conflicting": 1},
        {"refused": 1},
        {"repaired": 1},
        {"is_empty_reply": True},
    ],
)
def test_a_notable_run_is_written_whole(paths: Paths, change: dict[str, int]) -> None:
    entries = [QUIET, replace(QUIET, table="trades", interval=None, **change)]
    path = ingest_log.write(paths, entries, run_id="run-1", logged_at=MOMENT)
    assert path == paths.results / "ingests" / "run-1.parquet"
    assert [p.name for p in path.parent.iterdir()] == ["run-1.parquet"]
    stored = ingest_log.read(paths)
    assert stored["table"].to_list() == ["candles", "trades"]
    row = stored.row(1, named=True)
    assert row == {
        "logged_at": MOMENT,
        **{name: getattr(entries[1], name) for name in stored.columns[:-1]},
    }


def test_runs_are_read_in_the_order_they_were_logged(paths: Paths) -> None:
    added = replace(QUIET, added=1)
    earlier = MOMENT.replace(hour=1)
    ingest_log.write(paths, [added], run_id="a", logged_at=MOMENT)
    ingest_log.write(paths, [replace(added, coin="BTC")], run_id="b", logged_at=earlier)
    assert ingest_log.read(paths)["coin"].to_list() == ["BTC", "SOL"]


@pytest.mark.parametrize("run_id", ["", "../a", "a/b", ".hidden", "x" * 129])
def test_a_run_id_that_is_no_file_name_is_refused(paths: Paths, run_id: str) -> None:
    with pytest.raises(ConfigError, match="ingest run id"):
        ingest_log.write(paths, [QUIET], run_id=run_id, logged_at=MOMENT)
