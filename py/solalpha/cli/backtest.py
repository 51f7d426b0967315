"""Command that backtests one policy."""

from __future__ import annotations

from typing import Annotated

import typer

from solalpha.cli.session import (
    CoinOption,
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    facts_table,
    finite,
)
from solalpha.cycle import steps
from solalpha.model import registry


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(backtest)


def backtest(
    policy: Annotated[str, typer.Option(help="perp or paper.")] = "perp",
    model_id: Annotated[
        str | None, typer.Option("--model-id", help="Model; else the champion.")
    ] = None,
    experiment: Annotated[
        str, typer.Option(help="Whose champion, without --model-id.")
    ] = "perp",
    coin: CoinOption = "SOL",
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trade a model's walk-forward predictions, net of fees, slippage and funding."""
    session = Session.start(
        "backtest", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    with session.bars():
        result = steps.backtest(
            session.paths,
            session.parameters,
            policy=policy,
            model_id=model_id or registry.champion_id(session.paths, experiment),
            coin=coin,
            progress=session.progress,
        )
        build_id = steps.refresh_results(
            session.paths, session.parameters, session.progress
        )
    facts = finite(result.summary() | {"build_id": build_id})
    session.show(facts, facts_table("backtest", facts))
