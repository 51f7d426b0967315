"""Run one policy over bars in memory: no files, no clock, no randomness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solalpha.backtest.account import Account, Trade
from solalpha.backtest.bars import Bars
from solalpha.backtest.broker import PerpetualBroker
from solalpha.backtest.engine import bt
from solalpha.backtest.feed import DecisionFeed
from solalpha.backtest.strategy import Journal, PolicyStrategy, Progress
from solalpha.config import Parameters
from solalpha.risk.guards import Limits
from solalpha.strategy.decision import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Hold what a run left behind; the journal has one entry per priced bar."""

    bars: Bars
    journal: Journal
    trades: list[Trade]
    traded_usd: float


def simulate(
    bars: Bars,
    policy: Policy,
    parameters: Parameters,
    limits: Limits,
    progress: Progress | None,
) -> Simulation:
    """Trade ``policy`` through ``bars`` in Backtrader."""
    account = Account(bars, parameters, parameters.backtest_start_usd)
    journal = Journal()
    cerebro: Any = bt.Cerebro(stdstats=False, preload=True, runonce=True)
    cerebro.adddata(DecisionFeed(bars=bars))
    cerebro.setbroker(PerpetualBroker(account=account))
    cerebro.addstrategy(
        PolicyStrategy,
        account=account,
        policy=policy,
        parameters=parameters,
        limits=limits,
        journal=journal,
        progress=progress,
    )
    cerebro.run()
    if progress is not None:
        progress("backtest", len(bars), len(bars))
    return Simulation(
        bars=bars,
        journal=journal,
        trades=account.trades,
        traded_usd=account.traded_usd,
    )
