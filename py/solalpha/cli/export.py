"""Commands that write files for others: our recordings, the published tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    rows_table,
)
from solalpha.errors import DataError
from solalpha.raw import lake
from solalpha.warehouse.export import build_order_flow, export_order_flow
from solalpha.warehouse.export_tables import export_tables

export_app = typer.Typer(help="Write files for other programs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.add_typer(export_app, name="export")
    export_app.command("order-flow")(order_flow)
    export_app.command("tables")(tables)


@export_app.callback()
def _group() -> None:
    """Write files for other programs."""


def order_flow(
    directory: Annotated[Path, typer.Argument(help="Folder to hold consolidated/.")],
    coin: Annotated[
        str | None, typer.Option(help="Coin, the venue's key; else all with books.")
    ] = None,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write recorded books and trades as a lakehouse, a file per coin and month.

    Books that came after the decision of their bar are left out. `ingest lakehouse`
    adopts the files.
    """
    session = Session.start(
        "export-order-flow", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    origin = lake.origin(session.paths)
    if origin is None:
        raise DataError(
            f"the lake in {session.paths.data_dir} is empty; expected recorded books: "
            "run `solalpha record` or `solalpha ingest books`"
        )
    build_order_flow(session.paths, session.parameters)
    with session.bars():
        files = export_order_flow(
            session.paths,
            session.parameters,
            directory,
            coin=coin,
            origin=origin,
            progress=session.progress,
        )
    if not files:
        raise DataError(
            "nothing to export: no recorded book was known by the decision of its own "
            "bar (available_at <= decided_at)"
        )
    rows = [asdict(file) | {"path": str(file.path)} for file in files]
    columns = ["coin", "month", "rows", "first_at", "last_at", "path"]
    session.show(
        {"origin": origin, "files": rows},
        rows_table(f"exported order flow ({origin})", rows, columns),
    )


def tables(
    directory: Annotated[Path, typer.Argument(help="Folder for the parquet files.")],
    names: Annotated[
        str | None,
        typer.Option("--tables", help="Tables wanted, commas between; else all."),
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the published tables as parquet, a zstd file each, with a manifest.

    The folder changes to the newest version as a whole; one that holds anything else
    is refused.
    """
    session = Session.start(
        "export-tables", data_dir=data_dir, as_json=as_json, is_reader=True
    )
    wanted = None if names is None else [name.strip() for name in names.split(",")]
    with session.bars():
        done = export_tables(
            session.paths, directory, tables=wanted, progress=session.progress
        )
    rows = [asdict(file) for file in done.files]
    state = "written" if done.is_new else "unchanged"
    session.show(
        {
            "build_id": done.build_id,
            "directory": str(done.directory),
            "is_new": done.is_new,
            "files": rows,
        },
        rows_table(
            f"version {done.build_id} {state}",
            rows,
            ["table", "rows", "columns", "size_bytes"],
        ),
    )
