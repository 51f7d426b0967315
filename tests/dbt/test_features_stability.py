"""The same bits for any number of threads, and when the last rows are withheld."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from tests.dbt.features_lake import (
    BARS,
    HOUR,
    SELECTED,
    START,
    built_short,
    make_market,
    read,
    run_dbt,
    write_market,
)

from solalpha.config import project_dir

CAUSAL = ("features", "regimes", "sentiment_bars")
CUT = START + 807 * HOUR  # a tenth is withheld, to no multiple of a tree's nodes
PAPER = {
    "ema_50",
    "ema_200",
    "ema_50_to_200",
    "macd_line",
    "macd_signal",
    "macd_histogram",
    "rsi_14",
    "bollinger_width",
    "atr_14",
    "return_deviation_20",
}


def rows(data_dir: Path, model: str) -> pl.DataFrame:
    moment = CUT.replace(tzinfo=None)
    return read(
        data_dir,
        f"select * from {model} where decided_at <= timestamp '{moment}' "
        "order by coin, bar_closed_at",
    )


@pytest.fixture(scope="module")
def withheld(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake as it was at the cut, built on another number of threads."""
    data_dir = tmp_path_factory.mktemp("withheld")
    write_market(make_market(), data_dir, until=CUT)
    run_dbt(data_dir, ["run", "--select", *SELECTED], engine_threads=1)
    return data_dir


@pytest.mark.parametrize("model", CAUSAL)
def test_causal_cells_tail_withheld_keep_their_bits(
    lake: Path, withheld: Path, model: str
) -> None:
    now, then = rows(lake, model), rows(withheld, model)
    assert len(now) == len(then) > BARS
    assert now.equals(then, null_equal=True)


def test_means_of_many_blocks_tail_withheld_keep_their_bits(
    lake: Path, withheld: Path
) -> None:
    """The number of blocks differs, which must not change how a block is added up."""
    now, then = (
        read(
            built_short(data_dir),
            "select * from int_prices_averaged_to_bars where bar_number <= 790 "
            "order by coin, bar_closed_at",
        )
        for data_dir in (lake, withheld)
    )
    assert len(now) == 2 * 790
    assert now.equals(then, null_equal=True)


def test_label_cells_known_before_the_cut_are_unchanged(
    lake: Path, withheld: Path
) -> None:
    moment = CUT.replace(tzinfo=None)
    for model, order in (
        ("regime_spells", "coin, rule, started_at"),
        ("funding_hours", "coin, funding_hour_at"),
        ("funding_costs", "coin, funding_hour_at"),
    ):
        query = (
            f"select * from {model} where known_at <= timestamp '{moment}' "
            f"order by {order}"
        )
        now, then = read(lake, query), read(withheld, query)
        assert len(now) > 20
        assert now.equals(then, null_equal=True)


@pytest.fixture(scope="module")
def contract() -> dict[str, list[dict[str, object]]]:
    path = project_dir() / "models" / "marts" / "features" / "_models.yml"
    models = yaml.safe_load(path.read_text())["models"]
    return {model["name"]: model["columns"] for model in models}


def meta_of(column: dict[str, object]) -> dict[str, object]:
    config = column["config"]
    assert isinstance(config, dict)
    return dict(config["meta"])


def test_paper_experiment_is_its_ten_features(
    contract: dict[str, list[dict[str, object]]],
) -> None:
    paper = {
        column["name"]
        for column in contract["features"]
        if "paper" in meta_of(column).get("experiments", [])  # type: ignore[operator]
    }
    assert paper == PAPER


def test_price_unit_features_stay_out_of_perp(
    contract: dict[str, list[dict[str, object]]],
) -> None:
    for column in contract["features"]:
        meta = meta_of(column)
        if meta["role"] == "feature":
            is_perp = "perp" in meta["experiments"]  # type: ignore[operator]
            assert not (is_perp and meta["unit"] == "usd"), column["name"]


def test_training_rows_list_every_feature(
    contract: dict[str, list[dict[str, object]]],
) -> None:
    is_feature: Callable[[dict[str, object]], bool] = lambda column: (  # noqa: E731
        meta_of(column)["role"] == "feature"
    )
    features = [c["name"] for c in contract["features"] if is_feature(c)]
    training = [c["name"] for c in contract["training_rows"] if is_feature(c)]
    assert features == training
    assert len(features) == len(set(features))
