from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.model import records, registry
from solalpha.model import train as training
from solalpha.model.train_result import TrainResult
from solalpha.warehouse.reader import TrainingTable

NOW = datetime(2025, 1, 1, tzinfo=UTC)
Make = Callable[..., TrainingTable]
Run = Callable[..., TrainResult]


@pytest.fixture
def run(paths: Paths, parameters: Parameters) -> Run:
    def train_table(table: TrainingTable, **changes: Any) -> TrainResult:
        options: dict[str, Any] = {
            "build_id": "one",
            "experiment": "perp",
            "algorithm": "xgboost",
            "coin": "SOL",
            "open_final": False,
            "created_at": NOW,
            "progress": None,
        }
        chosen = options.pop("paths", changes.pop("paths", paths))
        return training.train_on(chosen, parameters, table, **(options | changes))

    return train_table


def test_planted_signal_is_found(run: Run, make_table: Make) -> None:
    result = run(make_table(count=3000, pull=0.25))
    assert result.metrics.auc > 0.6
    assert result.metrics.auc_low > 0.5
    assert result.importance["feature"][0] == "signal"
    gave = result.contributions.row(0, named=True)
    assert (gave["feature"], gave["contribution_rank"]) == ("signal", 1)
    assert gave["contribution_low"] > 0
    assert gave["count_rows"] == result.metrics.rows


def test_shuffled_labels_leave_a_half_inside(run: Run, make_table: Make) -> None:
    held = 0
    for seed in range(5):
        table = make_table(count=1500, seed=seed, pull=0.25)
        labels = table.frame["label_up"].sample(fraction=1, shuffle=True, seed=seed)
        frame = table.frame.with_columns(labels)
        result = run(
            TrainingTable(frame=frame, feature_names=table.feature_names),
            build_id=str(seed),
        )
        held += result.metrics.auc_low <= 0.5 <= result.metrics.auc_high
    assert held >= 4


def test_repeat_gives_the_same_id_and_bytes(
    run: Run, make_table: Make, paths: Paths, tmp_path: Any
) -> None:
    elsewhere = Paths(data_dir=tmp_path / "elsewhere")
    first = run(make_table(count=900, pull=0.2))
    second = run(
        make_table(count=900, pull=0.2),
        paths=elsewhere,
        created_at=datetime(2026, 6, 1, tzinfo=UTC),
    )
    assert first.model_id == second.model_id
    contents = [
        (one.models / first.model_id / "model.ubj").read_bytes()
        for one in (paths, elsewhere)
    ]
    assert contents[0] == contents[1]
    assert first.metrics == second.metrics


@pytest.mark.parametrize(
    "changes",
    [{"digest": "two"}, {"experiment": "paper"}, {"coin": "BTC"}],
)
def test_model_id_depends_on_its_inputs(
    parameters: Parameters, changes: dict[str, str]
) -> None:
    options = {
        "experiment": "perp",
        "algorithm": "xgboost",
        "coin": "SOL",
        "feature_names": ("a", "b"),
    }
    changed = options | changes
    digest = changed.pop("digest", "one")
    first = training.model_id_of("one", parameters, **options)  # type: ignore[arg-type]
    second = training.model_id_of(digest, parameters, **changed)  # type: ignore[arg-type]
    assert first != second


def test_walk_forward_does_not_see_the_final_block(run: Run, make_table: Make) -> None:
    # Turn the world of the last 30 % upside down: nothing before it may change.
    table = make_table(count=1500, pull=0.2)
    is_final = pl.int_range(pl.len()) >= 1050
    flipped = table.frame.with_columns(
        label_up=pl.col("label_up") ^ is_final,
        signal=pl.when(is_final).then(99.0).otherwise(pl.col("signal")),
    )
    first = run(table)
    second = run(
        TrainingTable(frame=flipped, feature_names=table.feature_names),
        build_id="two",
    )
    names = ["bar_closed_at", "fold", "probability_up", "standing"]
    assert first.walk_forward.select(names).equals(second.walk_forward.select(names))
    assert first.metrics == second.metrics


def test_walk_forward_rows_precede_the_final_block(run: Run, make_table: Make) -> None:
    table = make_table(count=1500)
    result = run(table)
    bars = table.frame["bar_closed_at"]
    found = result.walk_forward["bar_closed_at"]
    assert found.max() == bars[1049]
    # Labels of the last day before the final block reach into it.
    assert result.metrics.rows == result.walk_forward.height - 24
    assert result.walk_forward["fold"].unique().sort().to_list() == [0, 1, 2, 3]
    assert result.final_metrics is None
    assert result.final_openings == 0


def test_bars_without_a_label_are_predicted_but_not_measured(
    run: Run, make_table: Make
) -> None:
    table = make_table(count=1500, unlabelled=24)
    hole = pl.int_range(pl.len()).is_between(800, 809)
    frame = table.frame.with_columns(
        label_up=pl.when(~hole).then(pl.col("label_up")),
    )
    whole = run(table)
    result = run(
        TrainingTable(frame=frame, feature_names=table.feature_names), build_id="two"
    )
    assert result.metrics.rows < whole.metrics.rows
    gap = table.frame["bar_closed_at"][800:810].to_list()
    assert result.walk_forward.filter(pl.col("bar_closed_at").is_in(gap)).height == 10
    assert result.live.height == 24
    assert result.live["fold"].null_count() == 24


def test_opening_the_final_block_is_recorded(
    run: Run, make_table: Make, paths: Paths
) -> None:
    table = make_table(count=1500, pull=0.25)
    assert run(table).final_openings == 0
    result = run(table, open_final=True)
    assert result.final_metrics is not None
    assert result.final_metrics.rows == 450
    assert result.final_openings == 1
    other = make_table(count=1500, pull=0.25, seed=2)
    assert run(other, open_final=True).final_openings == 2
    kinds = records.trials(paths)["kind"].to_list()
    assert sorted(kinds) == ["final", "final", "walk_forward", "walk_forward"]
    file = paths.results / "predictions" / f"{result.model_id}-final.parquet"
    found = pl.read_parquet(file)
    assert found["bar_closed_at"].min() == table.frame["bar_closed_at"][1050]


def test_paper_splits_once_and_scales(run: Run, make_table: Make, paths: Paths) -> None:
    result = run(make_table(count=400), experiment="paper")
    manifest = registry.show(paths, result.model_id)
    assert result.metrics.folds == 1
    assert result.metrics.rows == 120
    assert result.walk_forward["kind"].unique().to_list() == ["walk_forward"]
    assert manifest.scaler is not None
    assert len(manifest.scaler["mean"]) == 3
    assert (manifest.bar_minutes, manifest.label_horizon_bars) == (1440, 1)
    assert records.trials(paths)["kind"].to_list() == ["final"]


def test_challenger_is_registered_but_not_promoted(
    run: Run, make_table: Make, paths: Paths
) -> None:
    pytest.importorskip("lightgbm")
    result = run(make_table(count=900, pull=0.2), algorithm="lightgbm")
    assert not result.is_champion
    assert registry.load(paths, result.model_id).manifest.algorithm == "lightgbm"
    with pytest.raises(ConfigError, match="0 champions"):
        registry.champion_id(paths, "perp")


def test_absent_features_are_kept_and_listed(
    run: Run, make_table: Make, paths: Paths
) -> None:
    table = make_table(count=900, pull=0.2)
    frame = table.frame.with_columns(
        noise=pl.lit(None, dtype=pl.Float64), momentum=pl.lit(1.0)
    )
    result = run(
        TrainingTable(
            frame=frame,
            feature_names=table.feature_names,
            barred_features=("vpin_24",),
        )
    )
    manifest = registry.show(paths, result.model_id)
    assert result.summary()["barred_features"] == ["vpin_24"]
    assert manifest.barred_features == ("vpin_24",)
    assert result.absent_features == ("noise",)
    assert manifest.absent_features == ("noise",)
    assert manifest.constant_features == ("momentum",)
    assert manifest.feature_names == ("signal", "momentum", "noise")


def test_failed_bars_do_not_train(run: Run, make_table: Make) -> None:
    table = make_table(count=1500, pull=0.25)
    is_bad = pl.int_range(pl.len()) % 3 == 0
    broken = table.frame.with_columns(
        quality_verdict=pl.when(is_bad).then(pl.lit("FAIL")).otherwise(pl.lit("PASS")),
        label_up=pl.col("label_up") ^ is_bad,
    )
    result = run(TrainingTable(frame=broken, feature_names=table.feature_names))
    assert result.rows == 1000


def test_results_are_exported_as_the_tables_expect(
    run: Run, make_table: Make, paths: Paths
) -> None:
    result = run(make_table(count=900, pull=0.2))
    file = paths.results / "predictions" / f"{result.model_id}-walk_forward.parquet"
    found = pl.read_parquet(file)
    wanted = (
        "model_id experiment kind coin bar_closed_at fold probability_up predicted_at"
    )
    assert set(wanted.split()) <= set(found.columns)
    assert found.schema["bar_closed_at"] == pl.Datetime("us", "UTC")
    assert found.schema["fold"] == pl.Int32
    (trial,) = records.trials(paths).to_dicts()
    assert trial["auc"] == result.metrics.auc
    assert trial["majority_rate"] == result.metrics.majority_rate
    assert trial["row_count"] == result.metrics.rows
    assert trial["feature_count"] == 3


def test_summary_puts_the_base_rate_beside_accuracy(run: Run, make_table: Make) -> None:
    facts = run(make_table(count=900, pull=0.2)).summary()
    wanted = {"model_id", "accuracy", "majority_rate", "auc", "auc_low", "auc_high"}
    assert wanted <= facts.keys()


def test_progress_ends_at_its_total(run: Run, make_table: Make) -> None:
    calls: list[tuple[str, int, int]] = []
    run(make_table(count=900), progress=lambda *call: calls.append(call))
    assert calls[0] == ("walk-forward", 0, 4)
    assert calls[-1] == ("refit", 1, 1)


def test_one_class_is_refused(run: Run, make_table: Make, paths: Paths) -> None:
    table = make_table(count=900)
    frame = table.frame.with_columns(label_up=pl.lit(value=True))
    with pytest.raises(DataError, match="expected both classes"):
        run(TrainingTable(frame=frame, feature_names=table.feature_names))
    assert not paths.models.exists()


def test_too_few_rows_are_refused(run: Run, make_table: Make) -> None:
    with pytest.raises(DataError, match="ingest a longer history"):
        run(make_table(count=150))


def test_too_few_trainable_rows_are_refused(run: Run, make_table: Make) -> None:
    table = make_table(count=900)
    frame = table.frame.with_columns(quality_verdict=pl.lit("FAIL"))
    with pytest.raises(DataError, match=r"0 rows to train on \(\d+ failed quality\)"):
        run(TrainingTable(frame=frame, feature_names=table.feature_names))


@pytest.mark.parametrize("changes", [{"algorithm": "oracle"}, {"experiment": "hunch"}])
def test_unknown_names_are_refused_before_anything_is_read(
    paths: Paths, parameters: Parameters, changes: dict[str, str]
) -> None:
    options = {"experiment": "perp", "algorithm": "xgboost"} | changes
    with pytest.raises(ConfigError, match="is unknown"):
        training.train(
            paths, parameters, coin="SOL", open_final=False, created_at=NOW, **options
        )


def test_standings_of_a_fold_spread_over_the_unit_interval(
    run: Run, make_table: Make
) -> None:
    standing = run(make_table(count=1500)).walk_forward["standing"].to_numpy()
    assert ((standing >= 0) & (standing <= 1)).all()
    assert np.ptp(standing) > 0.5


def test_model_id_does_not_depend_on_the_version(run: Run, make_table: Make) -> None:
    table = make_table(count=900, pull=0.2)
    first, second = run(table), run(table, build_id="two")
    assert first.model_id == second.model_id
    assert run(make_table(count=900, pull=0.2, seed=2)).model_id != first.model_id
