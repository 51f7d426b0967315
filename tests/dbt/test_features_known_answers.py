"""Published indicator values, from daily quotes run through the models."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt, write_raw

from solalpha.config import real_data_dir

TOLERANCE = 1e-9
FOLDER = real_data_dir()
WINDOWS = {
    "ema_fast_bars": 20,
    "ema_slow_bars": 50,
    "bar_minutes": 1440,
}

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(FOLDER is None, reason="SOLALPHA_REAL_DATA is not set"),
]


def answers(name: str) -> pl.DataFrame:
    assert FOLDER is not None
    path = FOLDER / "known_answers" / "stock_indicators" / "results"
    rows = json.loads((path / f"{name}.standard.json").read_text())
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("timestamp").str.to_datetime(time_unit="us")
    )


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    assert FOLDER is not None
    data_dir = tmp_path_factory.mktemp("known_answers")
    quotes = pl.read_csv(
        FOLDER / "known_answers" / "stock_indicators" / "quotes" / "default.csv",
        try_parse_dates=True,
    )
    opened = [datetime(d.year, d.month, d.day, tzinfo=UTC) for d in quotes["date"]]
    day = timedelta(days=1)
    frame = quotes.drop("date").with_columns(
        coin=pl.lit("SPY"),
        interval=pl.lit("1d"),
        interval_s=pl.lit(86400),
        open_at=pl.Series(opened),
        event_at=pl.Series([at + day for at in opened]),
        available_at=pl.Series([at + day + timedelta(seconds=5) for at in opened]),
    )
    write_raw(data_dir, "candles", frame, until=None)
    run_dbt(data_dir, ["run", "--select", "+features"], variables=WINDOWS)
    return read(
        data_dir,
        "select *, bar_closed_at - interval 1 day as opened_at from features "
        "where close is not null order by bar_closed_at",
    )


@pytest.mark.parametrize(
    ("column", "name", "answer"),
    [
        ("ema_50", "ema", "ema"),
        ("macd_line", "macd", "macd"),
        ("macd_signal", "macd", "signal"),
        ("macd_histogram", "macd", "histogram"),
        ("rsi_14", "rsi", "rsi"),
        ("atr_14", "atr", "atr"),
        ("bollinger_width", "bb", "width"),
        ("bollinger_position", "bb", "percentB"),
    ],
)
def test_indicator_daily_quotes_equals_published(
    features: pl.DataFrame, column: str, name: str, answer: str
) -> None:
    expected = answers(name)
    assert features["opened_at"].to_list() == expected["timestamp"].to_list()
    found = features[column].fill_null(np.nan).to_numpy()
    wanted = expected[answer].cast(pl.Float64).fill_null(np.nan).to_numpy()
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    known = ~np.isnan(wanted)
    assert known.sum() > 400
    assert np.max(np.abs(found[known] - wanted[known])) < TOLERANCE


def test_average_daily_quotes_equals_published(features: pl.DataFrame) -> None:
    """The Bollinger mean, from the width: upper less lower band over the mean."""
    bands = answers("bb")
    means = answers("sma")["sma"].cast(pl.Float64).to_numpy()[19:]
    spread = (bands["upperBand"] - bands["lowerBand"]).to_numpy()[19:]
    width = features["bollinger_width"].to_numpy()[19:]
    assert np.max(np.abs(spread / width - means)) < TOLERANCE * means.max()
