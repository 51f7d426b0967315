"""The command that asks of each group of features whether it earns its place."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from solalpha.audit import ablation as ablations
from solalpha.cli.session import (
    CoinOption,
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    finite,
    rows_table,
)
from solalpha.model.intervals import Estimate


def register(audit_app: typer.Typer) -> None:
    """Add the command to the group ``audit``."""
    audit_app.command()(ablation)


def ablation(
    by: Annotated[
        str,
        typer.Option(help="Add candidates by group, or each feature alone."),
    ] = "group",
    coin: CoinOption = "SOL",
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the walk-forward with and without each group of candidate features."""
    session = Session.start(
        "audit-ablation", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    with session.bars():
        result = ablations.ablate(
            session.paths,
            session.parameters,
            coin=coin,
            by=by,
            progress=session.progress,
        )
    table = [_row(one) for one in result.comparisons]
    title = (
        f"{result.rows} rows out of sample in {result.folds} blocks; log loss of the "
        f"base rate {result.log_loss_base:.4f}; chance that one seems to earn a place "
        f"for nothing up to {result.chance_of_one:.0%}"
    )
    session.show(finite(asdict(result)), rows_table(title, table, list(table[0])))


def _row(one: ablations.Comparison) -> dict[str, Any]:
    return {
        "set": one.name,
        "features": one.features,
        "auc": _interval(one.auc),
        "log_loss": f"{one.log_loss:.4f}",
        "against": one.compared_with,
        "auc_gain": _interval(one.auc_gain),
        "log_loss_gain": _interval(one.log_loss_gain),
        "has_earned": one.has_earned,
    }


def _interval(one: Estimate | None) -> str | None:
    if one is None:
        return None
    return f"{one.value:.4f} [{one.low:.4f}, {one.high:.4f}]"
