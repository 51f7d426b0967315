"""What a backtest reads: predictions, published rows, and what was tried before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np
import polars as pl

from solalpha.backtest.bars import Bars, bars_from_rows
from solalpha.clock import iso
from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.warehouse.build import DAILY, PROD, for_target
from solalpha.warehouse.reader import Reader

# Before this the venue's funding formula and cadence were others.
FUNDING_KNOWN_FROM = datetime(2023, 8, 1, tzinfo=UTC)
DAILY_EXPERIMENT = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Hold everything a run depends on beside the policy's code."""

    bars: Bars
    parameters: Parameters
    build_id: str


def read_inputs(
    paths: Paths, parameters: Parameters, *, model_id: str, coin: str
) -> Inputs:
    """Read the published bars over which a model has walk-forward predictions.

    The experiment ``paper`` predicts daily bars, which it is then traded on.

    Raises
    ------
    DataError
        If the model has no such predictions for ``coin`` or too few bars.
    """
    predictions = read_predictions(paths, model_id, coin)
    is_daily = predictions["experiment"][0] == DAILY_EXPERIMENT
    daily = for_target(parameters, DAILY)
    # Where the main bars are daily already there are no others.
    target = DAILY if is_daily and daily != parameters else PROD
    parameters = daily if is_daily else parameters
    with Reader.open(paths) as reader:
        rows = reader.decision_rows(coin, target=target)
        build_id = reader.build_id
    joined = traded_rows(rows, predictions)
    return Inputs(
        bars=bars_from_rows(joined, parameters),
        parameters=parameters,
        build_id=build_id,
    )


def read_predictions(paths: Paths, model_id: str, coin: str) -> pl.DataFrame:
    """Return a model's walk-forward predictions of one coin, in time order.

    Raises
    ------
    DataError
        If there are none, or two for one bar.
    """
    path = paths.results / "predictions" / f"{model_id}-walk_forward.parquet"
    if not path.is_file():
        raise DataError(
            f"model {model_id} has no walk-forward predictions at {path}; expected "
            "a model that was trained here"
        )
    found = pl.read_parquet(path).filter(pl.col("coin") == coin).sort("bar_closed_at")
    if found.is_empty():
        raise DataError(f"{path} holds no predictions of {coin}")
    if found["bar_closed_at"].is_duplicated().any():
        raise DataError(f"{path} predicts a bar of {coin} twice; expected once each")
    return found


def traded_rows(rows: pl.DataFrame, predictions: pl.DataFrame) -> pl.DataFrame:
    """Join predictions to the bars between the first and the last predicted one.

    Where funding is recorded at all, the period starts no earlier than
    ``FUNDING_KNOWN_FROM``.
    """
    moment = pl.col("bar_closed_at").dt.epoch("us").alias("closed_us")
    known = predictions.select(moment, pl.col("probability_up").cast(pl.Float64))
    first, last = known["closed_us"].min(), known["closed_us"].max()
    joined = rows.with_columns(moment).filter(
        pl.col("closed_us").is_between(first, last)
    )
    limit = int(FUNDING_KNOWN_FROM.timestamp()) * 1_000_000
    later = joined.filter(pl.col("closed_us") >= limit)
    if later["count_funding_present"].fill_null(0).sum() > 0:
        joined = later
    if joined.is_empty():
        raise DataError(
            f"no published bars between {_shown(first)} and {_shown(last)}, where "
            "the model has predictions; expected the version it was trained on"
        )
    return joined.join(known, on="closed_us", how="left", maintain_order="left").drop(
        "closed_us"
    )


def bars_digest(bars: Bars) -> str:
    """Return a hash of every number that the run reads."""
    digest = hashlib.sha256(bars.coin.encode())
    for field in fields(bars):
        value = getattr(bars, field.name)
        digest.update(field.name.encode())
        if field.name == "skipped_edges" or not isinstance(value, list):
            digest.update(repr(value).encode())
        else:
            digest.update(np.asarray(value).tobytes())
    return digest.hexdigest()


def count_trials(paths: Paths, policy: str, fingerprint: str) -> int:
    """Return how many configurations were tried, this one included.

    The greater of the distinct fitted configurations and the distinct pairs of
    policy and parameters that were ever backtested in this data directory.
    """
    fitted = _distinct(
        paths,
        "trials",
        ("experiment", "algorithm", "feature_count", "parameters_fingerprint"),
    )
    traded = _distinct(paths, "backtest_runs", ("policy", "parameters_fingerprint"))
    traded.add((policy, fingerprint))
    return max(len(fitted), len(traded))


def _distinct(
    paths: Paths, table: str, columns: tuple[str, ...]
) -> set[tuple[object, ...]]:
    files = sorted((paths.results / table).glob("*.parquet"))
    found: set[tuple[object, ...]] = set()
    for file in files:
        found.update(pl.read_parquet(file, columns=list(columns)).rows())
    return found


def _shown(closed_us: object) -> str:
    if not isinstance(closed_us, int):
        return "unknown"
    return iso(datetime.fromtimestamp(closed_us / 1e6, UTC))
