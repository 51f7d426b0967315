"""Command that says why a bar was decided, or an order placed, as it was."""

from __future__ import annotations

from typing import Annotated

import typer

from solalpha.cli.session import (
    CoinOption,
    DataDirOption,
    JsonOption,
    Session,
    facts_table,
    finite,
    rows_table,
)
from solalpha.cycle import explain as explanations


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(explain)


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="BAR_OR_ORDER", help="A bar's right edge (ISO UTC) or an order id."
        ),
    ],
    coin: CoinOption = "SOL",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print inputs with their times, features, prediction, gates, orders and fills."""
    session = Session.start(
        "explain", data_dir=data_dir, as_json=as_json, is_reader=True
    )
    facts = finite(explanations.explain(session.paths, subject=subject, coin=coin))
    inputs = [
        {"table": name, "known_at": item["known_at"], **item["values"]}
        for name, item in facts["inputs"].items()
    ]
    tables = [
        rows_table("inputs", inputs, ["table", "known_at"]),
        facts_table("features", facts["features"]),
        facts_table("prediction", facts["prediction"] or {"none": "no prediction"}),
    ]
    for decision in facts["decisions"]:
        plain = {key: value for key, value in decision.items() if key != "gates"}
        tables.append(facts_table("decision", plain))
        columns = ["gate", "passed", "detail"]
        tables.append(rows_table("gates", decision["gates"], columns))
    columns = ["order_id", "kind", "side", "size_base", "limit_price", "state"]
    tables.append(rows_table("orders", facts["orders"], columns))
    columns = ["fill_id", "side", "size_base", "price", "fee_usd", "filled_at"]
    tables.append(rows_table("fills", facts["fills"], columns))
    session.show(facts, *tables)
