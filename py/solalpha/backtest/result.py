"""The outcome of a backtest: one row for the run, one per bar, one per trade."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from solalpha.backtest.simulate import Simulation
from solalpha.backtest.strategy import DecisionRecord
from solalpha.clock import iso

_TIME = pl.Datetime("us", "UTC")
_FRAMES = ("equity", "trades_frame", "decisions")


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """Hold a run's figures and frames.

    Returns, drawdown and shares are fractions, drawdown negative; costs are
    positive when paid. ``sharpe`` is annualised with 365 days from daily returns.
    ``psr`` and ``dsr`` are probabilities; NaN is undefined.
    """

    run_id: str
    policy: str
    model_id: str
    coin: str
    started_at: datetime
    ended_at: datetime
    bars: int
    start_usd: float
    end_usd: float
    total_return: float
    buy_and_hold_return: float
    cagr: float
    sharpe: float
    max_drawdown: float
    trades: int
    fees_usd: float
    slippage_usd: float
    funding_usd: float
    funding_status: str
    halted_share: float
    return_without_limit: float
    exposure_mean: float
    turnover: float
    psr: float
    dsr: float
    verdict: str
    verdict_reason: str
    parameters_fingerprint: str
    build_id: str
    created_at: datetime
    equity: pl.DataFrame
    trades_frame: pl.DataFrame
    decisions: tuple[DecisionRecord, ...]

    def summary(self) -> dict[str, Any]:
        """Return the figures for printing: ISO times, None for what is undefined."""
        return {name: _plain(value) for name, value in self._figures().items()}

    def run_frame(self) -> pl.DataFrame:
        """Return the run as a frame of one row."""
        row = {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in self._figures().items()
        }
        return pl.DataFrame([row], schema=run_schema())

    def _figures(self) -> dict[str, Any]:
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in _FRAMES
        }


def run_schema() -> dict[str, Any]:
    """Return the columns of the run's row and their types."""
    kinds: dict[str, Any] = {
        "str": pl.String,
        "float": pl.Float64,
        "int": pl.Int64,
        "datetime": _TIME,
    }
    return {
        field.name: kinds[str(field.type)]
        for field in dataclasses.fields(BacktestResult)
        if field.name not in _FRAMES
    }


def equity_frame(
    run_id: str,
    simulation: Simulation,
    buy_and_hold_usd: list[float],
    volatility_hold_usd: list[float],
    drawdown: list[float],
) -> pl.DataFrame:
    """Return one row per priced bar.

    ``cash_usd`` is the benchmark of doing nothing; ``account_cash_usd`` is the
    account's own, so that equity is account cash plus position times price.
    """
    journal = simulation.journal
    start = journal.equity_usd[0]
    return pl.DataFrame(
        {
            "run_id": [run_id] * len(simulation.bars),
            "bar_closed_at": pl.Series(simulation.bars.closed_us, dtype=pl.Int64)
            .cast(pl.Datetime("us"))
            .dt.replace_time_zone("UTC"),
            "equity_usd": journal.equity_usd,
            "buy_and_hold_usd": buy_and_hold_usd,
            "volatility_hold_usd": volatility_hold_usd,
            "cash_usd": [start] * len(simulation.bars),
            "position_base": journal.position_base,
            "price": simulation.bars.close,
            "drawdown": drawdown,
            "fees_usd": journal.fees_usd,
            "slippage_usd": journal.slippage_usd,
            "funding_usd": journal.funding_usd,
            "is_halted": journal.is_halted,
            "account_cash_usd": journal.cash_usd,
        }
    )


def trades_frame(run_id: str, simulation: Simulation) -> pl.DataFrame:
    """Return one row per fill, in time order; ``trade_id`` counts from 1."""
    schema: dict[str, Any] = {
        "run_id": pl.String,
        "trade_id": pl.Int64,
        "coin": pl.String,
        "decided_at": pl.Int64,
        "filled_at": pl.Int64,
        "side": pl.String,
        "size_base": pl.Float64,
        "price": pl.Float64,
        "mid_at_decision": pl.Float64,
        "notional_usd": pl.Float64,
        "fee_usd": pl.Float64,
        "slippage_usd": pl.Float64,
        "reason": pl.String,
        "realised_usd": pl.Float64,
        "position_after_base": pl.Float64,
    }
    rows = [
        {
            **dataclasses.asdict(trade),
            "run_id": run_id,
            "trade_id": number,
            "coin": simulation.bars.coin,
            "decided_at": trade.decided_us,
            "filled_at": trade.filled_us,
        }
        for number, trade in enumerate(simulation.trades, start=1)
    ]
    columns = [{name: row[name] for name in schema} for row in rows]
    return pl.DataFrame(columns, schema=schema).with_columns(
        pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        for name in ("decided_at", "filled_at")
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
