"""Commands that fill the lake from recorded books and trades and from archives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.ingest import MapOption, column_mapping, epoch_unit, ingest_app
from solalpha.cli.session import (
    CoinOption,
    DataDirOption,
    JsonOption,
    Session,
    facts_table,
    rows_table,
)
from solalpha.raw import books_file, trades_file
from solalpha.raw.archive.ingest import ingest_archive
from solalpha.raw.binance.ingest import ingest_binance
from solalpha.raw.summary import FilesSummary
from solalpha.raw.validation import check_coin

_FILE_HELP = "CSV, parquet or JSON file."
EVERY_COIN = "ALL"
CoinsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--coin",
        help="Coin to keep, may be repeated, ALL for every one; else the traded and "
        "the benchmark coin.",
        show_default=False,
    ),
]
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
    for command in (books, trades, archive, binance):
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


def archive(
    path: Annotated[Path, typer.Argument(help="File or folder of the archive.")],
    coin: CoinsOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store Hyperliquid's archive: l2Book, asset_ctxs, node_trades, node_fills.

    Files are known by their content, LZ4 or plain; node_fills_by_block too.
    """
    session = Session.start("ingest-archive", data_dir=data_dir, as_json=as_json)
    with session.bars():
        summary = ingest_archive(
            session.paths,
            session.parameters,
            path,
            coins=_coins(coin, session),
            ingested_at=clock.now(),
            progress=session.progress,
        )
    _show(session, summary)


def binance(
    path: Annotated[Path, typer.Argument(help="Zip or CSV file, or a folder of them.")],
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store Binance's archive: klines, aggTrades, trades, fundingRate, metrics.

    bookDepth too. A .CHECKSUM beside a file is verified. SOLUSDT is the coin SOL.
    """
    session = Session.start("ingest-binance", data_dir=data_dir, as_json=as_json)
    with session.bars():
        summary = ingest_binance(
            session.paths,
            session.parameters,
            path,
            ingested_at=clock.now(),
            progress=session.progress,
        )
    _show(session, summary)


def _coins(named: list[str] | None, session: Session) -> frozenset[str] | None:
    if named == [EVERY_COIN]:
        return None
    own = session.parameters
    wished = named or [own.trade_coin, own.benchmark_coin]
    return frozenset(check_coin(coin) for coin in wished)


def _show(session: Session, summary: FilesSummary) -> None:
    rows = [asdict(found) for found in summary.tables]
    columns = ["table", "coin", "rows_read", "added", "duplicate", "conflicting"]
    tables = [rows_table("ingested", rows, [*columns, "first_at", "last_at", "notes"])]
    if summary.refused:
        tables.append(facts_table("records refused", summary.refused))
    if summary.left_out:
        tables.append(facts_table("records left out", summary.left_out))
    if summary.problems:
        tables.append(facts_table("files with a problem", summary.problems))
    session.show(asdict(summary), *tables)
