"""A notebook's view of one run: frames, times, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from tests.integration.program import SAMPLE_DAYS, Done, call

import solalpha
from solalpha.errors import ConfigError, DataError, SolalphaError
from solalpha.warehouse.published import Published

DAY = datetime(2024, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(done: Done) -> Iterator[Published]:
    # Other tests publish later versions; this one is kept beside them.
    file = f"{done.facts['build_id']}.duckdb"
    with solalpha.open(done.data_dir / "warehouse" / "versions" / file) as tables:
        yield tables


@pytest.fixture(scope="module")
def day(tables: Published) -> datetime:
    """Return a midnight in the middle of the sample."""
    last = tables.bars("SOL", columns=[])["bar_closed_at"].max()
    assert isinstance(last, datetime)
    return last - timedelta(days=SAMPLE_DAYS // 2)


def test_open_a_data_directory_gives_its_current_version(done: Done) -> None:
    with solalpha.open(done.data_dir) as tables:
        assert tables.build_id == tables.path.stem
        assert tables.path.parent.name == "versions"
        assert tables.sql("select build_id from build_info").item() == tables.build_id


def test_frames_are_polars_in_time_order_with_utc_times(
    tables: Published, day: datetime
) -> None:
    frame = tables.features("SOL", since=day, until=day + timedelta(hours=6))
    hours = [day + timedelta(hours=n) for n in range(6)]
    assert frame["bar_closed_at"].to_list() == hours
    assert frame.schema["decided_at"] == pl.Datetime("us", "UTC")
    assert set(frame["coin"]) == {"SOL"}
    both = tables.bars(since=day, until=day + timedelta(hours=1), columns=["close"])
    assert both.columns == ["coin", "bar_closed_at", "close"]
    assert both["coin"].to_list() == ["BTC", "SOL"]


def test_times_may_be_dates_text_and_other_zones(
    tables: Published, day: datetime
) -> None:
    wanted = tables.bars("SOL", since=day)
    assert tables.bars("SOL", since=day.isoformat()).equals(wanted)
    assert tables.bars("SOL", since=day.date().isoformat()).equals(wanted)
    assert tables.bars("SOL", since=date.fromisoformat(str(day.date()))).equals(wanted)
    moved = (day + timedelta(hours=2)).replace(tzinfo=None).isoformat() + "+02:00"
    assert tables.bars("SOL", since=moved).equals(wanted)


def test_bars_of_a_longer_interval_agree_with_polars(tables: Published) -> None:
    found = tables.bars("SOL", every=timedelta(hours=4))
    hourly = tables.bars("SOL")
    wanted = (
        hourly.group_by_dynamic(
            "bar_opened_at", every="4h", closed="left", label="left"
        )
        .agg(
            pl.col("open").drop_nulls().first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").drop_nulls().last(),
            pl.len().alias("count_bars"),
        )
        .filter(pl.col("count_bars") == 4)
        .with_columns(bar_closed_at=pl.col("bar_opened_at") + timedelta(hours=4))
    )
    assert found.height == SAMPLE_DAYS * 6
    columns = ["bar_closed_at", "open", "high", "low", "close", "count_bars"]
    assert found.select(columns).equals(wanted.select(columns))


def test_training_rows_known_by_a_moment_hold_no_later_label(
    tables: Published, day: datetime
) -> None:
    rows = tables.training_rows("SOL", known_by=day, columns=["known_at", "label_up"])
    assert rows.height > 0
    last = rows["known_at"].max()
    assert isinstance(last, datetime)
    assert last <= day
    # A label looks 24 bars ahead and is decided 30 s later: the day before is cut off.
    assert rows["bar_closed_at"].max() == day - timedelta(hours=25)


def test_as_of_gives_what_was_decided_by_then(tables: Published, day: datetime) -> None:
    before = tables.as_of("features", "SOL", day + timedelta(seconds=29))
    after = tables.as_of("features", "SOL", day + timedelta(seconds=30))
    assert before["bar_closed_at"].item() == day - timedelta(hours=1)
    assert after["bar_closed_at"].item() == day
    assert tables.as_of("bars", "SOL", "2000-01-01").is_empty()


def test_tables_and_columns_describe_themselves(tables: Published) -> None:
    listed = tables.tables()
    assert {"bars", "features", "macros", "build_info"} <= set(listed["name"])
    assert all(listed["description"])
    for name in listed["name"]:
        told = tables.describe(name)
        assert all(told["description"]), name
    told = tables.describe("features")
    units = told.filter(pl.col("role") == "feature")["unit"]
    assert all(units)


def test_every_macro_example_runs(tables: Published) -> None:
    for name, example in tables.sql("select name, example from macros").iter_rows():
        assert tables.sql(example).height > 0, name


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (lambda t: t.features("XRP"), DataError, "no coin 'XRP'.* BTC, SOL"),
        (lambda t: t.as_of("bars", "XRP", DAY), DataError, "no coin 'XRP'"),
        (lambda t: t.bars("SOL", columns=["closed"]), ConfigError, "such as close"),
        (lambda t: t.bars("SOL", columns="close"), ConfigError, "list of names"),
        (lambda t: t.describe("feature"), ConfigError, "such as features"),
        (lambda t: t.as_of("labels", "SOL", DAY), ConfigError, "no decided_at"),
        (lambda t: t.as_of("training_rows", "SOL", DAY), ConfigError, "came later"),
        (
            lambda t: t.sql(
                f"from as_of('training_rows', 'SOL', timestamp '{DAY:%F}')"
            ),
            ConfigError,
            "causal table, found training_rows; known_rows",
        ),
        (lambda t: t.bars("SOL", since="today"), ConfigError, "not understood"),
        (lambda t: t.bars("SOL", since=5), ConfigError, "5 is not understood"),
        (lambda t: t.bars("SOL", every=4), ConfigError, "every=4 is not understood"),
        (
            lambda t: t.bars("SOL", since=DAY.replace(tzinfo=None)),
            ConfigError,
            "has no zone",
        ),
        (lambda t: t.bars(every="4 hours"), ConfigError, "expected coin="),
        (lambda t: t.bars("SOL", every="90 minutes"), ConfigError, "whole number"),
        (lambda t: t.bars("SOL", every="often"), ConfigError, "INTERVAL"),
        (lambda t: t.sql("select interval 1 day"), ConfigError, r"interval` type\)$"),
        (lambda t: t.sql("delete from bars"), ConfigError, "read-only"),
        (lambda t: t.sql("create macro f() as 1"), ConfigError, "read-only"),
        (lambda t: t.sql("copy bars to 'bars.csv'"), ConfigError, "refused"),
        (lambda t: t.sql("select 1; select 2"), ConfigError, "2 statements"),
    ],
)
def test_refusals_are_one_line(
    tables: Published,
    ask: Callable[[Published], object],
    kind: type[SolalphaError],
    words: str,
) -> None:
    with pytest.raises(kind, match=words) as caught:
        ask(tables)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda t: t.bars("SOL"),
        lambda t: t.tables(),
        lambda t: t.describe("bars"),
        lambda t: t.build_id,
    ],
)
def test_a_closed_version_says_so(
    done: Done, ask: Callable[[Published], object]
) -> None:
    closed = solalpha.open(done.data_dir)
    closed.close()
    with pytest.raises(ConfigError, match="closed before; expected an open version"):
        ask(closed)


def test_open_refuses_the_working_file_of_dbt(done: Done) -> None:
    with pytest.raises(DataError, match="no published version; expected warehouse"):
        solalpha.open(done.data_dir / "warehouse" / "solalpha.duckdb")


def test_query_may_begin_with_a_comment(done: Done) -> None:
    sql = "-- as copied from a file\nselect count(*) as bars from bars"
    answer = call("query", sql, "--json", "--data-dir", done.data_dir)
    assert answer.code == 0, answer.err
    assert answer.json["rows"][0]["bars"] > 0
    wrong = call("query", "select 1", "--jso", "--data-dir", done.data_dir)
    assert (wrong.code, "No such option: --jso" in wrong.err) == (2, True)


def test_open_refuses_a_schema_that_was_not_built(done: Done) -> None:
    with pytest.raises(DataError, match="no schema 'daily'"):
        solalpha.open(done.data_dir, schema="daily")
