"""Commands for analysts: list the published tables and query them, read-only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    finite,
    rows_table,
)
from solalpha.warehouse.reader import Reader


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
        rows_table(f"version {build_id}", rows, list(rows[0]) if rows else ["name"]),
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
        rows_table(f"{frame.height} row(s)", rows, frame.columns),
    )
