"""The published tables as parquet: read by other engines, replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.program import Answer, Done

import solalpha
from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse import export_folder
from solalpha.warehouse.export_tables import export_tables

Program = Callable[..., Answer]
SOME = ["bars", "macros", "risk_events"]


@pytest.fixture(scope="module")
def paths(done: Done) -> Paths:
    return Paths(data_dir=done.data_dir)


def test_every_table_is_read_alike_by_pyarrow_and_polars(
    done: Done, paths: Paths, tmp_path: Path
) -> None:
    whole = export_tables(paths, tmp_path / "out", tables=None)
    with solalpha.open(done.data_dir) as published:
        assert whole.build_id == published.build_id
        listed = dict(published.tables().select("name", "rows").iter_rows())
        assert {file.table: file.rows for file in whole.files} == listed
        for file in whole.files:
            path = whole.directory / file.path
            frame = pl.read_parquet(path)
            kept = published.sql(f"select * from {file.table}")
            assert frame.equals(kept), file.table
            table = pq.read_table(path)
            assert table.num_rows == file.rows
            assert table.schema.metadata[b"build_id"].decode() == whole.build_id
            assert all(field.metadata[b"description"] for field in table.schema)
    bars = pq.ParquetFile(whole.directory / "bars.parquet")
    assert bars.metadata.row_group(0).column(0).compression == "ZSTD"
    assert bars.schema_arrow.field("bar_closed_at").type == pa.timestamp("us", "UTC")


def test_second_export_writes_nothing_and_a_damaged_file_is_mended(
    paths: Paths, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = export_tables(paths, out, tables=SOME)
    stamps = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    again = export_tables(paths, out, tables=SOME)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.files == first.files
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == stamps
    (out / "bars.parquet").write_bytes(b"torn")
    mended = export_tables(paths, out, tables=SOME)
    assert mended.is_new
    # The same version gives the same bytes.
    assert mended.files == first.files
    # Another choice takes the place of the first.
    export_tables(paths, out, tables=["macros"])
    assert {path.name for path in out.iterdir()} == {"macros.parquet", "manifest.json"}


def test_foreign_folders_are_left_alone(paths: Paths, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_tables(paths, out, tables=SOME)
    (out / "mine.csv").write_text("mine")
    with pytest.raises(ConfigError, match=r"mine\.csv, which was not exported here"):
        export_tables(paths, out, tables=SOME)
    assert (out / "mine.csv").read_text() == "mine"
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_text(json.dumps({"files": []}))
    with pytest.raises(ConfigError, match="not exported here"):
        export_tables(paths, other, tables=SOME)
    with pytest.raises(ConfigError, match="own writer"):
        export_tables(paths, paths.warehouse / "out", tables=SOME)
    with pytest.raises(ConfigError, match="is a file"):
        export_tables(paths, out / "mine.csv", tables=SOME)


def test_folders_of_similar_names_are_left_alone(paths: Paths, tmp_path: Path) -> None:
    mine = [tmp_path / name / "mine.csv" for name in ("out.previous", "out.tmp")]
    for file in mine:
        file.parent.mkdir()
        file.write_text("mine")
    for tables in (SOME, ["macros"]):
        assert export_tables(paths, tmp_path / "out", tables=tables).is_new
    assert [file.read_text() for file in mine] == ["mine", "mine"]
    with pytest.raises(ConfigError, match="own writer"):
        export_tables(paths, paths.reports, tables=SOME)


def test_two_exports_at_once_are_refused(paths: Paths, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def second(*_: object) -> None:
        with pytest.raises(DataError, match="another export is writing in"):
            export_tables(paths, out, tables=["macros"])

    first = export_tables(paths, out, tables=SOME, progress=second)
    assert not export_tables(paths, out, tables=SOME).is_new
    assert {file.table for file in first.files} == set(SOME)


def test_export_stopped_half_way_leaves_the_old_folder(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    export_tables(paths, out, tables=["macros"])

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(export_folder, "swap", stop)
        with pytest.raises(KeyboardInterrupt):
            export_tables(paths, out, tables=SOME)
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    # Killed between the two renames: only the old folder, under its other name.
    out.rename(tmp_path / ".out.solalpha-export.previous")
    again = export_tables(paths, out, tables=["macros"])
    assert not again.is_new
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_command_prints_files_and_refuses_unknown_tables(
    done: Done, program: Program, tmp_path: Path
) -> None:
    def go(*names: str) -> Answer:
        out = str(tmp_path / "out")
        base = ["export", "tables", out, "--data-dir", str(done.data_dir), "--json"]
        return program(*base, *names)

    answer = go("--tables", "bars, macros")
    assert answer.code == 0, answer.err
    assert [file["table"] for file in answer.json["files"]] == ["bars", "macros"]
    assert answer.json["is_new"] is True
    refused = go("--tables", "bars,none")
    assert refused.code == 2
    assert refused.err == (
        "error: no published table none; expected some of those that "
        "`solalpha tables` lists\n"
    )
