"""The ledger as files for analysts."""

from datetime import timedelta

import polars as pl
import pytest
from tests.unit.execution.desk import BAR, make_desk

from solalpha.config import load_paths
from solalpha.execution.export import TABLES, empty_frame, export_ledger

DAY = timedelta(days=1)


@pytest.fixture
def desk(fast_dir):
    made = make_desk(fast_dir)
    yield made
    made.close()


def read(desk, table):
    return pl.read_parquet(desk.paths.results / table / "*.parquet")


def test_each_day_has_its_file_with_the_agreed_types(desk):
    desk.cycle(5)
    desk.advance(BAR + DAY, "152")
    desk.cycle(-3, bar=BAR + DAY)
    counts = export_ledger(desk.paths)
    assert counts == {
        "decisions": 2,
        "orders": 5,
        "fills": 3,
        "equity": 2,
        "positions": 2,
        "risk_events": 0,
    }
    names = sorted(path.name for path in (desk.paths.results / "orders").iterdir())
    assert names == ["2025-07-01.parquet", "2025-07-02.parquet"]
    for table in set(TABLES) - {"risk_events"}:
        assert read(desk, table).schema == pl.Schema(TABLES[table])
    fills = read(desk, "fills").sort("filled_at")
    assert fills["price"].to_list() == [150.01, 151.99, 151.99]
    assert fills["mid_at_decision"].to_list() == [150.0, 152.0, 152.0]
    assert read(desk, "orders")["state"].to_list().count("filled") == 3


def test_nothing_is_rewritten_when_nothing_changed(desk):
    desk.cycle(5)
    export_ledger(desk.paths)
    path = desk.paths.results / "orders" / "2025-07-01.parquet"
    before = path.stat().st_ino
    export_ledger(desk.paths)
    assert path.stat().st_ino == before
    desk.advance(BAR + timedelta(hours=1), "143")
    desk.cycle(0, bar=BAR + DAY)
    export_ledger(desk.paths)
    assert path.stat().st_ino != before


def test_days_that_the_ledger_lost_are_removed(desk):
    desk.cycle(5)
    export_ledger(desk.paths)
    stale = desk.paths.results / "orders" / "2020-01-01.parquet"
    empty_frame("orders").write_parquet(stale)
    export_ledger(desk.paths)
    assert not stale.exists()


def test_without_a_ledger_there_is_nothing(fast_dir):
    assert set(export_ledger(load_paths(fast_dir)).values()) == {0}


@pytest.mark.parametrize("table", TABLES)
def test_empty_table_is_typed(table):
    assert empty_frame(table).schema == pl.Schema(TABLES[table])
