"""Run the whole job in simulated markets whose edge is known, and count the verdicts.

At edge 0 nothing can be predicted and no policy gains in expectation, so a system
that still reports an edge lies. At edge 1 the planted signal must be found.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median, stdev

from solalpha.backtest.result import BacktestResult
from solalpha.config import Parameters, Paths, load_paths
from solalpha.cycle import source, steps
from solalpha.errors import ConfigError
from solalpha.raw.sample import SampleSummary

Z_95 = 1.959963984540054
POLICIES = ("perp", "paper")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Hold what one simulated market gave.

    ``gains`` maps a policy to its return before fees and slippage but after
    funding, a fraction of the starting equity.
    """

    seed: int
    edge: float
    days: int
    bayes_auc: float
    auc: float
    auc_low: float
    auc_high: float
    accuracy: float
    majority_rate: float
    verdict: str
    gains: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboResult:
    """Sum up the worlds; intervals are 95 %."""

    worlds: int
    edge: float
    days: int
    verdicts: dict[str, int]
    mean_auc: float
    auc_interval: tuple[float, float]
    median_auc_width: float
    intervals_holding_half: int
    edges_found: int
    bayes_auc: float
    recovered_share: float | None
    mean_gain: dict[str, float]
    gain_interval: dict[str, tuple[float, float]]


def run_placebo(
    parameters: Parameters,
    *,
    seeds: Sequence[int],
    edge: float,
    days: int,
    book_interval_s: int,
    work_dir: Path,
    progress: source.Progress | None,
) -> PlaceboResult:
    """Run every world that ``work_dir`` does not hold yet and sum all of them up.

    A world's figures are kept as one JSON file; its lake and warehouse are removed.

    Raises
    ------
    ConfigError
        If there are fewer than two seeds.
    """
    if len(set(seeds)) < 2:
        raise ConfigError(f"{len(set(seeds))} seed(s); expected at least 2 worlds")
    worlds = []
    for number, seed in enumerate(seeds):
        world = _world(
            parameters,
            seed=seed,
            edge=edge,
            days=days,
            book_interval_s=book_interval_s,
            work_dir=work_dir,
        )
        worlds.append(world)
        if progress is not None:
            progress("worlds", number + 1, len(seeds))
    return summarise(worlds)


def summarise(worlds: Sequence[World]) -> PlaceboResult:
    """Sum up ``worlds`` of one edge and length; the order does not matter."""
    aucs = [world.auc for world in worlds]
    bayes = fmean(world.bayes_auc for world in worlds)
    gains = {name: [world.gains[name] for world in worlds] for name in worlds[0].gains}
    planted = bayes - 0.5
    return PlaceboResult(
        worlds=len(worlds),
        edge=worlds[0].edge,
        days=worlds[0].days,
        verdicts=dict(sorted(Counter(world.verdict for world in worlds).items())),
        mean_auc=fmean(aucs),
        auc_interval=_interval(aucs),
        median_auc_width=median(world.auc_high - world.auc_low for world in worlds),
        intervals_holding_half=sum(
            world.auc_low <= 0.5 <= world.auc_high for world in worlds
        ),
        edges_found=sum(world.auc_low > 0.5 for world in worlds),
        bayes_auc=bayes,
        recovered_share=(fmean(aucs) - 0.5) / planted if worlds[0].edge > 0 else None,
        mean_gain={name: fmean(found) for name, found in gains.items()},
        gain_interval={name: _interval(found) for name, found in gains.items()},
    )


def _interval(values: Sequence[float]) -> tuple[float, float]:
    centre = fmean(values)
    half = Z_95 * stdev(values) / len(values) ** 0.5
    return centre - half, centre + half


def _world(
    parameters: Parameters,
    *,
    seed: int,
    edge: float,
    days: int,
    book_interval_s: int,
    work_dir: Path,
) -> World:
    name = f"edge-{edge:g}-days-{days}-seed-{seed}-{parameters.fingerprint()}"
    kept = work_dir / f"{name}.json"
    if kept.is_file():
        return World(**json.loads(kept.read_text(encoding="utf-8")))
    paths = load_paths(work_dir / name)
    shutil.rmtree(paths.data_dir, ignore_errors=True)
    try:
        sample = source.make_sample(
            paths,
            parameters,
            days=days,
            seed=seed,
            edge=edge,
            book_interval_s=book_interval_s,
            outages_per_year=source.SAMPLE_OUTAGES_PER_YEAR,
            progress=None,
        )
        world = _measured(paths, parameters, sample, edge)
    finally:
        shutil.rmtree(paths.data_dir, ignore_errors=True)
    temporary = kept.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(world)), encoding="utf-8")
    temporary.replace(kept)
    return world


def _measured(
    paths: Paths, parameters: Parameters, sample: SampleSummary, edge: float
) -> World:
    coin = parameters.trade_coin
    scorer = parameters.sentiment_scorer
    steps.score(
        paths, parameters, scorer=scorer, scored_at=source.SAMPLE_END, progress=None
    )
    steps.build(paths, parameters, select=None, target="prod", progress=None)
    training = steps.train(
        paths,
        parameters,
        experiment="perp",
        algorithm="xgboost",
        coin=coin,
        open_final=False,
        progress=None,
    )
    runs = {
        policy: steps.backtest(
            paths,
            parameters,
            policy=policy,
            model_id=training.model_id,
            coin=coin,
            progress=None,
        )
        for policy in POLICIES
    }
    return World(
        seed=sample.seed,
        edge=edge,
        days=sample.days,
        bayes_auc=sample.bayes_auc,
        auc=training.metrics.auc,
        auc_low=training.metrics.auc_low,
        auc_high=training.metrics.auc_high,
        accuracy=training.metrics.accuracy,
        majority_rate=training.metrics.majority_rate,
        verdict=runs[POLICIES[0]].verdict,
        gains={policy: _gain(run) for policy, run in runs.items()},
    )


def _gain(run: BacktestResult) -> float:
    paid = run.fees_usd + run.slippage_usd
    return (run.end_usd - run.start_usd + paid) / run.start_usd
