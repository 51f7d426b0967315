"""The whole job: raw data to paper orders and a report, one step after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from solalpha import clock
from solalpha.backtest.run import BacktestResult
from solalpha.config import Parameters, Paths
from solalpha.cycle import paper, source, steps
from solalpha.cycle.source import Progress
from solalpha.errors import ConfigError, DataError
from solalpha.execution.trade import TradeResult
from solalpha.model.train_result import TrainResult
from solalpha.warehouse.quality import QualityReport
from solalpha.warehouse.reader import Reader

EXPERIMENT = "perp"
POLICY = "perp"
ALGORITHM = "xgboost"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """Hold what the steps of one run have produced so far."""

    source: str
    paths: Paths
    parameters: Parameters
    seconds: Mapping[str, float] = field(default_factory=dict)
    quality: QualityReport | None = None
    build_id: str | None = None
    training: TrainResult | None = None
    backtest: BacktestResult | None = None
    trade: TradeResult | None = None
    report_path: Path | None = None


def begin(name: str, paths: Paths, parameters: Parameters) -> JobState:
    """Return the state before the first step."""
    return JobState(source=name, paths=paths, parameters=parameters)


def run_step(state: JobState, step: str, progress: Progress | None) -> JobState:
    """Run the named step and note its duration in seconds."""
    if step not in _STEPS:
        raise ConfigError(f"step {step!r} is unknown; expected one of {STEPS}")
    begun = clock.monotonic_s()
    after = _STEPS[step](state, progress)
    taken = {**after.seconds, step: clock.monotonic_s() - begun}
    return replace(after, seconds=taken)


def summary(state: JobState) -> dict[str, Any]:
    """Return the object that ``run --json`` promises.

    Raises
    ------
    DataError
        If a step that it needs has not run.
    """
    training, result = state.training, state.backtest
    if training is None or result is None or state.trade is None:
        raise DataError("the job has no result yet; expected every step to have run")
    metrics = training.summary()
    with Reader.open(state.paths) as reader:
        coin = state.parameters.trade_coin
        bars = reader.count("bars", coin)
        gaps = reader.query(
            "select feature_group, bool_or(is_source_present) as is_present, "
            "count(*) as features from feature_gaps where requirement = 'feature' "
            "group by all order by 1"
        )
    return {
        "build_id": state.build_id,
        "source": state.source,
        "bars": bars,
        "feature_count": int(gaps["features"].sum()),
        "absent_groups": gaps.filter(~gaps["is_present"])["feature_group"].to_list(),
        "quality": state.quality.verdict if state.quality else None,
        "model_id": training.model_id,
        "accuracy": metrics["accuracy"],
        "majority_rate": metrics["majority_rate"],
        "auc": metrics["auc"],
        "auc_interval": [metrics["auc_low"], metrics["auc_high"]],
        "backtest": result.summary(),
        "orders_placed": state.trade.orders_placed,
        "verdict": result.verdict,
        "report_path": str(state.report_path),
        "seconds": {name: round(taken, 1) for name, taken in state.seconds.items()},
    }


def _sample(state: JobState, progress: Progress | None) -> JobState:
    if state.source == "sample" and not source.holds_bars(state.paths):
        source.make_sample(
            state.paths,
            state.parameters,
            days=source.SAMPLE_DAYS,
            seed=source.SAMPLE_SEED,
            edge=source.SAMPLE_EDGE,
            book_interval_s=source.SAMPLE_BOOK_INTERVAL_S,
            outages_per_year=source.SAMPLE_OUTAGES_PER_YEAR,
            progress=progress,
        )
    return state


def _check(state: JobState, progress: Progress | None) -> JobState:
    del progress
    quality = steps.check(state.paths, state.parameters, clock.now())
    if quality.verdict == "FAIL":
        worst = next(item for item in quality.findings if item.severity == "FAIL")
        raise DataError(f"{worst.check}: {worst.evidence}; {worst.remedy}")
    return replace(state, quality=quality)


def _score(state: JobState, progress: Progress | None) -> JobState:
    steps.score(
        state.paths,
        state.parameters,
        scorer=state.parameters.sentiment_scorer,
        scored_at=clock.now(),
        progress=progress,
    )
    return state


def _build(state: JobState, progress: Progress | None) -> JobState:
    facts = steps.build(
        state.paths, state.parameters, select=None, target="prod", progress=progress
    )
    return replace(state, build_id=facts["build_id"])


def _train(state: JobState, progress: Progress | None) -> JobState:
    training = steps.train(
        state.paths,
        state.parameters,
        experiment=EXPERIMENT,
        algorithm=ALGORITHM,
        coin=state.parameters.trade_coin,
        open_final=False,
        progress=progress,
    )
    return replace(state, training=training)


def _backtest(state: JobState, progress: Progress | None) -> JobState:
    if state.training is None:
        raise DataError("no model to backtest; expected the step train before")
    result = steps.backtest(
        state.paths,
        state.parameters,
        policy=POLICY,
        model_id=state.training.model_id,
        coin=state.parameters.trade_coin,
        progress=progress,
    )
    return replace(state, backtest=result)


def _trade(state: JobState, progress: Progress | None) -> JobState:
    del progress
    wish = paper.Wish(
        experiment=EXPERIMENT,
        policy=POLICY,
        coin=state.parameters.trade_coin,
        account=paper.ACCOUNT,
        now=None,
    )
    trade = paper.trade_on_paper(state.paths, state.parameters, wish)
    return replace(state, trade=trade)


def _publish(state: JobState, progress: Progress | None) -> JobState:
    build_id = steps.refresh_results(state.paths, state.parameters, progress)
    return replace(state, build_id=build_id)


def _report(state: JobState, progress: Progress | None) -> JobState:
    del progress
    return replace(state, report_path=steps.report(state.paths, clock.now()))


_STEPS: dict[str, Callable[[JobState, Progress | None], JobState]] = {
    "sample": _sample,
    "check": _check,
    "score": _score,
    "build": _build,
    "train": _train,
    "backtest": _backtest,
    "trade": _trade,
    "publish": _publish,
    "report": _report,
}
STEPS = tuple(_STEPS)
