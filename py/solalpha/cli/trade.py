"""Commands that trade on paper and show the account."""

from __future__ import annotations

from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    facts_table,
    finite,
    rows_table,
)
from solalpha.cycle import paper, steps
from solalpha.cycle import status as states
from solalpha.errors import LimitBreach


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(trade)
    app.command()(status)


def trade(
    venue: Annotated[str, typer.Option(help="paper.")] = paper.VENUE,
    policy: Annotated[
        str, typer.Option(help="perp, paper, or FILE.py:function.")
    ] = "perp",
    experiment: Annotated[str, typer.Option(help="Whose champion predicts.")] = "perp",
    account: Annotated[str, typer.Option(help="Paper account.")] = paper.ACCOUNT,
    is_lake_time: Annotated[
        bool,
        typer.Option(
            "--lake-time",
            help="Stand at the lake's last bar instead of the wall clock.",
        ),
    ] = False,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one cycle: reconcile, decide once per bar, order, record (5: a limit)."""
    paper.require_paper(venue)
    session = Session.start(
        "trade", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    wish = paper.Wish(
        experiment=experiment,
        policy=policy,
        coin=session.parameters.trade_coin,
        account=account,
        now=None if is_lake_time else clock.now(),
    )
    with session.bars():
        result = paper.trade_on_paper(session.paths, session.parameters, wish)
        build_id = steps.refresh_results(
            session.paths, session.parameters, session.progress
        )
    facts = finite(result.as_dict() | {"build_id": build_id})
    shown = {key: value for key, value in facts.items() if key != "gates"}
    session.show(
        facts,
        facts_table("trade", shown),
        rows_table("gates", facts["gates"], ["name", "passed", "detail"]),
    )
    if result.risk_state == "HALTED":
        raise LimitBreach(
            "the account is halted; `solalpha status` says why and what is open"
        )


def status(
    venue: Annotated[str, typer.Option(help="paper.")] = paper.VENUE,
    account: Annotated[str, typer.Option(help="Paper account.")] = paper.ACCOUNT,
    experiment: Annotated[str, typer.Option(help="Whose champion.")] = "perp",
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the account, the champion, the newest bar and what needs an operator."""
    paper.require_paper(venue)
    paper.require_account(account)
    session = Session.start(
        "status", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    facts = states.status(
        session.paths,
        session.parameters,
        venue=venue,
        account=account,
        experiment=experiment,
        now=clock.now(),
    )
    shown = {key: value for key, value in facts.items() if key != "alerts"}
    session.show(
        finite(facts),
        facts_table("status", shown),
        rows_table("alerts", facts["alerts"], ["level", "key", "message"]),
    )
