"""The exported lakehouse: the model's rows, whatever the chunks, adopted again."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import complete, make_lake, write_lake, write_parts

from solalpha.config import load_parameters, load_paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake, lakehouse
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS, ORDER_FLOW_TRADE_COLUMNS
from solalpha.warehouse.export import (
    ExportedFile,
    build_order_flow,
    export_order_flow,
)
from solalpha.warehouse.export_views import MODEL

NUMBERS = load_parameters({"vpin_bucket_usd": "1500.0", "vpin_buckets": "7"})
PLACE = "consolidated/SOL/year=2024/month=03/order_flow.parquet"


def _export(
    data_dir: Path, directory: Path, *, chunk_rows: int = 10**6, origin: str = "real"
) -> tuple[ExportedFile, ...]:
    return export_order_flow(
        load_paths(data_dir),
        NUMBERS,
        directory,
        coin=None,
        origin=origin,
        chunk_rows=chunk_rows,
    )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write_lake(make_lake(), folder, until=None, seed=4)
    build_order_flow(load_paths(folder), NUMBERS)
    return folder


def test_export_is_the_model_whatever_the_chunks(
    data_dir: Path, tmp_path: Path
) -> None:
    (file,) = _export(data_dir, tmp_path / "whole")
    _export(data_dir, tmp_path / "days", chunk_rows=1)
    whole, days = (
        pl.read_parquet(tmp_path / name / PLACE, hive_partitioning=False)
        for name in ("whole", "days")
    )
    assert whole.equals(days)
    assert file.path == tmp_path / "whole" / PLACE
    assert (file.coin, file.month, file.rows) == ("SOL", "2024-03", whole.height)
    names = [name for name in ORDER_FLOW_COLUMNS if name in whole.columns]
    assert whole.columns == ["timestamp", *names, *ORDER_FLOW_TRADE_COLUMNS]
    assert len(names) == 36
    assert whole["vpin"].count() > 1000
    expected = read(data_dir, f"select * from {MODEL} order by event_at, sequence")
    rows = expected.select(whole.columns[1:])
    assert whole.drop("timestamp").equals(rows)
    stamps = whole["timestamp"].dt.replace_time_zone(None)
    assert stamps.to_list() == expected["event_at"].to_list()


def test_exported_lakehouse_is_adopted_with_its_columns(
    data_dir: Path, tmp_path: Path
) -> None:
    _export(data_dir, tmp_path / "made")
    paths = load_paths(tmp_path / "other")
    summary = lakehouse.adopt(paths, NUMBERS, tmp_path / "made", None)
    present = {c.column_name for c in summary.columns if c.is_present}
    exported = pl.read_parquet(tmp_path / "made" / PLACE, hive_partitioning=False)
    assert present == set(exported.columns) - {"timestamp"}
    assert (summary.added, summary.schema_drift) == (1, ())
    shares = {c.column_name: c.non_null_share for c in summary.columns}
    for name in ("best_bid", "vpin", "ofi_ratio"):
        known = exported[name].count() / exported.height
        assert shares[name] == pytest.approx(known)
    run_dbt(paths.data_dir, ["run", "--select", "stg_lakehouse__order_flow"])
    staged = read(
        paths.data_dir, "select * from stg_lakehouse__order_flow order by sequence"
    )
    names = [name for name in ORDER_FLOW_COLUMNS if name in present]
    assert staged.select(names).equals(exported.select(names))
    assert staged["event_at"].to_list() == (
        exported["timestamp"].dt.replace_time_zone(None).to_list()
    )


def test_export_again_replaces_and_spares_what_others_wrote(
    data_dir: Path, tmp_path: Path
) -> None:
    _export(data_dir, tmp_path)
    first = (tmp_path / PLACE).read_bytes()
    _export(data_dir, tmp_path)
    assert (tmp_path / PLACE).read_bytes() == first
    assert [path.name for path in (tmp_path / PLACE).parent.iterdir()] == [
        "order_flow.parquet"
    ]
    (tmp_path / PLACE).rename((tmp_path / PLACE).with_name("mine.parquet"))
    with pytest.raises(ConfigError, match=r"mine\.parquet: order flow that was not"):
        _export(data_dir, tmp_path)
    assert [path.name for path in (tmp_path / PLACE).parent.iterdir()] == [
        "mine.parquet"
    ]


def test_export_spares_a_file_of_its_own_name_by_another_hand(
    data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / PLACE).parent.mkdir(parents=True)
    pl.DataFrame({"mine": [1]}).write_parquet(tmp_path / PLACE)
    before = (tmp_path / PLACE).read_bytes()
    with pytest.raises(ConfigError, match=r"order_flow\.parquet: order flow that was"):
        _export(data_dir, tmp_path)
    assert (tmp_path / PLACE).read_bytes() == before


def test_export_of_sample_data_makes_no_real_lake(
    data_dir: Path, tmp_path: Path
) -> None:
    _export(data_dir, tmp_path / "made", origin="sample")
    paths = load_paths(tmp_path / "other")
    rows = complete("candles", make_lake().frames["candles"])
    lake.append(paths, "candles", rows, ingest_id="t")
    with pytest.raises(DataError, match="sample"):
        lakehouse.adopt(paths, NUMBERS, tmp_path / "made", None)


def test_export_without_books_or_place_is_refused(tmp_path: Path) -> None:
    rows = complete("trades", make_lake().frames["trades"])
    write_parts(tmp_path, "trades", rows)
    with pytest.raises(DataError, match="no warehouse"):
        _export(tmp_path, tmp_path / "made")
    build_order_flow(load_paths(tmp_path), NUMBERS)
    with pytest.raises(DataError, match="no recorded books"):
        _export(tmp_path, tmp_path / "made")
    with pytest.raises(ConfigError, match="lies in the raw tables"):
        _export(tmp_path, tmp_path / "raw" / "made")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file"):
        _export(tmp_path, tmp_path / "file")
    assert not (tmp_path / "made").exists()
