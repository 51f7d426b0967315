"""The command that fills the lake from the venue's reads."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.ingest import ingest_app
from solalpha.cli.session import (
    CoinOption,
    DataDirOption,
    JsonOption,
    Session,
    rows_table,
)
from solalpha.errors import ConfigError
from solalpha.hyperliquid.network import require_market
from solalpha.hyperliquid.rest import MAINNET_READS, InfoClient
from solalpha.raw import venue


def register(_: typer.Typer) -> None:
    """Add the command to the group ``ingest``."""
    ingest_app.command("hyperliquid")(ingest_venue)


def ingest_venue(
    coin: CoinOption = "SOL",
    since: Annotated[
        str | None, typer.Option(help="ISO time to start from; else all there is.")
    ] = None,
    base_url: Annotated[
        str, typer.Option(help="Venue to read from; only reads are ever sent.")
    ] = MAINNET_READS,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch candles, settled funding, contexts, book and trades from the venue."""
    require_market(base_url, "--base-url", MAINNET_READS)
    session = Session.start("ingest-hyperliquid", data_dir=data_dir, as_json=as_json)
    client = InfoClient(base_url, now=clock.now)
    with session.bars():
        done = asyncio.run(
            venue.ingest_hyperliquid(
                session.paths,
                session.parameters,
                coin=coin,
                since=_moment(since) if since else None,
                client=client,
                intervals=venue.INTERVALS,
                now=clock.now,
                progress=session.progress,
            )
        )
    rows = [asdict(summary) for summary in done.tables]
    facts = {
        "tables": rows,
        "unfinished": list(done.unfinished),
        "requests": client.tally.requests,
        "repeats": client.tally.repeats,
        "weight": client.tally.weight,
        "clock_skew_s": round(done.clock_skew_s, 3),
    }
    columns = ["table", "coin", "added", "duplicate", "first_at", "last_at", "notes"]
    told = (
        f"ingested: {client.tally.requests} requests, weight "
        f"{client.tally.weight:.0f} of 1200 a minute, clock {done.clock_skew_s:+.2f} s"
    )
    session.show(facts, rows_table(told, rows, columns))


def _moment(since: str) -> datetime:
    moment, now = clock.parse_utc(since), clock.now()
    if moment > now:
        raise ConfigError(
            f"--since {since} is after the present, {clock.iso(now)}; expected a time "
            "that is over"
        )
    return moment
