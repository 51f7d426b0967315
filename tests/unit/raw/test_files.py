from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from solalpha.config import Parameters, Paths, real_data_dir
from solalpha.errors import ConfigError, DataError
from solalpha.raw import files, lake
from solalpha.raw.summary import IngestSummary

HEADER = "open_time,open,high,low,close,volume"
ROWS = [
    "2025-07-01T00:00:00Z,150.1,151.25,149.9,150.5,1000.5",
    "2025-07-01T01:00:00Z,150.5,150.6,150.4,150.45,0",
    "2025-07-01T02:00:00Z,150.45,152,150.3,151.99999999,12",
]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def csv(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    return write(folder / "candles.csv", "\n".join([header, *rows]) + "\n")


@pytest.fixture
def ingest(paths: Paths, parameters: Parameters) -> Any:
    def call(file: Path, interval: str = "1h", **options: Any) -> IngestSummary:
        return files.ingest_candles(
            paths, parameters, file, coin="SOL", interval=interval, **options
        )

    return call


def test_candles_are_stored_exactly_with_their_times(
    tmp_path: Path, paths: Paths, parameters: Parameters, ingest: Any
) -> None:
    summary = ingest(csv(tmp_path, ROWS))
    assert (summary.rows_read, summary.added, summary.duplicate) == (3, 3, 0)
    found = lake.read(paths, "candles", "SOL")
    assert found["close"].to_list()[2] == Decimal("151.99999999")
    first = found.row(0, named=True)
    assert first["open_at"] == datetime(2025, 7, 1, tzinfo=UTC)
    assert first["event_at"] == datetime(2025, 7, 1, 1, tzinfo=UTC)
    delay = timedelta(seconds=parameters.candle_delay_s)
    assert first["available_at"] == first["event_at"] + delay
    assert (first["interval"], first["interval_s"]) == ("1h", 3600)
    assert (first["source"], first["origin"]) == ("file", "real")
    assert (first["trade_count"], first["unfit_values"]) == (None, None)
    assert summary.first_at == first["event_at"]


def test_candles_again_add_nothing(tmp_path: Path, ingest: Any) -> None:
    file = csv(tmp_path, ROWS)
    ingest(file)
    again = ingest(file)
    assert (again.added, again.duplicate, again.conflicting) == (0, 3, 0)


def test_unsorted_and_repeated_rows_are_handled_and_counted(
    tmp_path: Path, paths: Paths, ingest: Any
) -> None:
    repeat = ROWS[0].replace("150.1,", "150.10,")
    summary = ingest(csv(tmp_path, [ROWS[2], ROWS[0], ROWS[1], repeat]))
    assert (summary.rows_read, summary.added, summary.duplicate) == (4, 3, 1)
    opens = lake.read(paths, "candles")["open_at"]
    assert opens.is_sorted()


def test_changed_row_is_reported_and_kept_out(
    tmp_path: Path, paths: Paths, ingest: Any
) -> None:
    ingest(csv(tmp_path, ROWS))
    summary = ingest(csv(tmp_path, [ROWS[0].replace("1000.5", "1000.6")]))
    assert (summary.added, summary.conflicting) == (0, 1)
    assert "1 rows differ from stored ones: kept out" in summary.notes
    assert lake.read(paths, "candles")["volume"].to_list()[0] == Decimal("1000.5")


def records(unit: int) -> list[dict[str, Any]]:
    rows = [row.split(",") for row in ROWS]
    names = HEADER.split(",")[1:]
    return [
        {"open_time": int(datetime.fromisoformat(row[0]).timestamp()) * unit}
        | dict(zip(names, map(float, row[1:]), strict=True))
        for row in rows
    ]


def test_every_form_of_a_file_gives_the_same_rows(
    tmp_path: Path, parameters: Parameters
) -> None:
    frame = pl.DataFrame(records(1000))
    naive = frame.with_columns(pl.from_epoch("open_time", time_unit="ms"))
    paths = [csv(tmp_path, ROWS)]
    paths.append(tmp_path / "candles.csv.gz")
    paths[-1].write_bytes(gzip.compress(paths[0].read_bytes()))
    paths.append(write(tmp_path / "list.json", json.dumps(records(1000))))
    lines = "\n".join(json.dumps(row) for row in records(1))
    paths.append(write(tmp_path / "lines.jsonl", lines))
    for name, table in {
        "ms": frame,
        "naive": naive,
        "ns_utc": naive.with_columns(
            pl.col("open_time").cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
        ),
    }.items():
        paths.append(tmp_path / f"{name}.parquet")
        table.write_parquet(paths[-1])
    stored = []
    for number, file in enumerate(paths):
        data = Paths(data_dir=tmp_path / f"data{number}")
        files.ingest_candles(data, parameters, file, coin="SOL", interval="1h")
        stored.append(lake.read(data, "candles").drop("ingest_id"))
    assert stored[0].height == 3
    assert all(frame.equals(stored[0]) for frame in stored)


def test_other_names_come_through_the_mapping(tmp_path: Path, ingest: Any) -> None:
    file = csv(tmp_path, ROWS, header="ts,o,h,l,c,v")
    named = dict(zip(HEADER.split(","), ["ts", "o", "h", "l", "c", "v"], strict=True))
    assert ingest(file, mapping=named).added == 3


def test_candle_that_is_still_open_is_left_out(tmp_path: Path, ingest: Any) -> None:
    present = datetime(2025, 7, 1, 2, 59, tzinfo=UTC)
    summary = ingest(csv(tmp_path, ROWS), ingested_at=present)
    assert (summary.added, summary.rows_read, summary.duplicate) == (2, 3, 0)
    told = "1 rows not complete at 2025-07-01T02:59:00Z: left out"
    assert summary.notes == (told,)


def test_number_that_does_not_fit_is_told(
    tmp_path: Path, paths: Paths, ingest: Any
) -> None:
    row = ROWS[0].replace("1000.5", "1000.1234567891")
    summary = ingest(csv(tmp_path, [row]))
    assert summary.notes == ("1 rows hold a number that its type cannot hold",)
    found = lake.read(paths, "candles").row(0, named=True)
    assert found["volume"] is None
    assert json.loads(found["unfit_values"]) == {"volume": "1000.1234567891"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("150.4,", "150.7,", "high below low in row 2"),
        ("150.4,", "-150.4,", "price not above zero in row 2"),
        ("150.6,", "NaN,", "high in row 2 is 'NaN'"),
        ("150.6,", ",", "high in row 2 is empty"),
        ("150.6,", "1_000,", "high in row 2 is '1_000'"),
        ("150.6,", "n/a,", "high in row 2 is 'n/a'"),
        ("150.6,", "inf,", "high in row 2 is 'inf'"),
        (",0", ",-1", "negative volume in row 2"),
        ("150.45,0", "150.9,0", "high below open or close in row 2"),
        ("T01:00:00Z", "T01:00:01Z", "row 2 is .* expected a multiple of 1h"),
        ("2025-07-01T01:00:00Z", "soon", "open_time in row 2 is 'soon'"),
        ("2025-07-01T01:00:00Z", "2025-07-01T00:00:00Z", "open_at=2025-07-01 00:00"),
    ],
)
def test_bad_row_refuses_the_whole_file(
    tmp_path: Path, paths: Paths, ingest: Any, old: str, new: str, told: str
) -> None:
    rows = [ROWS[0], ROWS[1].replace(old, new, 1), ROWS[2]]
    assert rows[1] != ROWS[1]
    with pytest.raises(DataError, match=told) as error:
        ingest(csv(tmp_path, rows))
    assert "candles.csv" in str(error.value)
    assert "\n" not in str(error.value)
    assert lake.tables(paths) == []


def test_missing_column_names_found_and_expected(tmp_path: Path, ingest: Any) -> None:
    file = csv(tmp_path, ["2025-07-01,1"], header="open_time,open")
    with pytest.raises(DataError, match=r"\['high', 'low', 'close', 'volume'\] miss"):
        ingest(file)
    with pytest.raises(DataError, match=r"found \['open_time', 'open'\]"):
        ingest(file)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", b"", "0 bytes"),
        ("header.csv", HEADER.encode() + b"\n", "no rows"),
        ("torn.parquet", b"PAR1\x00\x00\x00", "cannot be read"),
        ("ragged.csv", f"{HEADER}\n1,2,3,4,5,6,7,8\n".encode(), "cannot be read"),
        ("latin.csv", f"{HEADER}\n".encode() + b"\xff\xfe,1,1,1,1,1\n", "cannot be"),
        (
            "torn.csv.gz",
            gzip.compress(HEADER.encode() * 50, mtime=0)[:-20],
            "cannot be",
        ),
        ("broken.json", b'[{"open_time": 1', "cannot be read"),
        ("numbers.json", b"[1, 2]", "no list of objects"),
        ("nothing.json", b"[]", "missing"),
    ],
)
def test_unreadable_file_is_refused(
    tmp_path: Path, paths: Paths, ingest: Any, name: str, content: bytes, told: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(DataError, match=told) as error:
        ingest(file)
    assert name in str(error.value)
    assert "\n" not in str(error.value)
    assert lake.tables(paths) == []


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("absent.csv", {}, "no such file"),
        ("rows.xlsx", {}, "kind '.xlsx' is unknown"),
        ("rows.csv", {"interval": "1M"}, "interval '1M' is unknown"),
        ("rows.csv", {"mapping": {"price": "p"}}, r"mapping names \['price'\]"),
    ],
)
def test_wrong_call_is_a_config_error(
    tmp_path: Path, ingest: Any, name: str, options: dict[str, Any], told: str
) -> None:
    if not name.startswith("absent"):
        write(tmp_path / name, f"{HEADER}\n{ROWS[0]}\n")
    with pytest.raises(ConfigError, match=told):
        ingest(tmp_path / name, **options)


def test_interval_that_the_spacing_denies_is_refused(
    tmp_path: Path, ingest: Any
) -> None:
    rows = [f"2025-07-01T0{h}:00:00Z,1,1,1,1,1" for h in range(5)]
    with pytest.raises(DataError, match="usually 3600 s apart; expected 300 s"):
        ingest(csv(tmp_path, rows), interval="5m")


def test_declared_unit_that_differs_is_refused(tmp_path: Path, ingest: Any) -> None:
    file = csv(tmp_path, ["1751328000,1,1,1,1,1"])
    with pytest.raises(DataError, match="expected epoch ms"):
        ingest(file, unit="ms")
    assert ingest(file, unit="s").added == 1


def test_sample_lake_refuses_a_file(
    tmp_path: Path, paths: Paths, parameters: Parameters, ingest: Any
) -> None:
    ingest(csv(tmp_path, ROWS))
    stored = lake.read(paths, "candles").drop("ingest_id")
    other = Paths(data_dir=tmp_path / "sample")
    sample = stored.with_columns(origin=pl.lit("sample"))
    lake.append(other, "candles", sample, ingest_id="sample")
    with pytest.raises(DataError, match="holds sample rows"):
        files.ingest_candles(
            other, parameters, csv(tmp_path, ROWS), coin="SOL", interval="1h"
        )


def test_funding_keeps_jitter_and_derives_the_interval(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    text = (
        "time,funding_rate\n2023-06-07T16:00:00.037Z,-0.0002365296\n"
        "2023-06-08T00:00:00.254Z,0.0001\n2023-06-08T01:00:00.054Z,0.0000125\n"
        "2023-06-08T02:00:00Z,1e-5\n"
    )
    file = write(tmp_path / "funding.csv", text)
    summary = files.ingest_funding(paths, parameters, file, coin="SOL")
    found = lake.read(paths, "funding_rates")
    assert found["interval_hours"].to_list() == [8, 8, 1, 1]
    assert found["funding_rate"].to_list()[0] == Decimal("-0.0002365296")
    assert found["funding_rate"].to_list()[3] == Decimal("0.00001")
    assert found["event_at"].to_list()[0].microsecond == 37000
    assert summary.notes == ("2 rates charge for 1 h", "2 rates charge for 8 h")


def test_premium_is_optional_cell_by_cell(
    tmp_path: Path, paths: Paths, parameters: Parameters
) -> None:
    text = (
        "time,funding_rate,premium\n2025-07-01T00:00:00Z,0.0001,-0.0002\n"
        "2025-07-01T01:00:00Z,0.0001,\n"
    )
    file = write(tmp_path / "funding.csv", text)
    files.ingest_funding(paths, parameters, file, coin="SOL")
    found = lake.read(paths, "funding_rates")["premium"].to_list()
    assert found == [Decimal("-0.0002"), None]
    write(file, text.replace("-0.0002", "high"))
    with pytest.raises(DataError, match="premium in row 1 is 'high'"):
        files.ingest_funding(paths, parameters, file, coin="SOL")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2025-07-01T01:00:00Z,0.5", "rate beyond any settlement in row 2"),
        ("2025-07-01T01:00:00Z,x", "funding_rate in row 2 is 'x'"),
        ("2025-07-01T00:00:00Z,0.0002", "event_at=2025-07-01 00:00:00"),
        ("yesterday,0.0002", "time in row 2 is 'yesterday'"),
    ],
)
def test_bad_funding_refuses_the_file(
    tmp_path: Path, paths: Paths, parameters: Parameters, row: str, told: str
) -> None:
    text = f"time,funding_rate\n2025-07-01T00:00:00Z,0.0001\n{row}\n"
    file = write(tmp_path / "funding.csv", text)
    with pytest.raises(DataError, match=told):
        files.ingest_funding(paths, parameters, file, coin="SOL")
    assert lake.tables(paths) == []


def real(path: str) -> Path:
    root = real_data_dir()
    if root is None:
        pytest.skip("SOLALPHA_REAL_DATA is not set")
    return root / path


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("interval", "rows"), [("5m", 38529), ("1h", 7793), ("1d", 1776)]
)
def test_recorded_candles_ingest(
    paths: Paths, ingest: Any, interval: str, rows: int
) -> None:
    summary = ingest(real(f"candles/hyperliquid/SOL/{interval}.parquet"), interval)
    assert (summary.added, summary.notes) == (rows, ())
    if interval == "1d":
        found = lake.read(paths, "candles")
        early = found.filter(pl.col("open_at") < datetime(2023, 3, 1, tzinfo=UTC))
        assert early["volume"].sum() == 0
        assert early.height > 800


@pytest.mark.real_data
def test_recorded_funding_ingests_with_its_gaps(
    paths: Paths, parameters: Parameters
) -> None:
    file = real("funding/hyperliquid/SOL.parquet")
    summary = files.ingest_funding(paths, parameters, file, coin="SOL")
    assert summary.added == 18778
    found = lake.read(paths, "funding_rates")
    assert found.filter(pl.col("interval_hours") == 8).height == 82
    last = found.filter(pl.col("interval_hours") == 8)["event_at"].to_list()[-1]
    assert last.replace(microsecond=0) == datetime(2023, 6, 8, tzinfo=UTC)


def test_candles_that_overlap_are_refused(tmp_path: Path, ingest: Any) -> None:
    with pytest.raises(DataError, match="3600 s apart; expected 604800 s or more"):
        ingest(csv(tmp_path, ROWS), interval="1w")


def test_column_that_stands_twice_is_refused(tmp_path: Path, ingest: Any) -> None:
    file = csv(tmp_path, [ROWS[0] + ",7"], HEADER + ",open")
    with pytest.raises(DataError, match="column 'open' stands twice"):
        ingest(file)


def test_directory_is_called_a_directory(tmp_path: Path, ingest: Any) -> None:
    with pytest.raises(ConfigError, match="is a directory; expected a CSV"):
        ingest(tmp_path)


def test_torn_row_is_refused_without_the_library_s_advice(
    tmp_path: Path, ingest: Any
) -> None:
    with pytest.raises(DataError, match="cannot be read") as caught:
        ingest(csv(tmp_path, [ROWS[0] + ",7,8"]))
    assert "truncate_ragged_lines" not in str(caught.value)
