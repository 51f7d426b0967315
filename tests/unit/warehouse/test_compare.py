"""Two warehouses are compared cell by cell, up to a moment."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from solalpha.errors import DataError
from solalpha.warehouse.compare import TableComparison, compare_table

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)


def database(path: Path, rows: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table bars as select * from (values " + rows + ") "
            "t(coin, hour, close, volume, known_at)"
        )
    return path


def compare(
    one: Path, two: Path, arrivals: dict[str, datetime] | None = None
) -> TableComparison:
    return compare_table(
        one,
        two,
        table="bars",
        key=("coin", "hour"),
        known_at="known_at",
        moment=NOON,
        arrivals=arrivals or {},
    )


SAME = (
    "('SOL', 1, 10.0::double, 5.0::double, timestamp '2025-07-01 11:00'), "
    "('SOL', 2, null, 6.0, timestamp '2025-07-01 12:00')"
)
LATER = ", ('SOL', 3, 12.0, 7.0, timestamp '2025-07-01 13:00')"


def test_rows_known_later_do_not_count(tmp_path: Path) -> None:
    found = compare(
        database(tmp_path / "a.duckdb", SAME + LATER),
        database(tmp_path / "b.duckdb", SAME),
    )
    assert found.changed == {}
    assert (found.rows, found.columns, found.cells) == (2, 3, 6)
    assert found.non_null_cells == 5


def test_changed_value_filled_null_and_missing_row_are_counted(tmp_path: Path) -> None:
    other = (
        "('SOL', 1, 10.5::double, 5.0::double, timestamp '2025-07-01 11:00'), "
        "('SOL', 4, 1.0, 1.0, timestamp '2025-07-01 12:00')"
    )
    found = compare(
        database(tmp_path / "a.duckdb", SAME),
        database(tmp_path / "b.duckdb", other),
    )
    assert found.changed == {"close": 3, "volume": 2, "known_at": 2}


def test_missing_table_is_refused(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "b.duckdb")).close()
    with pytest.raises(DataError, match="table bars cannot be compared"):
        compare(database(tmp_path / "a.duckdb", SAME), tmp_path / "b.duckdb")


def test_rows_after_the_last_arrival_of_their_coin_do_not_count(tmp_path: Path) -> None:
    one = database(tmp_path / "a.duckdb", SAME)
    two = database(tmp_path / "b.duckdb", SAME.split("), ", maxsplit=1)[0] + ")")
    assert compare(one, two).changed == {"close": 1, "volume": 1, "known_at": 1}
    arrived = NOON.replace(hour=11, minute=30)
    assert compare(one, two, {"SOL": arrived}).changed == {}
    assert compare(one, two, {"BTC": arrived}).changed != {}
    # An arrival after the moment moves nothing.
    later = NOON.replace(hour=13)
    assert compare(one, two, {"SOL": later}).changed != {}


def test_provisional_row_of_the_second_build_does_not_count(tmp_path: Path) -> None:
    one = "('SOL', 1, 10.0::double, 5.0::double, timestamp '2025-07-01 13:00')"
    two = "('SOL', 1, 10.0::double, null::double, timestamp '2025-07-01 11:00')"
    found = compare(
        database(tmp_path / "a.duckdb", one), database(tmp_path / "b.duckdb", two)
    )
    assert (found.rows, found.changed) == (0, {})
