from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake, storage
from solalpha.raw.schemas import BOOK_SNAPSHOTS, CANDLES, TABLES, TRADES

T0 = datetime(2025, 1, 31, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def trades(rows: list[tuple[int, int, str]], **changes: Any) -> pl.DataFrame:
    # (second after T0, trade id, price)
    times = [T0 + timedelta(seconds=second) for second, _, _ in rows]
    columns: dict[str, Any] = {
        "coin": ["SOL"] * len(rows),
        "trade_id": [number for _, number, _ in rows],
        "sequence": list(range(len(rows))),
        "aggressor_side": ["buy"] * len(rows),
        "price": [Decimal(price) for _, _, price in rows],
        "size": [Decimal(1)] * len(rows),
        "event_at": times,
        "available_at": [time + timedelta(seconds=1) for time in times],
        "source": ["file"] * len(rows),
        "origin": ["real"] * len(rows),
    }
    schema = {name: TRADES.columns[name] for name in columns}
    return pl.DataFrame(columns, schema=schema).with_columns(**changes)


def stored_files(paths: Paths) -> list[str]:
    return sorted(p.name for p in paths.raw.rglob("*.parquet"))


def test_schemas_end_with_the_common_columns() -> None:
    common = ["event_at", "available_at", "source", "origin", "ingest_id"]
    for schema in TABLES.values():
        assert list(schema.columns)[-5:] == common
        has_decimals = any(isinstance(t, pl.Decimal) for t in schema.columns.values())
        assert ("unfit_values" in schema.columns) is has_decimals
    assert len(BOOK_SNAPSHOTS.columns) == 2 + 120 + 1 + 5
    assert str(CANDLES.arrow().field("open").type) == "decimal128(18, 8)"
    assert str(CANDLES.arrow().field("open_at").type) == "timestamp[us, tz=UTC]"


def test_append_writes_one_named_file_per_date(paths: Paths) -> None:
    frame = trades([(0, 1, "190.1"), (7200, 2, "190.2"), (7201, 3, "190.3")])
    result = lake.append(paths, "trades", frame, ingest_id="first")
    assert (result.added, result.duplicate, result.conflicting) == (3, 0, 0)
    folders = [path.parent.name for path in result.files]
    assert folders == ["date=2025-01-31", "date=2025-02-01"]
    for path in result.files:
        assert path.stem == f"part-{storage.content_id(path)}"
        assert path.parent.parent.name == "coin=SOL"
    schema = pq.read_schema(result.files[0])
    assert str(schema.field("price").type) == "decimal128(18, 8)"
    assert str(schema.field("event_at").type) == "timestamp[us, tz=UTC]"


def test_append_again_adds_nothing_and_writes_no_file(paths: Paths) -> None:
    frame = trades([(0, 1, "190.1"), (1, 2, "190.2")])
    lake.append(paths, "trades", frame, ingest_id="first")
    before = stored_files(paths)
    result = lake.append(paths, "trades", frame, ingest_id="second")
    assert (result.added, result.duplicate, result.files) == (0, 2, ())
    assert stored_files(paths) == before


def test_append_keeps_out_a_stored_key_with_other_values(paths: Paths) -> None:
    lake.append(paths, "trades", trades([(0, 1, "190.1")]), ingest_id="first")
    frame = trades([(0, 1, "190.2"), (1, 2, "190.3")])
    result = lake.append(paths, "trades", frame, ingest_id="second")
    assert (result.added, result.duplicate, result.conflicting) == (1, 0, 1)
    assert lake.read(paths, "trades")["price"].to_list() == [
        Decimal("190.1"),
        Decimal("190.3"),
    ]


def test_append_counts_repeats_within_a_frame(paths: Paths) -> None:
    frame = trades([(0, 1, "1"), (0, 1, "1"), (0, 1, "2"), (0, 2, "1")])
    result = lake.append(paths, "trades", frame, ingest_id="first")
    assert (result.added, result.duplicate, result.conflicting) == (2, 1, 1)


def test_append_ignores_when_the_row_was_read(paths: Paths) -> None:
    frame = trades([(0, 1, "1")])
    lake.append(paths, "trades", frame, ingest_id="first")
    later = frame.with_columns(pl.col("available_at") + HOUR, sequence=pl.lit(9))
    result = lake.append(
        paths, "trades", later.cast({"sequence": pl.Int64}), ingest_id="second"
    )
    assert (result.duplicate, result.conflicting) == (1, 0)


def test_read_returns_rows_in_event_order(paths: Paths) -> None:
    frame = trades([(7200, 9, "3"), (5, 2, "2"), (0, 1, "1")])
    lake.append(paths, "trades", frame[:1], ingest_id="a")
    lake.append(paths, "trades", frame[1:], ingest_id="b")
    found = lake.read(paths, "trades", "SOL")
    assert found["trade_id"].to_list() == [1, 2, 9]
    assert found["ingest_id"].to_list() == ["b", "b", "a"]
    assert found.schema == TRADES.polars()
    assert lake.read(paths, "trades", "BTC").is_empty()


def test_read_of_an_empty_lake_is_typed(paths: Paths) -> None:
    assert lake.read(paths, "candles").schema == CANDLES.polars()
    assert lake.tables(paths) == []
    assert lake.origin(paths) is None
    assert lake.manifest(paths) == {"files": [], "adopted": []}


def test_unknown_table_is_a_wrong_call(paths: Paths) -> None:
    with pytest.raises(ConfigError, match="raw table 'ticks' is unknown"):
        lake.read(paths, "ticks")


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (trades([(0, 1, "1")], extra=pl.lit(1)), r"unknown \['extra'\]"),
        (trades([(0, 1, "1")]).drop("trade_id"), r"missing \['trade_id'\]"),
        (
            trades([(0, 1, "1")], price=pl.lit(1.5)),
            r"trades\.price is Float64; expected Decimal",
        ),
        (
            trades(
                [(0, 1, "1"), (1, 2, "1")],
                trade_id=pl.Series([1, None], dtype=pl.Int64),
            ),
            r"trades\.trade_id is null in 1 rows \(first: row 1\)",
        ),
        (
            trades([(0, 1, "1")], available_at=pl.col("event_at") - HOUR),
            "before its event",
        ),
        (trades([(0, 1, "1")], origin=pl.lit("dream")), r"origins \['dream'\]"),
        (trades([(0, 1, "1")], coin=pl.lit("../up")), "is not a coin's name"),
    ],
)
def test_append_refuses_a_frame_that_does_not_fit(
    paths: Paths, frame: pl.DataFrame, told: str
) -> None:
    with pytest.raises(DataError, match=told):
        lake.append(paths, "trades", frame, ingest_id="bad")
    assert stored_files(paths) == []


def test_sample_and_real_rows_never_mix(paths: Paths) -> None:
    lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="real")
    sample = trades([(1, 2, "1")], origin=pl.lit("sample"))
    with pytest.raises(DataError, match="holds real rows; expected a lake of sample"):
        lake.append(paths, "trades", sample, ingest_id="sample")
    assert lake.origin(paths) == "real"


def test_real_rows_are_refused_by_a_sample_lake(paths: Paths) -> None:
    sample = trades([(1, 2, "1")], origin=pl.lit("sample"))
    lake.append(paths, "trades", sample, ingest_id="sample")
    assert lake.origin(paths) == "sample"
    with pytest.raises(DataError, match="holds sample rows; expected a lake of real"):
        lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="real")


def test_leftover_of_a_killed_writer_is_ignored_then_cleaned(paths: Paths) -> None:
    result = lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="a")
    leftover = result.files[0].parent / ".abc.tmp"
    leftover.write_bytes(b"PAR1 torn")
    assert lake.read(paths, "trades").height == 1
    assert lake.tables(paths)[0].files == 1
    lake.append(paths, "trades", trades([(1, 2, "1")]), ingest_id="b")
    assert not leftover.exists()


def test_failed_write_leaves_no_half_file(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", fail)
        with pytest.raises(OSError, match="No space"):
            lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="a")
    assert stored_files(paths) == []
    result = lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="a")
    assert result.added == 1
    assert list(paths.raw.rglob("*.tmp")) == []


def test_killed_append_is_completed_by_a_second_run(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = trades([(0, 1, "1"), (7200, 2, "1"), (7201, 3, "1")])
    written: list[Path] = []

    def die_at_the_second(folder: Path, rows: pl.DataFrame) -> Path:
        if written:
            raise KeyboardInterrupt
        written.append(real_write(folder, rows))
        return written[0]

    real_write = storage.write_part
    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_part", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            lake.append(paths, "trades", frame, ingest_id="a")
    assert lake.read(paths, "trades").height == 1
    result = lake.append(paths, "trades", frame, ingest_id="a")
    assert (result.added, result.duplicate) == (2, 1)
    assert lake.read(paths, "trades")["trade_id"].to_list() == [1, 2, 3]


def test_second_process_gets_one_clear_line(paths: Paths) -> None:
    code = (
        "import sys; from solalpha.config import load_paths; "
        "from solalpha.raw.lock import writing\n"
        "with writing(load_paths(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(paths.data_dir)]
    import solalpha

    root = Path(str(solalpha.__file__)).parents[1]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(root)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(lake.LakeBusy, match="another ingest is writing") as error:
            lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="a")
        assert "\n" not in str(error.value)
        holder.kill()  # a killed holder must not leave the lake locked
        holder.wait()
    assert lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="a").added == 1


def test_lock_is_free_again_after_an_error(paths: Paths) -> None:
    with pytest.raises(DataError, match="stop"), lake.writing(paths):
        raise DataError("stop")
    with lake.writing(paths), lake.writing(paths):
        pass
    assert lake.append(paths, "trades", trades([(0, 1, "1")]), ingest_id="a").added == 1


def test_tables_count_rows_and_edges_per_coin(paths: Paths) -> None:
    frame = trades([(0, 1, "1"), (7200, 2, "1")])
    lake.append(paths, "trades", frame, ingest_id="a")
    lake.append(
        paths, "trades", frame[:1].with_columns(coin=pl.lit("BTC")), ingest_id="a"
    )
    btc, sol = lake.tables(paths)
    assert (btc.coin, btc.rows, btc.files) == ("BTC", 1, 1)
    assert (sol.coin, sol.rows, sol.files) == ("SOL", 2, 2)
    assert (sol.first_at, sol.last_at) == (T0, T0 + 2 * HOUR)


def test_manifest_names_content_and_ignores_order_of_arrival(tmp_path: Path) -> None:
    frame = trades([(0, 1, "1"), (7200, 2, "1")])
    one, two = Paths(data_dir=tmp_path / "one"), Paths(data_dir=tmp_path / "two")
    lake.append(one, "trades", frame, ingest_id="a")
    lake.append(two, "trades", frame[1:], ingest_id="a")
    lake.append(two, "trades", frame[:1], ingest_id="a")
    assert lake.manifest(one) == lake.manifest(two)
    entry = lake.manifest(one)["files"][0]
    assert entry["path"].startswith("trades/coin=SOL/date=2025-01-31/part-")
    assert entry["content"] in entry["path"]


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    prices = st.decimals(-(10**9), 10**9, places=8, allow_nan=False)
    row = st.tuples(st.integers(0, 200_000), st.integers(0, 5), prices.map(str))
    return trades(draw(st.lists(row, min_size=1, max_size=30)))


@settings(max_examples=25, deadline=None)
@given(frame=frames(), cut=st.integers(0, 30))
def test_append_round_trips_and_is_idempotent(frame: pl.DataFrame, cut: int) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        paths = Paths(data_dir=folder)
        first = lake.append(paths, "trades", frame[:cut], ingest_id="a")
        both = lake.append(paths, "trades", frame, ingest_id="a")
        expected = frame.unique(["event_at", "trade_id"], keep="first").sort(
            "event_at", "trade_id"
        )
        found = lake.read(paths, "trades").sort("event_at", "trade_id")
        columns = ["event_at", "trade_id", "price", "size", "aggressor_side"]
        assert found.select(columns).equals(expected.select(columns))
        assert first.added + both.added == expected.height
        total = both.added + both.duplicate + both.conflicting
        assert total == frame.height
        again = lake.append(paths, "trades", frame, ingest_id="b")
        assert (again.added, again.files) == (0, ())
    finally:
        shutil.rmtree(folder)
