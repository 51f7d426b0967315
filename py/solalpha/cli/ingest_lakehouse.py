"""The command that adopts a lakehouse: files, coverage by column, drift by month."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from solalpha import clock
from solalpha.cli.ingest import ingest_app
from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    facts_table,
    rows_table,
)
from solalpha.raw import lakehouse

_COLUMNS = ["coin", "column", "months", "non_null_share", "first_month", "last_month"]
_DRIFT = ["coin", "month", "column", "change", "before", "after"]


def register(_: typer.Typer) -> None:
    """Add the command to the group ``ingest``."""
    ingest_app.command("lakehouse")(adopt_lakehouse)


def adopt_lakehouse(
    directory: Annotated[Path, typer.Argument(help="Folder that holds consolidated/.")],
    mapping_file: Annotated[
        Path | None,
        typer.Option("--mapping", help="YAML or JSON: renames, units, time zone."),
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Adopt order-flow parquet where it lies; no file is copied or changed.

    Tells per column how far it is there, and what changes between months.
    """
    session = Session.start("ingest-lakehouse", data_dir=data_dir, as_json=as_json)
    with session.bars():
        summary = lakehouse.adopt(
            session.paths,
            session.parameters,
            directory,
            mapping_file,
            progress=session.progress,
            ingested_at=clock.now(),
        )
    result = asdict(summary)
    session.show(result, *_tables(result))


def _tables(result: dict[str, Any]) -> list[RenderableType]:
    facts = {
        name: value
        for name, value in result.items()
        if name not in ("columns", "schema_drift")
    }
    shown: list[RenderableType] = [facts_table("ingest-lakehouse", facts)]
    present = [
        row | {"column": _column(row), "months": _months(row)}
        for row in result["columns"]
        if row["is_present"]
    ]
    shown.append(rows_table("columns that the files have", present, _COLUMNS))
    if drift := [row | {"column": _column(row)} for row in result["schema_drift"]]:
        shown.append(rows_table("schema drift between months", drift, _DRIFT))
    return shown


def _column(row: dict[str, Any]) -> str:
    # Our name, and below it the files' own where that differs.
    ours = row["column_name"]
    theirs = row["source_column"] if "source_column" in row else row["field_name"]
    return "\n".join(dict.fromkeys(name for name in (ours, theirs) if name))


def _months(row: dict[str, Any]) -> str:
    return f"{row['months_present']} of {row['months']}"
