"""Backtest one policy on a model's walk-forward predictions and keep the record."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from solalpha import __version__
from solalpha.backtest import metrics
from solalpha.backtest.bars import Bars
from solalpha.backtest.holds import buy_and_hold, volatility_hold
from solalpha.backtest.inputs import bars_digest, count_trials, read_inputs
from solalpha.backtest.result import BacktestResult, equity_frame, trades_frame
from solalpha.backtest.simulate import Simulation, simulate
from solalpha.backtest.strategy import Progress
from solalpha.backtest.verdict import judge
from solalpha.config import Parameters, Paths
from solalpha.model.files import write_frame
from solalpha.risk.guards import Limits
from solalpha.strategy.decision import Policy
from solalpha.strategy.registry import policy_named, policy_source_id

__all__ = ["BacktestResult", "backtest_bars", "run_backtest"]


def run_backtest(
    paths: Paths,
    parameters: Parameters,
    *,
    policy: str,
    model_id: str,
    coin: str,
    created_at: datetime,
    progress: Progress | None,
) -> BacktestResult:
    """Trade ``policy`` over the model's walk-forward period and write the results.

    Parameters
    ----------
    policy
        ``paper``, ``perp``, ``probe`` or ``FILE.py:function``.
    model_id
        Model whose walk-forward predictions are traded.
    created_at
        Moment that is written to the record; it moves no figure.
    progress
        Told (step, done, total) now and then.

    Returns
    -------
    BacktestResult
        Also written to ``backtest_runs``, ``backtest_equity`` and
        ``backtest_trades`` under the results, one file each by run id.

    Raises
    ------
    ConfigError
        If there is no such policy.
    DataError
        If predictions or published bars are missing.
    """
    chosen = policy_named(policy)
    inputs = read_inputs(paths, parameters, model_id=model_id, coin=coin)
    name = policy_source_id(policy)
    result = backtest_bars(
        inputs.bars,
        chosen,
        inputs.parameters,
        policy_name=name,
        model_id=model_id,
        build_id=inputs.build_id,
        trials=count_trials(paths, name, inputs.parameters.fingerprint()),
        created_at=created_at,
        progress=progress,
    )
    write_results(paths, result)
    return result


def backtest_bars(
    bars: Bars,
    policy: Policy,
    parameters: Parameters,
    *,
    policy_name: str,
    model_id: str,
    build_id: str,
    trials: int,
    created_at: datetime,
    progress: Progress | None,
) -> BacktestResult:
    """Run policy and benchmarks over ``bars`` in memory and judge the outcome.

    A drawdown halt stays for the rest of the run; the return without that limit
    comes from a second run.
    """
    limits = Limits.from_parameters(parameters)
    simulation = simulate(bars, policy, parameters, limits, progress)
    journal = simulation.journal
    unlimited = journal.equity_usd[-1]
    if any(journal.is_halted):
        again = simulate(bars, policy, parameters, limits.without_drawdown(), progress)
        unlimited = again.journal.equity_usd[-1]
    identity = {
        "policy": policy_name,
        "model_id": model_id,
        "coin": bars.coin,
        "parameters_fingerprint": parameters.fingerprint(),
    }
    # The build's id holds the results of earlier runs; the bars alone decide a run.
    run_id = _run_id([*identity.values(), str(trials), bars_digest(bars)])
    return _result(
        simulation,
        parameters,
        identity={
            **identity,
            "build_id": build_id,
            "run_id": run_id,
            "created_at": created_at,
        },
        trials=trials,
        unlimited_usd=unlimited,
    )


def write_results(paths: Paths, result: BacktestResult) -> tuple[Path, ...]:
    """Write run, equity and trades atomically; the run's row comes last."""
    frames = {
        "backtest_equity": result.equity,
        "backtest_trades": result.trades_frame,
        "backtest_runs": result.run_frame(),
    }
    return tuple(
        write_frame(paths.results / table / f"{result.run_id}.parquet", frame)
        for table, frame in frames.items()
    )


def _result(
    simulation: Simulation,
    parameters: Parameters,
    *,
    identity: dict[str, Any],
    trials: int,
    unlimited_usd: float,
) -> BacktestResult:
    bars, journal, run_id = simulation.bars, simulation.journal, identity["run_id"]
    equity = np.asarray(journal.equity_usd, dtype=np.float64)
    held = buy_and_hold(bars, parameters)
    steadied = volatility_hold(bars, parameters)
    returns = metrics.daily_returns(np.asarray(bars.closed_us), equity)
    drawdowns = metrics.drawdowns(equity)
    benchmarks = {
        "buy-and-hold": np.asarray(held, dtype=np.float64),
        "volatility-targeted hold": np.asarray(steadied, dtype=np.float64),
        "cash": np.full(equity.shape, equity[0]),
    }
    verdict = judge(
        equity,
        benchmarks,
        returns,
        trials=trials,
        missing_funding=bars.missing_funding,
        parameters=parameters,
    )
    return BacktestResult(
        **identity,
        **_earned(simulation, equity, unlimited_usd),
        **_costs(simulation, equity),
        buy_and_hold_return=held[-1] / held[0] - 1.0,
        sharpe=metrics.sharpe(returns),
        max_drawdown=float(drawdowns.min()),
        psr=verdict.psr,
        dsr=verdict.dsr,
        verdict=verdict.verdict,
        verdict_reason=_reason(verdict.reason, bars),
        equity=equity_frame(run_id, simulation, held, steadied, drawdowns.tolist()),
        trades_frame=trades_frame(run_id, simulation),
        decisions=tuple(journal.decisions),
    )


def _earned(
    simulation: Simulation, equity: metrics.FloatArray, unlimited_usd: float
) -> dict[str, Any]:
    bars = simulation.bars
    start, end = float(equity[0]), float(equity[-1])
    return {
        "started_at": bars.closed_at(0),
        "ended_at": bars.closed_at(len(bars) - 1),
        "bars": len(bars),
        "start_usd": start,
        "end_usd": end,
        "total_return": end / start - 1.0,
        "cagr": metrics.cagr(start, end, bars.closed_us[-1] - bars.closed_us[0]),
        "halted_share": sum(simulation.journal.is_halted) / len(bars),
        "return_without_limit": unlimited_usd / start - 1.0,
    }


def _costs(simulation: Simulation, equity: metrics.FloatArray) -> dict[str, Any]:
    journal = simulation.journal
    is_unknown = simulation.bars.missing_funding > 0
    return {
        "trades": len(simulation.trades),
        "fees_usd": journal.fees_usd[-1],
        "slippage_usd": journal.slippage_usd[-1],
        "funding_usd": journal.funding_usd[-1],
        "funding_status": "unknown" if is_unknown else "known",
        "exposure_mean": float(np.mean(journal.exposure)),
        "turnover": simulation.traded_usd / float(equity.mean()),
    }


def _reason(reason: str, bars: Bars) -> str:
    if bars.skipped_bars == 0:
        return reason
    return f"{reason}; {bars.skipped_bars} bars without a price were skipped"


def _run_id(parts: list[str]) -> str:
    text = json.dumps([__version__, *parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
