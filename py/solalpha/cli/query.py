"""Commands for analysts: list the published tables and query them, read-only."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any

import typer

from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    finite,
    rows_table,
)
from solalpha.warehouse.reader import Reader

_COLUMNS = ["name", "rows", "known_at", "grain"]


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(tables)
    app.command()(query)


def tables(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the published tables: rows, grain and when a row becomes known."""
    session = Session.start(
        "tables", data_dir=data_dir, as_json=as_json, is_reader=True
    )
    with Reader.open(session.paths) as reader:
        rows = [asdict(table) for table in reader.tables()]
        build_id = reader.build_id
    session.show(
        {"build_id": build_id, "tables": rows},
        rows_table(f"version {build_id}", _grains(rows), _COLUMNS),
    )


def query(
    sql: Annotated[str, typer.Argument(help="One statement; it can only read.")],
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run SQL on the published tables and print the rows."""
    session = Session.start("query", data_dir=data_dir, as_json=as_json, is_reader=True)
    with Reader.open(session.paths) as reader:
        frame = reader.query(sql)
    rows = [finite(row) for row in frame.to_dicts()]
    session.show(
        {"columns": frame.columns, "rows": rows},
        rows_table(f"rows: {frame.height}", rows, frame.columns, has_exact_names=True),
    )


def _grains(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # A description begins with the grain, up to its first full stop or colon.
    return [
        table | {"grain": re.split(r"[.:](?:\s|$)", table["description"] or "")[0]}
        for table in tables
    ]
