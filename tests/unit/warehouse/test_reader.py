import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError, SolalphaError
from solalpha.warehouse import catalog, duck, versions
from solalpha.warehouse.catalog import Catalog, ColumnEntry, ModelEntry
from solalpha.warehouse.reader import Reader

HOUR = "timestamp '2025-01-01 00:00:00' + interval (n) hour"


def column(name: str, role: str, experiments: tuple[str, ...] = ()) -> ColumnEntry:
    return ColumnEntry(
        name=name,
        data_type="double",
        description=f"What {name} is.",
        role=role,
        unit="USD",
        feature_group="technical",
        source_table="candles",
        experiments=experiments,
    )


CATALOG = Catalog(
    models=(
        ModelEntry(
            name="features",
            description="One row per coin and closed bar.",
            causality="causal",
            known_at_column="decided_at",
            key=("coin", "bar_closed_at"),
            columns=(
                column("coin", "key"),
                column("rsi_14", "feature", ("paper", "perp")),
                column("close", "feature", ("paper",)),
                column("atr_ratio", "feature", ("perp",)),
            ),
        ),
    )
)


def fill(connection: duckdb.DuckDBPyConnection, schema: str, fingerprint: str) -> None:
    """Write four hourly bars of two coins, as a published version holds them."""
    connection.execute(f"create schema if not exists {schema}")
    grid = (
        "(select unnest(range(4)) as n, unnest(['SOL', 'SOL', 'SOL', 'BTC']) as coin)"
    )
    keys = f"coin, {HOUR} as bar_closed_at"
    for name, columns in {
        "features": "10.0 + n as close, 1.0 as atr_14, 2.0 as ema_50, 3.0 as ema_200, "
        "4.0 as macd_line, 5.0 as macd_signal, 50.0 as rsi_14, "
        "0.01 as return_deviation_20, 0.02 as realised_volatility_24, "
        "0.1 as atr_ratio, 0.5 as sentiment_decayed, 1e-5 as funding_rate_last, "
        f"2e-4 as funding_sum_24, n > 0 as is_warm, {HOUR} as decided_at",
        "training_rows": "10.0 + n as close, 50.0 as rsi_14, 0.1 as atr_ratio, "
        "0.03::double as label_return, true as label_up, 0.5 as sample_weight, "
        f"{HOUR} as known_at, 'PASS' as quality_verdict, n > 0 as is_warm, "
        f"{HOUR} as decided_at",
        "regimes": "1 as regime, -1 as regime_hysteresis, 'low' as volatility_regime",
        "quality_bars": "'WARN' as verdict",
        "bars_final": "10.0 as open, 12.0 as high, 9.0 as low, 11.0 as close, "
        "'mid' as price_source, 11.1 as mark_price, 11.2 as oracle_price, "
        "11.2 as funding_price, 'oracle' as funding_price_source, "
        "1e-5 as funding_rate, 1 as count_funding_due, 1 as count_funding_present, "
        "1.5 as spread_bps, 11.05 as execution_price, "
        f"'mid' as execution_price_source, {HOUR} as execution_at",
    }.items():
        connection.execute(
            f"create table {schema}.{name} as select {keys}, {columns} from {grid} "
            f"where '{name}' <> 'training_rows' or n < 2 order by n desc"
        )
    connection.execute(
        f"create table {schema}.build_info as select '{schema}-id' as build_id, "
        f"'{fingerprint}' as parameters"
    )
    catalog.write(connection, schema, CATALOG, mark="Build 1.")


@pytest.fixture
def published(paths: Paths, parameters: Parameters) -> Paths:
    with (
        versions.written(paths, "first") as file,
        duckdb.connect(str(file)) as connection,
    ):
        fill(connection, "main", json.dumps(parameters.as_dict()))
    versions.point_to(paths, "first")
    return paths


@pytest.fixture
def reader(published: Paths) -> Iterator[Reader]:
    with Reader.open(published) as opened:
        yield opened


def test_open_without_a_published_version_says_what_to_run(paths: Paths) -> None:
    with pytest.raises(
        DataError, match=r"no published version .* run `solalpha build`"
    ):
        Reader.open(paths)


def test_open_of_a_damaged_version_is_refused(published: Paths) -> None:
    versions.current(published).write_bytes(b"torn" * 5000)
    with pytest.raises(DataError, match="cannot be read"):
        Reader.open(published)


def test_reader_keeps_its_version_when_another_is_published(
    published: Paths, reader: Reader
) -> None:
    with (
        versions.written(published, "second") as file,
        duckdb.connect(str(file)) as connection,
    ):
        fill(connection, "main", "{}")
        connection.execute("update build_info set build_id = 'second-id'")
    versions.point_to(published, "second")
    versions.file_of(published, "first").unlink()
    assert reader.build_id == "main-id"
    assert reader.query("select count(*) as n from features").item() == 4
    with Reader.open(published) as later:
        assert later.build_id == "second-id"


def test_reader_does_not_lock_another_process_out(
    published: Paths, reader: Reader
) -> None:
    code = (
        "import duckdb, sys;"
        "print(duckdb.connect(sys.argv[1], read_only=True)"
        ".execute('select count(*) from features').fetchall())"
    )
    file = str(versions.link_of(published))
    done = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[(4,)]"


def test_query_returns_aware_times_and_takes_parameters(reader: Reader) -> None:
    frame = reader.query(
        "select bar_closed_at, close from features where coin = ?", ["BTC"]
    )
    assert frame.rows() == [(datetime(2025, 1, 1, 3, tzinfo=UTC), 13.0)]
    named = reader.query("select $a + 1 as x", {"a": 2})
    assert named.item() == 3


@pytest.mark.parametrize(
    "sql",
    [
        "selec 1",
        "select nothing from features",
        "create table t as select 1",
        "insert into features select * from features",
        "drop table features",
        "copy features to 'stolen.csv'",
        "select * from read_csv('/etc/hostname')",
        "select * from '/etc/hostname'",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "install httpfs",
        "select * from local_frame",
        "",
    ],
)
def test_query_that_is_wrong_or_reaches_out_is_refused_in_one_line(
    reader: Reader, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    local_frame = pl.DataFrame({"x": [1]})
    with pytest.raises(ConfigError) as caught:
        reader.query(sql)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "stolen.csv").exists()
    assert local_frame.height == 1


def test_query_of_two_statements_is_refused(reader: Reader) -> None:
    with pytest.raises(ConfigError, match="holds 2 statements; expected one"):
        reader.query("select 1 as one; select 2 as two")
    assert reader.query("select ';' as mark;").item() == ";"


@settings(max_examples=60, deadline=None)
@given(sql=st.text(max_size=40))
def test_query_of_any_text_raises_nothing_but_our_errors(sql: str) -> None:
    reader = Reader.__new__(Reader)
    reader._connection = duck.memory()
    said = ""
    try:
        reader.query(sql)
    except SolalphaError as error:
        said = str(error)
    finally:
        reader.close()
    assert len(said.splitlines()) <= 1


def test_tables_counts_rows_and_columns(reader: Reader) -> None:
    found = reader.tables()
    by_name = {entry.name: entry for entry in found}
    regimes, features = by_name["regimes"], by_name["features"]
    assert (regimes.rows, regimes.columns, regimes.schema) == (4, 5, "main")
    assert (features.causality, features.known_at) == ("causal", "decided_at")
    assert features.description == "One row per coin and closed bar."
    assert reader.count("features", "SOL") == 3
    with pytest.raises(ConfigError, match="nowhere"):
        reader.count("nowhere", "SOL")


def test_training_rows_are_one_coin_in_time_order(reader: Reader) -> None:
    table = reader.training_rows("SOL", "perp")
    assert table.feature_names == ("rsi_14", "atr_ratio")
    assert table.frame.columns == [
        "coin",
        "bar_closed_at",
        "decided_at",
        "is_warm",
        "rsi_14",
        "atr_ratio",
        "label_return",
        "label_up",
        "sample_weight",
        "known_at",
        "quality_verdict",
    ]
    assert [moment.hour for moment in table.frame["bar_closed_at"]] == [0, 1, 2]
    # The last bar has no label yet; it is there for prediction.
    assert table.frame["label_return"].to_list() == [0.03, 0.03, None]
    assert table.frame["quality_verdict"].to_list() == ["WARN"] * 3


def test_training_rows_of_live_models_lack_barred_features(published: Paths) -> None:
    with (
        versions.written(published, "barred") as file,
        duckdb.connect(str(file)) as connection,
    ):
        fill(connection, "main", "{}")
        fill(connection, "daily", "{}")
        for schema in ("main", "daily"):
            connection.execute(
                f"create table {schema}.barred_features as "
                "select 'SOL' as coin, 'rsi_14' as feature "
                "union all select 'BTC', unnest(['rsi_14', 'atr_ratio'])"
            )
    versions.point_to(published, "barred")
    with Reader.open(published) as barred:
        table = barred.training_rows("SOL", "perp")
        assert table.feature_names == ("atr_ratio",)
        assert table.barred_features == ("rsi_14",)
        assert "rsi_14" not in table.frame.columns
        assert barred.training_rows("SOL", "paper").feature_names == ("rsi_14", "close")
        with pytest.raises(DataError, match="all 2 features of 'perp' are barred"):
            barred.training_rows("BTC", "perp")


def test_training_rows_of_paper_need_daily_bars(
    published: Paths, reader: Reader, parameters: Parameters
) -> None:
    with pytest.raises(DataError, match="needs daily bars"):
        reader.training_rows("SOL", "paper")
    with (
        versions.written(published, "both") as file,
        duckdb.connect(str(file)) as connection,
    ):
        fill(connection, "main", "{}")
        fill(connection, "daily", "{}")
        connection.execute("update daily.features set close = 1440.0")
    versions.point_to(published, "both")
    with Reader.open(published) as both:
        table = both.training_rows("SOL", "paper")
        assert table.feature_names == ("rsi_14", "close")
        assert table.frame["close"].to_list() == [1440.0] * 3
        assert both.decision_rows("BTC", target="daily").height == 1


def test_decision_rows_join_features_regimes_quality_and_final_bars(
    reader: Reader,
) -> None:
    since = datetime(2025, 1, 1, 1, tzinfo=UTC)
    frame = reader.decision_rows("SOL", since)
    assert frame["bar_closed_at"].to_list() == [since, since.replace(hour=2)]
    first = frame.row(0, named=True)
    assert {
        name: first[name]
        for name in (
            "coin",
            "close",
            "final_close",
            "sentiment",
            "quality_verdict",
            "regime_hysteresis",
            "is_warm",
            "execution_price",
            "funding_sum_24",
        )
    } == {
        "coin": "SOL",
        "close": 11.0,
        "final_close": 11.0,
        "sentiment": 0.5,
        "quality_verdict": "WARN",
        "regime_hysteresis": -1,
        "is_warm": True,
        "execution_price": 11.05,
        "funding_sum_24": 2e-4,
    }
    assert reader.decision_rows("SOL").height == 3
    with pytest.raises(ConfigError, match="has no zone"):
        reader.decision_rows("SOL", since.replace(tzinfo=None))


def test_reader_gives_catalog_and_parameters_back(
    published: Paths, reader: Reader, parameters: Parameters
) -> None:
    assert reader.catalog == CATALOG
    assert reader.parameters() == parameters
    assert [entry.name for entry in catalog.features(published, "paper")] == [
        "rsi_14",
        "close",
    ]
    with pytest.raises(DataError, match="declares no feature for experiment 'other'"):
        catalog.features(published, "other")
