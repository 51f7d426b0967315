"""Commands that fill the lake from files of candles, funding or headlines."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.session import (
    CoinOption,
    DataDirOption,
    JsonOption,
    Session,
)
from solalpha.errors import ConfigError
from solalpha.raw import files
from solalpha.raw.times import EPOCH_UNITS, EpochUnit

ingest_app = typer.Typer(
    help="Fill the raw tables; a repeated ingest adds nothing.", no_args_is_help=True
)
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="OURS=THEIRS",
        help="Name of one of our columns in the file; may be repeated.",
        show_default=False,
    ),
]

UnitOption = Annotated[
    str, typer.Option("--unit", help="Unit of times that are numbers: s, ms, us, ns.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.add_typer(ingest_app, name="ingest")


@ingest_app.command()
def candles(
    file: Annotated[Path, typer.Argument(help="CSV, parquet or JSON file.")],
    coin: CoinOption = "SOL",
    interval: Annotated[str, typer.Option(help="Candle length, e.g. 1h.")] = "1h",
    mapping: MapOption = None,
    unit: UnitOption = "ms",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store candles: open_time (bar open), open, high, low, close, volume."""
    session = Session.start("ingest-candles", data_dir=data_dir, as_json=as_json)
    summary = files.ingest_candles(
        session.paths,
        session.parameters,
        file,
        coin=coin,
        interval=interval,
        mapping=column_mapping(mapping),
        unit=epoch_unit(unit),
        ingested_at=clock.now(),
    )
    session.show(asdict(summary))


@ingest_app.command()
def funding(
    file: Annotated[Path, typer.Argument(help="CSV, parquet or JSON file.")],
    coin: CoinOption = "SOL",
    mapping: MapOption = None,
    unit: UnitOption = "ms",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store settled funding: time, funding_rate (fraction per interval)."""
    session = Session.start("ingest-funding", data_dir=data_dir, as_json=as_json)
    summary = files.ingest_funding(
        session.paths,
        session.parameters,
        file,
        coin=coin,
        mapping=column_mapping(mapping),
        unit=epoch_unit(unit),
        ingested_at=clock.now(),
    )
    session.show(asdict(summary))


@ingest_app.command()
def headlines(
    file: Annotated[Path, typer.Argument(help="CSV, parquet or JSON file.")],
    mapping: MapOption = None,
    unit: UnitOption = "ms",
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store headlines: published_at, title, source; optional url, first_seen_at."""
    session = Session.start("ingest-headlines", data_dir=data_dir, as_json=as_json)
    summary = files.ingest_headlines(
        session.paths,
        session.parameters,
        file,
        mapping=column_mapping(mapping),
        unit=epoch_unit(unit),
        ingested_at=clock.now(),
    )
    session.show(asdict(summary))


def epoch_unit(text: str) -> EpochUnit:
    """Return the unit that ``text`` names.

    Raises
    ------
    ConfigError
        If there is no such unit.
    """
    for unit in EPOCH_UNITS:
        if unit == text:
            return unit
    raise ConfigError(f"--unit {text!r}; expected one of {', '.join(EPOCH_UNITS)}")


def column_mapping(items: list[str] | None) -> dict[str, str]:
    """Turn ``OURS=THEIRS`` texts into a mapping.

    Raises
    ------
    ConfigError
        If a text has no equals sign or an empty name.
    """
    mapping: dict[str, str] = {}
    for item in items or []:
        ours, separator, theirs = item.partition("=")
        if not separator or not ours or not theirs:
            raise ConfigError(f"--map {item!r}; expected OURS=THEIRS")
        mapping[ours] = theirs
    return mapping
