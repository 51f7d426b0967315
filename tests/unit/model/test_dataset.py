from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from solalpha.errors import DataError
from solalpha.model.dataset import feature_matrix, feature_rows, labelled_rows
from solalpha.warehouse.reader import TrainingTable

Make = Callable[..., TrainingTable]


def test_rows_without_label_or_warmth_are_left_out(make_table: Make) -> None:
    table = make_table(count=30, unlabelled=5)
    frame = table.frame.with_columns(is_warm=pl.int_range(pl.len()) >= 10)
    found = labelled_rows(frame, table.feature_names, coin="SOL")
    assert found.bar_closed_at.size == 15
    assert found.bar_closed_at[0] == np.datetime64("2024-01-01T10:00:00")
    bars = feature_rows(frame, table.feature_names, coin="SOL")
    assert bars.bar_closed_at.size == 20


def test_rows_come_in_time_order_whatever_the_frame(make_table: Make) -> None:
    table = make_table(count=30)
    shuffled = table.frame.sample(fraction=1.0, shuffle=True, seed=1)
    found = labelled_rows(shuffled, table.feature_names, coin="SOL")
    wanted = labelled_rows(table.frame, table.feature_names, coin="SOL")
    assert (found.features == wanted.features).all()
    assert (found.label_up == wanted.label_up).all()


def test_null_feature_becomes_nan_and_is_named_absent(make_table: Make) -> None:
    table = make_table(count=20)
    frame = table.frame.with_columns(
        signal=pl.lit(None, dtype=pl.Float64),
        momentum=pl.when(pl.int_range(pl.len()) > 3).then(4.5),
    )
    found = labelled_rows(frame, table.feature_names, coin="SOL")
    assert np.isnan(found.features[:, 0]).all()
    assert found.absent == ("signal",)
    assert found.constant == ("momentum",)


def test_failed_quality_is_not_trainable(make_table: Make) -> None:
    table = make_table(count=4)
    verdicts = pl.Series("quality_verdict", ["PASS", "FAIL", "WARN", None])
    frame = table.frame.with_columns(verdicts)
    found = labelled_rows(frame, table.feature_names, coin="SOL")
    assert found.is_trainable.tolist() == [True, False, True, True]


def test_only_rows_of_the_coin_are_taken(make_table: Make) -> None:
    table = make_table(count=6)
    other = table.frame.with_columns(coin=pl.lit("BTC"))
    both = pl.concat([other, table.frame])
    found = labelled_rows(both, table.feature_names, coin="SOL")
    assert found.label_up.size == 6


def test_no_labelled_row_is_refused(make_table: Make) -> None:
    table = make_table(count=10, unlabelled=10)
    with pytest.raises(DataError, match="no labelled warm row of SOL among 10"):
        labelled_rows(table.frame, table.feature_names, coin="SOL")


def test_repeated_bar_is_refused(make_table: Make) -> None:
    table = make_table(count=10)
    frame = pl.concat([table.frame, table.frame.head(1)])
    with pytest.raises(DataError, match="hold a bar twice"):
        labelled_rows(frame, table.feature_names, coin="SOL")


def test_missing_column_is_refused(make_table: Make) -> None:
    table = make_table(count=10)
    with pytest.raises(DataError, match="lack the columns absent_one"):
        labelled_rows(table.frame, ["absent_one"], coin="SOL")


@pytest.mark.parametrize("weight", [None, 0.0, -1.0])
def test_weight_that_is_not_positive_is_refused(
    make_table: Make, weight: float | None
) -> None:
    table = make_table(count=10)
    frame = table.frame.with_columns(sample_weight=pl.lit(weight, dtype=pl.Float64))
    with pytest.raises(DataError, match="sample_weight of SOL"):
        labelled_rows(frame, table.feature_names, coin="SOL")


def test_infinite_feature_is_refused_by_name() -> None:
    frame = pl.DataFrame({"one": [1.0, 2.0], "two": [1.0, float("inf")]})
    with pytest.raises(DataError, match="features two are infinite"):
        feature_matrix(frame, ["one", "two"])


@pytest.mark.parametrize("names", [[], ["signal", "signal"]])
def test_empty_or_repeated_feature_list_is_refused(
    make_table: Make, names: list[str]
) -> None:
    with pytest.raises(DataError, match="distinct"):
        labelled_rows(make_table(count=5).frame, names, coin="SOL")
