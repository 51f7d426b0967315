from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake, lakehouse
from solalpha.raw.adopted_changes import changed_files
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS

ROWS = 60
COLUMNS = ("best_bid", "best_ask", "ofi_ratio", "is_us_open")


def times(month: str, kind: str) -> pa.Array:
    first = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    moments = [first + timedelta(minutes=n) for n in range(ROWS)]
    ms = pa.array([round(m.timestamp() * 1000) for m in moments])
    typed = {
        "ns_utc": pa.timestamp("ns", "UTC"),
        "us_utc": pa.timestamp("us", "UTC"),
        "ns": pa.timestamp("ns"),
        "ms": pa.timestamp("ms"),
    }
    if kind in typed:
        return ms.cast(pa.timestamp("ms")).cast(typed[kind])
    factor = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}
    return pa.array([int(m.timestamp()) * factor[kind] for m in moments])


def write(
    root: Path,
    month: str,
    kind: str = "ns_utc",
    *,
    folder: str | None = None,
    columns: tuple[str, ...] = COLUMNS,
    **changes: Any,
) -> Path:
    table: dict[str, Any] = {"timestamp": times(month, kind)}
    for name in columns:
        is_flag = name.startswith("is_")
        table[name] = [n % 2 == 0 if is_flag else 100.0 + n for n in range(ROWS)]
    year, number = (folder or month).split("-")
    target = root / "consolidated" / "SOL" / f"year={year}" / f"month={number}"
    target.mkdir(parents=True, exist_ok=True)
    file = target / "part.parquet"
    pq.write_table(pa.table(table | changes), file, row_group_size=20)
    return file


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ns_utc", "timestamptz"),
        ("us_utc", "timestamptz"),
        ("ns", "timestamp"),
        ("ms", "timestamp"),
        ("epoch_s", "s"),
        ("epoch_ms", "ms"),
        ("epoch_us", "us"),
        ("epoch_ns", "ns"),
    ],
)
def test_every_kind_of_time_is_recognised(
    tmp_path: Path, paths: Paths, parameters: Parameters, kind: str, expected: str
) -> None:
    file = write(tmp_path / "lh", "2024-02", kind)
    summary = lakehouse.adopt(paths, parameters, tmp_path / "lh", None)
    row = lake.read(paths, "adopted_files").row(0, named=True)
    assert (row["timestamp_kind"], row["time_zone"]) == (expected, "UTC")
    assert row["file_path"] == str(file)
    assert (row["month"], row["row_count"]) == ("2024-02", ROWS)
    assert row["first_event_at"] == datetime(2024, 2, 1, tzinfo=UTC)
    assert row["last_event_at"] == datetime(2024, 2, 1, 0, 59, tzinfo=UTC)
    assert row["size_bytes"] == file.stat().st_size
    assert row["columns"] == list(COLUMNS)
    assert (summary.added, summary.coin) == (1, "SOL")


@pytest.mark.parametrize("below", ["", "consolidated", "consolidated/SOL"])
def test_adopt_again_from_any_level_adds_nothing(
    tmp_path: Path, paths: Paths, parameters: Parameters, below: str
) -> None:
    root = tmp_path / "lh"
    write(root, "2024-02")
    write(root, "2024-03")
    lakehouse.adopt(paths, parameters, root, None)
    before = lake.manifest(paths)
    again = lakehouse.adopt(paths, parameters, root / below, None)
    assert (again.added, again.duplicate, again.conflicting) == (0, 2, 0)
    assert lake.manifest(paths) == before
    assert len(before["adopted"]) == 2


def test_changed_and_vanished_files_are_registered_anew(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    root = tmp_path / "lh"
    write(root, "2024-02")
    gone = write(root, "2024-03")
    lakehouse.adopt(paths, parameters, root, None)
    before = lake.manifest(paths)
    gone.unlink()
    write(root, "2024-02", columns=("best_bid", "best_ask"))
    summary = lakehouse.adopt(paths, parameters, root, None)
    assert (summary.added, summary.conflicting) == (0, 1)
    assert "1 files are gone since and were struck off" in summary.notes
    assert lake.read(paths, "adopted_files").height == 1
    assert lake.manifest(paths) != before
    names = lake.read(paths, "adopted_columns")["column_name"].to_list()
    assert names == ["best_ask", "best_bid"]


def test_coverage_drift_and_holes_are_told(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    root = tmp_path / "lh"
    write(root, "2024-02")
    words = pa.array(["a"] * ROWS)
    write(root, "2024-03", columns=("best_bid", "best_ask"), ofi_ratio=words)
    write(root, "2024-05", extra=words)
    notes = lakehouse.adopt(paths, parameters, root, None).notes
    assert notes[0] == "180 rows in 3 files"
    missing = "mid_price, spread, spread_bps, depth_imbalance_5, depth_imbalance_10"
    assert notes[1].startswith(f"4 of {len(ORDER_FLOW_COLUMNS)} contract columns")
    assert missing in notes[1]
    assert "ofi_ratio missing or no number in 2024-03" in notes
    assert "ofi_ratio changes type: double, string" in notes
    assert "is_us_open missing or no number in 2024-03" in notes
    assert "months without files: 2024-04" in notes
    assert "1 other columns not read: extra" in notes


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_mapping_renames_scales_and_shifts(
    tmp_path: Path, paths: Paths, parameters: Parameters, form: str
) -> None:
    root = tmp_path / "lh"
    renamed = write(root, "2024-02", "ns", columns=("bid", "best_ask", "spread_pct"))
    table = pq.read_table(renamed).rename_columns(
        ["ts", "bid", "best_ask", "spread_pct"]
    )
    pq.write_table(table, renamed)
    mapping = {
        "columns": {"best_bid": "bid", "spread_bps": "spread_pct"},
        "timestamp": {"column": "ts", "time_zone": "America/New_York"},
        "scales": {"spread_bps": 100},
    }
    text = json.dumps(mapping)
    if form == "yaml":
        text = (
            "columns: {best_bid: bid, spread_bps: spread_pct}\n"
            "timestamp:\n  column: ts\n  time_zone: America/New_York\n"
            "scales:\n  spread_bps: 100\n"
        )
    file = tmp_path / f"mapping.{form}"
    file.write_text(text)
    lakehouse.adopt(paths, parameters, root, file)
    row = lake.read(paths, "adopted_files").row(0, named=True)
    assert (row["timestamp_column"], row["time_zone"]) == ("ts", "America/New_York")
    assert row["first_event_at"] == datetime(2024, 2, 1, 5, tzinfo=UTC)
    columns = lake.read(paths, "adopted_columns")
    assert columns.select("column_name", "source_column", "scale").rows() == [
        ("best_ask", "best_ask", 1.0),
        ("best_bid", "bid", 1.0),
        ("spread_bps", "spread_pct", 100.0),
    ]


@pytest.mark.parametrize("kind", ["epoch_s", "epoch_ms", "epoch_us", "epoch_ns"])
def test_epoch_is_utc_whatever_zone_naive_times_have(
    tmp_path: Path, paths: Paths, parameters: Parameters, kind: str
) -> None:
    root = tmp_path / "lh"
    write(root, "2024-02", kind)
    write(root, "2024-03", "ns")
    file = tmp_path / "mapping.yaml"
    file.write_text("timestamp: {time_zone: Asia/Tokyo}")
    lakehouse.adopt(paths, parameters, root, file)
    found = lake.read(paths, "adopted_files").sort("month")
    assert found["time_zone"].to_list() == ["UTC", "Asia/Tokyo"]
    assert found["first_event_at"].to_list() == [
        datetime(2024, 2, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 15, tzinfo=UTC),
    ]


@pytest.mark.parametrize("name", ["a*b", "a?b", "a[b", "a]b"])
def test_path_that_reads_as_a_pattern_is_refused(
    tmp_path: Path, paths: Paths, parameters: Parameters, name: str
) -> None:
    root = tmp_path / name
    file = write(root, "2024-02")
    told = rf"holds '\{name[1]}'; expected none of \[ \] \* \? in it"
    with pytest.raises(DataError, match=told) as error:
        lakehouse.adopt(paths, parameters, root, None)
    assert str(error.value).startswith(f"{file}: ")
    assert "\n" not in str(error.value)
    assert lake.tables(paths) == []


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("{colums: {}}", r"keys \['colums'\] unknown"),
        ("{columns: {bid: best_bid}}", r"columns: keys \['bid'\] unknown"),
        ("{timestamp: {zone: UTC}}", r"timestamp: keys \['zone'\] unknown"),
        ("{timestamp: {unit: minutes}}", "timestamp unit 'minutes'"),
        (
            "{timestamp: {unit: ms, time_zone: Asia/Tokyo}}",
            "unit 'ms' with time_zone 'Asia/Tokyo'; expected UTC or no time_zone",
        ),
        ("{timestamp: {time_zone: Mars/Olympus}}", "'Mars/Olympus' is unknown"),
        ("{scales: {spread: 0}}", "scale of spread is 0"),
        ("{scales: {spread: high}}", "scale of spread is 'high'"),
        ("{columns: {timestamp: a}, timestamp: {column: b}}", "is 'a' and 'b'"),
        ("[1]", r"is \[1\]; expected keys"),
        ("{", "no YAML or JSON"),
        ("{scales: {spread: 1, spread: 2}}", "key 'spread' occurs twice"),
        ("{scales: {spread: .inf}}", "scale of spread is inf"),
        ("{scales: {spread: 1" + "0" * 400 + "}}", "scale of spread is 1000"),
        ("{scales: {spread: 2024-13-45}}", "no YAML or JSON"),
        ("[" * 5000, "no YAML or JSON"),
        ("{columns: {best_bid: [best_bid]}}", "column name"),
        (
            "{columns: {best_bid: bid, best_ask: Bid}}",
            "best_bid and best_ask are both read from 'Bid'",
        ),
        (
            "{columns: {best_bid: best_ask}}",
            "best_bid and best_ask are both read from 'best_ask'",
        ),
        (
            "{columns: {spread: timestamp}}",
            "timestamp and spread are both read from 'timestamp'",
        ),
        ("#" * (1 << 21), "expected a mapping of at most"),
    ],
)
def test_mapping_with_anything_unknown_is_refused(
    tmp_path: Path, paths: Paths, parameters: Parameters, mapping: str, told: str
) -> None:
    write(tmp_path / "lh", "2024-02")
    file = tmp_path / "mapping.yaml"
    file.write_text(mapping)
    with pytest.raises(ConfigError, match=told) as error:
        lakehouse.adopt(paths, parameters, tmp_path / "lh", file)
    assert "\n" not in str(error.value)


def test_mapping_to_a_column_that_no_file_has_is_refused(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    write(tmp_path / "lh", "2024-02")
    file = tmp_path / "mapping.yaml"
    file.write_text("{columns: {spread: sprd}}")
    with pytest.raises(DataError, match=r"names \['sprd'\], found in no file"):
        lakehouse.adopt(paths, parameters, tmp_path / "lh", file)


@pytest.mark.parametrize(
    ("options", "unit", "told"),
    [
        ({"columns": ("best_bid",)}, None, "column 'best_ask' missing"),
        ({"best_ask": pa.array(["x"] * ROWS)}, None, "'best_ask' is string"),
        ({"timestamp": pa.array(["x"] * ROWS)}, None, "timestamp is string"),
        ({"kind": "epoch_ms"}, "s", r"\(epoch ms\); expected epoch s of 2024-02"),
        ({"kind": "ns"}, "ms", "mapping says epoch ms"),
        (
            {"folder": "2023-02", "kind": "epoch_ms"},
            None,
            "expected epoch s, ms, us or ns of 2023-02",
        ),
        ({"folder": "2023-02"}, None, "from 2024-02-01 to 2024-02-01 as timestamptz"),
    ],
)
def test_file_against_the_contract_is_refused_by_name(
    tmp_path: Path,
    paths: Paths,
    parameters: Parameters,
    options: dict[str, Any],
    unit: str | None,
    told: str,
) -> None:
    root = tmp_path / "lh"
    write(root, "2024-01")
    file = write(root, "2024-02", **options)
    mapping = None
    if unit is not None:
        file.parents[1].joinpath("month=01/part.parquet").unlink()
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text(f"timestamp: {{unit: {unit}}}")
    with pytest.raises(DataError, match=told) as error:
        lakehouse.adopt(paths, parameters, root, mapping)
    assert str(file) in str(error.value)
    assert lake.tables(paths) == []


def test_torn_file_is_refused_by_name(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    file = write(tmp_path / "lh", "2024-02")
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"part\.parquet: torn or no parquet file"):
        lakehouse.adopt(paths, parameters, tmp_path / "lh", None)


def test_times_without_statistics_are_read_from_the_column(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    file = write(tmp_path / "lh", "2024-02", "us_utc")
    table = pq.read_table(file)
    pq.write_table(table, file, write_statistics=False)
    lakehouse.adopt(paths, parameters, tmp_path / "lh", None)
    pq.write_table(table, file, use_deprecated_int96_timestamps=True)
    lakehouse.adopt(paths, parameters, tmp_path / "lh", None)
    row = lake.read(paths, "adopted_files").row(0, named=True)
    assert row["last_event_at"] == datetime(2024, 2, 1, 0, 59, tzinfo=UTC)


def test_file_without_rows_is_left_out_and_told(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    root = tmp_path / "lh"
    write(root, "2024-02")
    empty = write(root, "2024-03")
    pq.write_table(pq.read_table(empty).slice(0, 0), empty)
    summary = lakehouse.adopt(paths, parameters, root, None)
    assert summary.added == 1
    assert "1 files without rows left out" in summary.notes


def test_file_with_times_to_come_is_refused(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    write(tmp_path / "lh", "2024-02")
    present = datetime(2024, 2, 1, 0, 30, tzinfo=UTC)
    with pytest.raises(DataError, match=r"up to 2024-02-01T00:59:00Z; expected none"):
        lakehouse.adopt(paths, parameters, tmp_path / "lh", None, ingested_at=present)


def test_directory_without_files_says_what_was_expected(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    with pytest.raises(DataError, match="consolidated/<COIN>/year=YYYY"):
        lakehouse.adopt(paths, parameters, tmp_path, None)
    with pytest.raises(ConfigError, match="no such directory"):
        lakehouse.adopt(paths, parameters, tmp_path / "absent", None)


def test_sample_lake_refuses_a_lakehouse(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    write(tmp_path / "lh", "2024-02")
    lakehouse.adopt(paths, parameters, tmp_path / "lh", None)
    assert lake.origin(paths) == "real"
    other = Paths(data_dir=tmp_path / "sample")
    rows = lake.read(paths, "adopted_columns").with_columns(origin=pl.lit("sample"))
    lake.replace_registry(other, "adopted_columns", rows, ingest_id="sample")
    with pytest.raises(DataError, match="holds sample rows"):
        lakehouse.adopt(other, parameters, tmp_path / "lh", None)


def test_coverage_is_told_by_column(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    root = tmp_path / "lh"
    half = pa.array([1.0 if n % 2 else None for n in range(ROWS)])
    write(root, "2024-02", ofi_ratio=half)
    write(root, "2024-03", columns=("best_bid", "best_ask"))
    unknown = write(root, "2024-04", columns=("best_bid", "best_ask"), spread=half)
    pq.write_table(pq.read_table(unknown), unknown, write_statistics=False)
    columns = lakehouse.adopt(paths, parameters, root, None).columns
    assert [c.column_name for c in columns[:60]] == list(ORDER_FLOW_COLUMNS)
    found = {c.column_name: c for c in columns}
    ratio, spread = found["ofi_ratio"], found["spread"]
    assert (ratio.months_present, ratio.months, ratio.is_present) == (1, 3, True)
    assert ratio.non_null_share == pytest.approx(30 / 180)
    assert (ratio.first_month, ratio.last_month) == ("2024-02", "2024-02")
    assert (spread.is_present, spread.non_null_share) == (True, None)
    assert found["best_bid"].non_null_share is None
    absent = found["vpin"]
    assert (absent.is_present, absent.non_null_share, absent.first_month) == (
        False,
        0.0,
        None,
    )


def test_drift_is_told_by_month_and_column(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    root = tmp_path / "lh"
    whole = pa.array(list(range(ROWS)))
    write(root, "2024-02", extra=whole, best_bid=whole)
    renamed = write(root, "2024-04", columns=("best_ask",), Best_Bid=whole)
    write(
        root, "2024-05", columns=("best_ask", "spread"), Best_Bid=pa.array([1.0] * 60)
    )
    second = renamed.with_name("second.parquet")
    table = pq.read_table(renamed)
    pq.write_table(table.append_column("spread", whole), second)
    drift = lakehouse.adopt(paths, parameters, root, None).schema_drift
    told = [(d.month, d.field_name, d.change, d.before, d.after) for d in drift]
    assert told == [
        ("2024-04", "Best_Bid", "renamed_case", "best_bid", "Best_Bid"),
        ("2024-04", "extra", "lost", "int64", ""),
        ("2024-04", "is_us_open", "lost", "bool", ""),
        ("2024-04", "ofi_ratio", "lost", "double", ""),
        ("2024-04", "spread", "added", "", "int64"),
        ("2024-04", "spread", "partial", "2 files", "1 files"),
        ("2024-05", "Best_Bid", "type_changed", "int64", "double"),
        ("2024-05", "spread", "type_changed", "int64", "double"),
    ]
    assert {d.field_name: d.column_name for d in drift}["Best_Bid"] == "best_bid"
    assert {d.field_name: d.column_name for d in drift}["extra"] is None
    rows = lake.read(paths, "adopted_fields")
    assert (
        rows.filter(pl.col("field_name") == "Best_Bid")["column_name"].to_list()
        == ["best_bid"] * 3
    )


def test_columns_that_differ_in_case_only_are_refused(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    write(tmp_path / "lh", "2024-02", Ofi_Ratio=pa.array([1.0] * ROWS))
    with pytest.raises(DataError, match="'ofi_ratio' and 'Ofi_Ratio' differ in case"):
        lakehouse.adopt(paths, parameters, tmp_path / "lh", None)
    assert lake.tables(paths) == []


def test_files_of_sample_data_make_no_real_lake(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    root = tmp_path / "lh"
    file = write(root, "2024-02")
    table = pq.read_table(file).replace_schema_metadata({"solalpha_origin": "sample"})
    pq.write_table(table, file)
    write(root, "2024-03")
    with pytest.raises(DataError, match="files of real and sample data"):
        lakehouse.adopt(paths, parameters, root, None)
    (root / "consolidated/SOL/year=2024/month=03/part.parquet").unlink()
    lakehouse.adopt(paths, parameters, root, None)
    assert lake.origin(paths) == "sample"
    pq.write_table(table.replace_schema_metadata({"solalpha_origin": "dream"}), file)
    with pytest.raises(DataError, match="origin b'dream'"):
        lakehouse.adopt(paths, parameters, root, None)


def test_file_written_to_since_adoption_is_told(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    assert changed_files(paths) == ()
    root = tmp_path / "lh"
    file = write(root, "2024-02")
    write(root, "2024-03").touch()
    lakehouse.adopt(paths, parameters, root, None)
    assert changed_files(paths) == ()
    write(root, "2024-02", columns=("best_bid", "best_ask"))
    (told,) = changed_files(paths)
    assert f"{file} changed since adoption: {file.stat().st_size} bytes" in told
    assert "run `solalpha ingest lakehouse`" in told
    file.unlink()
    assert changed_files(paths) == ()
