"""Command for the whole job."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from solalpha import clock
from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    facts_table,
    finite,
)
from solalpha.cycle import run as job
from solalpha.cycle import source as sources
from solalpha.cycle import steps


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(run)
    app.command()(report)


def run(
    source: Annotated[
        str | None,
        typer.Option(help="sample or lake; else the lake if it holds bars."),
    ] = None,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do the whole job: check, score, build, train, backtest, paper orders, report."""
    name, paths = sources.resolve(source, data_dir)
    session = Session.start(
        "run", data_dir=paths.data_dir, as_json=as_json, overrides=overrides
    )
    state = job.begin(name, paths, session.parameters)
    with session.bars():
        for number, step in enumerate(job.STEPS):
            session.progress("job: " + step, number, len(job.STEPS))
            session.log("step", step=step)
            state = job.run_step(state, step, session.progress)
            session.progress("job: " + step, len(job.STEPS), len(job.STEPS))
    facts = finite(job.summary(state))
    session.show(facts, _summary_table(facts))


def report(
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the HTML report of the published version."""
    session = Session.start(
        "report", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    path = steps.report(session.paths, clock.now())
    session.show({"report_path": str(path)})


def _summary_table(facts: dict[str, Any]) -> Table:
    backtest = facts["backtest"]
    shown = {key: value for key, value in facts.items() if key != "backtest"}
    shown["seconds"] = ", ".join(f"{k} {v}" for k, v in facts["seconds"].items())
    names = ("total_return", "buy_and_hold_return", "sharpe", "max_drawdown", "trades")
    shown |= {name: backtest[name] for name in names}
    shown |= {name: backtest[name] for name in backtest if name.endswith("_usd")}
    shown["verdict"] = facts["verdict"]
    shown["report_path"] = shown.pop("report_path")
    return facts_table("solalpha run", shown)
