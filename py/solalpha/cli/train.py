"""Commands about models: train one, list the registry."""

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


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(train)


def train(
    experiment: Annotated[str, typer.Option(help="perp or paper.")] = "perp",
    algorithm: Annotated[
        str, typer.Option("--model", help="xgboost, or lightgbm (an extra).")
    ] = "xgboost",
    coin: CoinOption = "SOL",
    open_final: Annotated[
        bool,
        typer.Option("--open-final", help="Evaluate on the final block; recorded."),
    ] = False,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit, evaluate by purged walk-forward, register, and predict the newest rows."""
    session = Session.start(
        "train", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    with session.bars():
        result = steps.train(
            session.paths,
            session.parameters,
            experiment=experiment,
            algorithm=algorithm,
            coin=coin,
            open_final=open_final,
            progress=session.progress,
        )
        build_id = steps.refresh_results(
            session.paths, session.parameters, session.progress
        )
    facts = finite(result.summary() | {"build_id": build_id})
    session.show(facts, facts_table("model", facts))
