"""Adopted order flow beside our own: coverage, drift, agreement, and what it bars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import complete, make_lake, write_parts

from solalpha.config import load_parameters, load_paths
from solalpha.raw import lakehouse
from solalpha.raw.lakehouse import AdoptionSummary
from solalpha.warehouse.export import build_order_flow, export_order_flow

MARTS = ("barred_features", "order_flow_columns", "schema_drift")
NUMBERS = load_parameters({"agreement_rows": "900"})
# What a trader's files may hold beside what our own books say.
CHANGES: Mapping[str, pl.Expr] = {
    "depth_imbalance_5": pl.col("depth_imbalance_5").shuffle(seed=1),
    "spread_bps": pl.col("spread_bps") * 100,
    "ofi_ratio": -pl.col("ofi_ratio"),
    "depth_imbalance_20": pl.col("depth_imbalance_20") + 0.2,
    "bid_volume_5": pl.col("bid_volume_5") * 1.01,
    "large_order_imbalance": pl.when(
        pl.int_range(pl.len()).is_between(1000, 1300)
    ).then(pl.col("large_order_imbalance")),
    "toxicity_trend": pl.lit(None, dtype=pl.Float64),
}


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AdoptionSummary]:
    data_dir = tmp_path_factory.mktemp("agreement")
    paths, lake = load_paths(data_dir), make_lake()
    for name in ("book_snapshots", "trades"):
        write_parts(data_dir, name, complete(name, lake.frames[name]))
    build_order_flow(paths, NUMBERS)
    made = tmp_path_factory.mktemp("agreement_made")
    export_order_flow(paths, NUMBERS, made, coin="SOL", origin="real")
    _disturb(made / "consolidated" / "SOL" / "year=2024")
    summary = lakehouse.adopt(paths, NUMBERS, made, None)
    select = [f"+{name}" for name in MARTS]
    changed = {"agreement_rows": NUMBERS.agreement_rows}
    run_dbt(data_dir, ["run", "--select", *select], variables=changed)
    return data_dir, summary


def _disturb(year: Path) -> None:
    # March holds the wrong columns, two seconds after our books; a copy a month
    # earlier lacks one column, spells one otherwise and holds one as whole numbers.
    file = year / "month=03" / "order_flow.parquet"
    rows = pl.read_parquet(file, hive_partitioning=False)
    later = pl.col("timestamp") + timedelta(seconds=2)
    rows.with_columns(timestamp=later, **CHANGES).write_parquet(file)
    folder = year / "month=02"
    folder.mkdir()
    earlier = rows.with_columns(
        timestamp=pl.col("timestamp") - timedelta(days=29),
        hour=pl.lit(3, dtype=pl.Int8),
    ).drop("spread")
    earlier.rename({"best_bid": "Best_Bid"}).write_parquet(folder / "a.parquet")
    second = earlier.with_columns(pl.col("timestamp") + timedelta(hours=72))
    second.drop("vpin").rename({"best_bid": "Best_Bid"}).write_parquet(
        folder / "b.parquet"
    )


def _table(data_dir: Path, name: str, key: str) -> dict[str, dict[str, object]]:
    rows = read(data_dir, f"select * from {name}").to_dicts()
    return {str(row[key]): row for row in rows}


def test_columns_that_disagree_are_barred_with_the_reason(
    adopted: tuple[Path, AdoptionSummary],
) -> None:
    found = _table(adopted[0], "order_flow_agreement", "column_name")
    assert len(found) == 36
    assert {name: row["reason"] for name, row in found.items() if row["is_barred"]} == {
        "depth_imbalance_5": "correlation",
        "spread_bps": "scale",
        "ofi_ratio": "correlation",
        "depth_imbalance_20": "scale",
    }
    assert found["bid_volume_5"]["reason"] == "agrees"
    assert found["bid_volume_5"]["scale_ratio"] == pytest.approx(1.01)
    assert found["spread_bps"]["scale_ratio"] == pytest.approx(100)
    assert found["ofi_ratio"]["correlation"] == pytest.approx(-1)
    # All but constant: there is no correlation, and that bars nothing.
    assert found["spread"]["correlation"] is None
    assert found["spread"]["reason"] == "agrees"
    assert found["best_bid"]["share_within_tolerance"] == 1
    assert found["large_order_imbalance"]["reason"] == "too few pairs"
    assert found["toxicity_trend"]["reason"] == "no pairs"
    count = found["mid_price"]["count_pairs"]
    assert isinstance(count, int)
    assert NUMBERS.agreement_rows / 2 < count <= NUMBERS.agreement_rows


def test_agreement_matches_numpy(adopted: tuple[Path, AdoptionSummary]) -> None:
    data_dir, _ = adopted
    pairs = read(data_dir, "select * from int_order_flow_paired_to_snapshots")
    found = _table(data_dir, "order_flow_agreement", "column_name")
    for name in ("depth_imbalance_5", "depth_imbalance_20", "bid_slope", "spread_bps"):
        both = pairs.select(f"adopted_{name}", f"own_{name}").drop_nulls().to_numpy()
        theirs, ours = both[:, 0], both[:, 1]
        row = found[name]
        assert row["count_pairs"] == len(both)
        assert row["correlation"] == pytest.approx(
            np.corrcoef(theirs, ours)[0, 1], abs=1e-6
        )
        ratio = np.abs(theirs).mean() / np.abs(ours).mean()
        assert row["scale_ratio"] == pytest.approx(ratio, rel=1e-6)
        within = np.abs(theirs - ours) <= 0.05 * np.abs(ours).mean()
        assert row["share_within_tolerance"] == pytest.approx(within.mean())


def test_pairs_are_never_younger_than_the_adopted_row(
    adopted: tuple[Path, AdoptionSummary],
) -> None:
    # Adopted rows stand two seconds after the book that they were made from.
    pairs = read(adopted[0], "select * from int_order_flow_paired_to_snapshots")
    assert pairs.filter(
        pl.col("adopted_mid_price") != pl.col("own_mid_price")
    ).is_empty()
    steps = pairs.sort("pair_number")["pair_number"].diff().drop_nulls()
    assert steps.n_unique() == 1


def test_features_of_a_barred_column_are_barred(
    adopted: tuple[Path, AdoptionSummary],
) -> None:
    found = _table(adopted[0], "barred_features", "feature")
    assert {"depth_imbalance_5_mean_24", "depth_imbalance_5_slope"} <= found.keys()
    assert {"spread_bps_zscore_168", "ofi_ratio_extreme"} <= found.keys()
    assert found["spread_bps_mean"]["column_names"] == "spread_bps"
    assert found["spread_bps_mean"]["reason"] == "scale"
    for kept in ("rsi_14", "book_volume_to_mean_24", "ofi_balance", "vpin_24"):
        assert kept not in found
    assert {row["coin"] for row in found.values()} == {"SOL"}


def test_coverage_and_drift_say_what_the_ingest_said(
    adopted: tuple[Path, AdoptionSummary],
) -> None:
    data_dir, summary = adopted
    columns = read(
        data_dir,
        "select coin, column_name, is_present, count_months_present, count_months, "
        "non_null_share, first_month, last_month from order_flow_columns "
        "order by position",
    )
    told = [
        (
            *(c.coin, c.column_name, c.is_present, c.months_present, c.months),
            *(c.non_null_share, c.first_month, c.last_month),
        )
        for c in summary.columns
    ]
    assert columns.rows() == told
    drift = read(
        data_dir,
        "select coin, month, field_name, column_name, change, before, after "
        "from schema_drift order by coin, month, field_name, change",
    )
    assert drift.rows() == [
        (d.coin, d.month, d.field_name, d.column_name, d.change, d.before, d.after)
        for d in summary.schema_drift
    ]
    changes = {(d.field_name, d.change) for d in summary.schema_drift}
    assert changes == {
        ("vpin", "partial"),
        ("best_bid", "renamed_case"),
        ("hour", "lost"),
        ("spread", "added"),
    }


def test_without_overlap_nothing_is_compared(tmp_path: Path) -> None:
    rows = complete("candles", make_lake().frames["candles"])
    write_parts(tmp_path, "candles", rows)
    run_dbt(tmp_path, ["run", "--select", *[f"+{name}" for name in MARTS]])
    for name in (*MARTS, "order_flow_agreement"):
        assert read(tmp_path, f"select * from {name}").is_empty()
