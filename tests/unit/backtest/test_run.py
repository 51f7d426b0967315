"""From predictions and published rows to three parquet files."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from solalpha.backtest import inputs
from solalpha.backtest.run import run_backtest
from solalpha.config import Paths, load_parameters
from solalpha.errors import ConfigError, DataError

CREATED = datetime(2025, 9, 1, tzinfo=UTC)
RUN_COLUMNS = [
    "run_id",
    "policy",
    "model_id",
    "coin",
    "started_at",
    "ended_at",
    "bars",
    "start_usd",
    "end_usd",
    "total_return",
    "buy_and_hold_return",
    "cagr",
    "sharpe",
    "max_drawdown",
    "trades",
    "fees_usd",
    "slippage_usd",
    "funding_usd",
    "funding_status",
    "halted_share",
    "return_without_limit",
    "exposure_mean",
    "turnover",
    "psr",
    "dsr",
    "verdict",
    "verdict_reason",
    "parameters_fingerprint",
    "build_id",
    "created_at",
]
EQUITY_COLUMNS = [
    "run_id",
    "bar_closed_at",
    "equity_usd",
    "buy_and_hold_usd",
    "volatility_hold_usd",
    "cash_usd",
    "position_base",
    "price",
    "drawdown",
    "fees_usd",
    "slippage_usd",
    "funding_usd",
    "is_halted",
]
TRADE_COLUMNS = [
    "run_id",
    "trade_id",
    "coin",
    "decided_at",
    "filled_at",
    "side",
    "size_base",
    "price",
    "mid_at_decision",
    "notional_usd",
    "fee_usd",
    "slippage_usd",
    "reason",
    "realised_usd",
    "position_after_base",
]


class Published:
    """Stand in for the reader: decision rows without any database."""

    build_id = "build-1"
    rows = pl.DataFrame()
    targets: list[str] = []  # noqa: RUF012

    @classmethod
    def open(cls, paths: Paths) -> "Published":
        del paths
        return cls()

    def __enter__(self) -> "Published":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def decision_rows(self, coin: str, *, target: str) -> pl.DataFrame:
        self.targets.append(target)
        return self.rows.filter(pl.col("coin") == coin)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data_dir=tmp_path)


@pytest.fixture
def published(world, monkeypatch: pytest.MonkeyPatch) -> type[Published]:
    generator = np.random.default_rng(9)
    closes = (100.0 + np.cumsum(generator.normal(0, 0.6, 480))).tolist()
    Published.rows = world.rows(closes, funding_rate=0.0000125, spread_bps=2.0).drop(
        "probability_up"
    )
    Published.targets = []
    monkeypatch.setattr(inputs, "Reader", Published)
    return Published


def predict(
    paths: Paths,
    start: datetime,
    *,
    hours: range = range(24, 456),
    experiment: str = "perp",
    probability: float = 0.7,
) -> None:
    folder = paths.results / "predictions"
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(
        {
            "coin": ["SOL"] * len(hours),
            "experiment": [experiment] * len(hours),
            "bar_closed_at": [start + timedelta(hours=hour) for hour in hours],
            "probability_up": [probability] * len(hours),
        }
    ).write_parquet(folder / "m1-walk_forward.parquet")


def backtest(paths: Paths, policy: str = "perp", coin: str = "SOL", **overrides: str):
    return run_backtest(
        paths,
        load_parameters(overrides),
        policy=policy,
        model_id="m1",
        coin=coin,
        created_at=CREATED,
        progress=None,
    )


def test_run_covers_the_predicted_bars_and_writes_three_files(
    paths, published, world
) -> None:
    predict(paths, world.start)
    result = backtest(paths)
    assert result.started_at == world.start + timedelta(hours=24)
    assert result.ended_at == world.start + timedelta(hours=455)
    assert result.bars == 432
    assert result.trades > 0
    assert result.funding_status == "known"
    assert published.targets == ["prod"]
    for table, columns in {
        "backtest_runs": RUN_COLUMNS,
        "backtest_equity": EQUITY_COLUMNS,
        "backtest_trades": TRADE_COLUMNS,
    }.items():
        frame = pl.read_parquet(paths.results / table / f"{result.run_id}.parquet")
        assert frame.columns[: len(columns)] == columns
        assert frame["run_id"].unique().to_list() == [result.run_id]


def test_run_equity_frame_adds_up(paths, published, world) -> None:
    predict(paths, world.start)
    result = backtest(paths)
    equity = result.equity
    value = equity["account_cash_usd"] + equity["position_base"] * equity["price"]
    assert (value - equity["equity_usd"]).abs().max() == 0.0
    assert equity["equity_usd"][-1] == result.end_usd
    assert equity["drawdown"].min() == result.max_drawdown
    assert equity["cash_usd"].unique().to_list() == [10_000.0]
    trades = result.trades_frame
    assert trades.height == result.trades
    assert trades["fee_usd"].sum() == pytest.approx(result.fees_usd)
    assert trades["slippage_usd"].sum() == pytest.approx(result.slippage_usd)
    assert (trades["filled_at"] >= trades["decided_at"]).all()
    asked = trades.filter(pl.col("reason") != "stop")["decided_at"]
    assert asked.dt.second().unique().to_list() == [30]


def test_run_again_gives_the_same_bits_but_for_the_moment(
    paths, published, world
) -> None:
    predict(paths, world.start)
    first, second = backtest(paths), backtest(paths)
    assert first.summary() == second.summary()
    assert first.equity.equals(second.equity)
    assert first.trades_frame.equals(second.trades_frame)
    assert len(list((paths.results / "backtest_runs").iterdir())) == 1


def test_run_id_changes_with_predictions_policy_and_parameters(
    paths, published, world
) -> None:
    predict(paths, world.start)
    ids = {
        backtest(paths).run_id,
        backtest(paths, "probe").run_id,
        backtest(paths, slippage_bps="3").run_id,
    }
    predict(paths, world.start, probability=0.71)
    ids.add(backtest(paths).run_id)
    assert len(ids) == 4


def test_run_counts_every_configuration_as_a_trial(paths, published, world) -> None:
    predict(paths, world.start)
    assert "over 1 trials" in backtest(paths).verdict_reason
    assert "over 2 trials" in backtest(paths, slippage_bps="3").verdict_reason
    assert "over 2 trials" in backtest(paths, slippage_bps="3").verdict_reason


def test_run_with_a_missing_rate_says_so(paths, published, world) -> None:
    predict(paths, world.start)
    number = pl.int_range(pl.len())
    published.rows = published.rows.with_columns(
        funding_rate=pl.when(number != 100).then(pl.col("funding_rate"))
    )
    result = backtest(paths)
    assert result.funding_status == "unknown"
    assert result.verdict == "INCONCLUSIVE"
    assert "funding unknown at 1 edges" in result.verdict_reason


def test_run_before_august_2023_leaves_out_other_funding_rules(
    paths, published, world
) -> None:
    early = datetime(2023, 7, 25, tzinfo=UTC)
    shift = pl.col("bar_closed_at", "decided_at", "execution_at")
    published.rows = published.rows.with_columns(shift - (world.start - early))
    predict(paths, early)
    assert backtest(paths).started_at == datetime(2023, 8, 1, tzinfo=UTC)


def test_run_without_any_funding_keeps_the_period_and_says_unknown(
    paths, published, world
) -> None:
    early = datetime(2023, 6, 25, tzinfo=UTC)
    shift = pl.col("bar_closed_at", "decided_at", "execution_at")
    published.rows = published.rows.with_columns(
        shift - (world.start - early),
        funding_rate=pl.lit(None, pl.Float64),
        count_funding_present=0,
    )
    predict(paths, early)
    result = backtest(paths)
    assert result.started_at == early + timedelta(hours=24)
    assert result.funding_status == "unknown"
    assert result.funding_usd == 0.0


def test_run_of_the_paper_experiment_reads_daily_bars(paths, published, world) -> None:
    predict(paths, world.start, experiment="paper")
    result = backtest(paths, "paper")
    assert published.targets == ["daily"]
    daily = load_parameters(
        {
            "bar_minutes": "1440",
            "label_horizon_bars": "1",
            "decide_every_bars": "1",
            "bars_per_year": "365",
        }
    )
    assert result.parameters_fingerprint == daily.fingerprint()


def test_run_halted_reports_share_and_return_without_limit(
    paths, published, world
) -> None:
    predict(paths, world.start)
    result = backtest(paths, risk_max_drawdown="0.001")
    assert 0.0 < result.halted_share < 1.0
    assert result.return_without_limit != result.total_return
    free = backtest(paths, risk_max_drawdown="0.9")
    assert free.halted_share == 0.0
    assert free.return_without_limit == free.total_return
    assert result.return_without_limit == pytest.approx(free.total_return)


def test_run_that_never_trades_has_null_probabilities(paths, published, world) -> None:
    predict(paths, world.start, probability=0.5)
    result = backtest(paths)
    assert result.trades == 0
    assert result.summary()["sharpe"] is None
    assert math.isnan(result.sharpe)
    frame = pl.read_parquet(paths.results / f"backtest_runs/{result.run_id}.parquet")
    assert frame["sharpe"][0] is None
    assert frame["total_return"][0] == 0.0


def test_summary_is_ready_for_json(paths, published, world) -> None:
    predict(paths, world.start)
    summary = backtest(paths).summary()
    assert summary["started_at"] == "2025-07-02T00:00:00Z"
    assert list(summary) == RUN_COLUMNS


def test_run_without_predictions_is_refused(paths, published) -> None:
    with pytest.raises(DataError, match="no walk-forward predictions"):
        backtest(paths)


def test_run_of_another_coin_is_refused(paths, published, world) -> None:
    predict(paths, world.start)
    with pytest.raises(DataError, match="no predictions of BTC"):
        backtest(paths, coin="BTC")


def test_run_with_a_bar_predicted_twice_is_refused(paths, published, world) -> None:
    predict(paths, world.start)
    file = paths.results / "predictions" / "m1-walk_forward.parquet"
    frame = pl.read_parquet(file)
    pl.concat([frame, frame.head(1)]).write_parquet(file)
    with pytest.raises(DataError, match="twice"):
        backtest(paths)


def test_run_outside_the_published_bars_is_refused(paths, published, world) -> None:
    predict(paths, world.start - timedelta(days=900))
    with pytest.raises(DataError, match="no published bars"):
        backtest(paths)


def test_run_of_an_unknown_policy_is_refused(paths, published) -> None:
    with pytest.raises(ConfigError, match="unknown"):
        backtest(paths, "moon")


def test_run_reports_progress(paths, published, world) -> None:
    predict(paths, world.start)
    told: list[tuple[str, int, int]] = []
    run_backtest(
        paths,
        load_parameters(),
        policy="perp",
        model_id="m1",
        coin="SOL",
        created_at=CREATED,
        progress=lambda *step: told.append(step),
    )
    assert told[0] == ("backtest", 0, 432)
    assert told[-1] == ("backtest", 432, 432)
