"""Commands that fill the lake from recorded books and trades and from archives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.ingest import MapOption, column_mapping, epoch_unit, ingest_app
from solalpha.cli.session import CoinOption, DataDirOption, JsonOption, Session
from solalpha.raw import books_file, trades_file

_FILE_HELP = "CSV, parquet or JSON file."
FindUnitOption = Annotated[
    str | None,
    typer.Option(
        "--unit",
        help="Unit of times that are numbers: s, ms, us, ns; found unless given.",
        show_default=False,
    ),
]


def register(_: typer.Typer) -> None:
    """Add these commands to the group ``ingest``."""
    for command in (books, trades):
        ingest_app.command()(command)


def books(
    file: Annotated[Path, typer.Argument(help=_FILE_HELP)],
    coin: CoinOption = "SOL",
    mapping: MapOption = None,
    unit: FindUnitOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store books: time, bid_price_1, bid_size_1, ... up to 20 levels a side."""
    session = Session.start("ingest-books", data_dir=data_dir, as_json=as_json)
    summary = books_file.ingest_books(
        session.paths,
        session.parameters,
        file,
        coin=coin,
        mapping=column_mapping(mapping),
        unit=epoch_unit(unit) if unit else None,
        ingested_at=clock.now(),
    )
    session.show(asdict(summary))


def trades(
    file: Annotated[Path, typer.Argument(help=_FILE_HELP)],
    coin: CoinOption = "SOL",
    mapping: MapOption = None,
    unit: FindUnitOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store trades: time, price, size, side of the aggressor, trade_id."""
    session = Session.start("ingest-trades", data_dir=data_dir, as_json=as_json)
    summary = trades_file.ingest_trades(
        session.paths,
        session.parameters,
        file,
        coin=coin,
        mapping=column_mapping(mapping),
        unit=epoch_unit(unit) if unit else None,
        ingested_at=clock.now(),
    )
    session.show(asdict(summary))
