"""The macros of the published file against values worked by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from solalpha.config import project_dir
from solalpha.errors import ConfigError
from solalpha.warehouse import duck, macros

MACROS = macros.load(project_dir())
START = datetime.fromisoformat("2025-01-01")
# Hours 22:00 to 10:00: close of each hourly bar, None where the bar has no data.
CLOSES = [10.0, 11, 12, 13, 14, None, 16, 17, 18, 19, 20, 21]


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def make(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create table bars (coin varchar, open double, high double, low double, "
        "close double, volume double, bar_opened_at timestamp, "
        "bar_closed_at timestamp, decided_at timestamp)"
    )
    for place, close in enumerate(CLOSES):
        opened = place - 2
        prices: list[float | None] = [None] * 4
        if close is not None:
            prices = [close - 1, close + 0.5, close - 1.5, close]
        decided = hour(opened + 1) + timedelta(seconds=30)
        for coin in ("SOL", "BTC"):
            connection.execute(
                "insert into bars values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    coin,
                    *prices,
                    None if close is None else 2.0,
                    hour(opened),
                    hour(opened + 1),
                    decided,
                ],
            )
    connection.execute(
        "create table labels as select 'SOL' as coin, i as number, "
        "timestamp '2025-01-01' + i * interval 1 hour as known_at from range(5) t(i)"
    )
    connection.execute("create table features as from bars")
    connection.execute(
        "create table catalog_models as select * from (values ('bars', 'causal'), "
        "('features', 'causal'), ('late', 'label')) as t(model, causality)"
    )
    connection.execute("create table late as from bars")
    connection.execute(
        "create table training_rows as select *, known_at as bar_closed_at from labels"
    )
    connection.execute(
        "create table backtest_equity (run_id varchar, bar_closed_at timestamp, "
        "equity_usd double)"
    )
    marks = {"a": [100.0, 110, 99, 120, 90, 126], "b": [50.0, 40]}
    for run, equity in marks.items():
        for place, mark in enumerate(equity):
            # Six marks twelve hours apart: the second one closes a day at midnight.
            at = hour(12 + 12 * place)
            connection.execute(
                "insert into backtest_equity values (?, ?, ?)", [run, at, mark]
            )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the macros and tables small enough to work by hand."""
    path = tmp_path_factory.mktemp("macros") / "small.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as made (storage_version 'v1.4.0')")
        connection.execute("use made")
        make(connection)
        macros.write(connection, "main", MACROS, mark="Build x.")
        connection.execute("use memory")
    return path


@pytest.fixture
def connection(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duck.read_only(file)
    yield connection
    connection.close()


def value(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    [(found,)] = connection.execute(f"select {sql}").fetchall()
    return found


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("log_return(100, 110)", math.log(1.1)),
        ("log_return(0, 110)", None),
        ("log_return(100, null)", None),
        # 0.00001 an hour, 8760 hours.
        ("annualised_funding(0.00001)", 0.0876),
        ("annualised_funding(0.0001, interval_hours := 8)", 0.1095),
        ("annualised_funding(null)", None),
        ("max_drawdown([100, 120, 90, 130, 117])", -0.25),
        ("max_drawdown([1, 2, 3])", 0.0),
        ("max_drawdown([null, 4, null, 3])", -0.25),
        ("max_drawdown([])", None),
        # Mean 0.01, sample deviation sqrt(2) * 0.01.
        ("sharpe([0.0, 0.02])", math.sqrt(365 / 2)),
        ("sharpe([0.0, null, 0.02], periods_per_year := 8760)", math.sqrt(4380)),
        ("sharpe([0.01])", None),
        ("sharpe([0.5, 0.5])", None),
    ],
)
def test_scalar_macro_gives_the_hand_worked_value(
    connection: duckdb.DuckDBPyConnection, sql: str, wanted: float | None
) -> None:
    assert value(connection, sql) == (
        None if wanted is None else pytest.approx(wanted, rel=1e-12)
    )


def test_drawdown_keeps_the_peak_over_unknown_marks(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = value(connection, "drawdown([null, 100, 50, null, 200, 150])")
    assert found == [None, 0.0, -0.5, None, 0.0, -0.25]


def test_resample_gives_whole_buckets_labelled_by_their_right_edge(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.execute(
        "select coin, bar_closed_at, open, high, low, close, volume, count_bars, "
        "count_priced_bars, is_complete, bar_opened_at, decided_at "
        "from resample_bars('SOL', interval '4 hours')"
    ).fetchall()
    late = timedelta(seconds=30)
    # 22:00 to midnight is half a bucket, 08:00 to 10:00 the unfinished newest one.
    assert found == [
        (
            "SOL",
            hour(4),
            11.0,
            14.5,
            10.5,
            14.0,
            None,
            4,
            3,
            False,
            hour(0),
            hour(4) + late,
        ),
        (
            "SOL",
            hour(8),
            15.0,
            19.5,
            14.5,
            19.0,
            8.0,
            4,
            4,
            True,
            hour(4),
            hour(8) + late,
        ),
    ]


def test_resample_at_the_bars_own_length_gives_the_bars(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    columns = "coin, bar_closed_at, open, high, low, close, volume, decided_at"
    same = connection.execute(
        f"select {columns} from resample_bars('SOL', interval '1 hour')"
    ).fetchall()
    assert (
        same
        == connection.execute(
            f"select {columns} from bars where coin = 'SOL' order by bar_closed_at"
        ).fetchall()
    )


@pytest.mark.parametrize("every", ["30 minutes", "90 minutes"])
def test_resample_refuses_an_interval_that_cuts_bars(
    connection: duckdb.DuckDBPyConnection, every: str
) -> None:
    with pytest.raises(duckdb.Error, match="whole number of bars"):
        connection.execute(f"from resample_bars('SOL', interval '{every}')").fetchall()


def test_as_of_reads_by_decision_and_not_by_label(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    def closed(moment: str) -> list[tuple[datetime]]:
        return connection.execute(
            f"select bar_closed_at from as_of('bars', 'SOL', timestamp '{moment}')"
        ).fetchall()

    assert closed("2025-01-01 04:00:29.999999") == [(hour(3),)]
    assert closed("2025-01-01 04:00:30") == [(hour(4),)]
    assert closed("2024-12-31 23:00:00") == []
    # A row that is labelled by a bar may hold what came after it.
    for name in ("late", "LATE"):
        with pytest.raises(duckdb.Error, match=f"causal table, found {name}"):
            connection.execute(
                f"select 1 from as_of('{name}', 'SOL', timestamp '2025-01-02')"
            ).fetchall()


def test_kind_of_each_macro_is_how_it_is_called() -> None:
    kinds = {macro.name: macro.kind for macro in MACROS}
    scalar = {"log_return", "annualised_funding", "drawdown", "max_drawdown", "sharpe"}
    assert {name for name, kind in kinds.items() if kind == "scalar"} == scalar


def test_as_of_of_one_table_says_the_same(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    moment = "timestamp '2025-01-01 04:00:30'"
    for table in ("bars", "features"):
        found = connection.execute(f"from as_of_{table}('SOL', {moment})").fetchall()
        assert len(found) == 1
        assert (
            found
            == connection.execute(f"from as_of('{table}', 'SOL', {moment})").fetchall()
        )
    assert connection.execute(
        "select number from known_training_rows('SOL', timestamp '2025-01-01 01:00')"
    ).fetchall() == [(0,), (1,)]


def test_known_rows_are_those_known_by_then(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.execute(
        "select number from known_rows('labels', 'SOL', timestamp '2025-01-01 02:00') "
        "order by number"
    ).fetchall()
    assert found == [(0,), (1,), (2,)]


def test_run_drawdowns_fall_from_the_peak_of_their_own_run(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.execute(
        "select peak_equity_usd, round(drawdown, 12), peak_at from run_drawdowns('a')"
    ).fetchall()
    at = [hour(12 + 12 * place) for place in range(6)]
    assert found == [
        (100.0, 0.0, at[0]),
        (110.0, 0.0, at[1]),
        (110.0, -0.1, at[1]),
        (120.0, 0.0, at[3]),
        (120.0, -0.25, at[3]),
        (126.0, 0.0, at[5]),
    ]


def test_run_daily_returns_end_days_at_midnight(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.execute(
        "select day_on, equity_usd, round(daily_return, 12) from run_daily_returns('a')"
    ).fetchall()
    # Marks 100, 110 | 99, 120 | 90, 126: each day's second one stands at midnight.
    assert found == [
        (date(2025, 1, 1), 110.0, 0.1),
        (date(2025, 1, 2), 120.0, round(120 / 110 - 1, 12)),
        (date(2025, 1, 3), 126.0, 0.05),
    ]


def test_every_macro_is_described_and_nothing_else_is(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = connection.execute("from macros").fetchall()
    assert [row[0] for row in rows] == [entry.name for entry in MACROS]
    assert all(all(row) for row in rows)
    for entry in MACROS:
        asked = re.findall(r"\w+(?= :=|[,)])", entry.call.split("(", 1)[1])
        said = [part.split(":")[0] for part in entry.parameter_meanings.split("; ")]
        assert {name for name in asked if not name.isdigit()} <= set(said), entry.name
        assert entry.name in entry.example


def test_no_macro_has_a_common_table_expression() -> None:
    # The oldest client loses them: a stored macro then knows no such table.
    for entry in MACROS:
        bare = re.sub(r"--[^\n]*", "", entry.sql)
        assert not re.search(r"\bwith\b", bare), entry.name


def test_undescribed_macro_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / macros.FOLDER
    folder.mkdir()
    (folder / "_macros.yml").write_text("macros: []")
    (folder / "lost.sql").write_text("create macro {schema}.lost() as 1")
    with pytest.raises(ConfigError, match="lost not described"):
        macros.load(tmp_path)
    (folder / "_macros.yml").write_text("macros: [{name: lost}]")
    with pytest.raises(ConfigError, match="does not describe"):
        macros.load(tmp_path)
    assert macros.load(tmp_path / "nowhere") == ()
