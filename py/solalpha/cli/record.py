"""The command that records the venue's stream until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from solalpha import clock
from solalpha.cli.session import DataDirOption, JsonOption, Session, facts_table
from solalpha.errors import ConfigError, DataError
from solalpha.hyperliquid.network import require_market
from solalpha.hyperliquid.stream import MAINNET_STREAM, Stream
from solalpha.hyperliquid.stream_parsing import read_frame
from solalpha.raw.recorder.record import Plan, Recorder, plan
from solalpha.raw.recorder.record import record as record_stream


@dataclass(slots=True)
class _Wish:
    # The signal that asks to stop; None while the recording is wanted.
    signal: int | None = None


def register(app: typer.Typer) -> None:
    """Add this command to ``app``."""
    app.command("record")(record)


def record(
    coin: Annotated[
        list[str] | None,
        typer.Option(help="Coin, the venue's key; may be repeated; else SOL."),
    ] = None,
    url: Annotated[
        str,
        typer.Option(help="Websocket to read; only subscriptions and pings are sent."),
    ] = MAINNET_STREAM,
    duration: Annotated[
        float | None,
        typer.Option(help="Seconds to record; else until interrupted."),
    ] = None,
    flush: Annotated[
        float, typer.Option(help="Seconds between two writes into the raw tables.")
    ] = 60.0,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record trades, books, quotes and contexts; Ctrl-C stores all and ends it."""
    wanted = plan(coin or ["SOL"], flush)
    if duration is not None and not duration > 0:
        raise ConfigError(f"--duration {duration:g}; expected more than 0 seconds")
    require_market(url, "--url", MAINNET_STREAM)
    stream = Stream(url, wanted.coins)
    session = Session.start("record", data_dir=data_dir, as_json=as_json)
    if not as_json:
        coins = ", ".join(wanted.coins)
        typer.echo(
            f"recording {coins} from {url}; Ctrl-C stores all and ends", err=True
        )
    with _stop_signals() as wish:
        counts = _run(session, stream, wanted, wish, duration)
    told = {"seconds": counts.pop("seconds"), **counts}
    session.show(told, facts_table("record", told))
    if told["problem"] is not None:
        raise DataError(
            f"the last write into the raw tables failed: {told['problem']}; the frames "
            "are safe in raw/frames: mend it and run record again"
        )
    if wish.signal == signal.SIGINT:
        raise typer.Abort


def _run(
    session: Session, stream: Stream, wanted: Plan, wish: _Wish, duration: float | None
) -> dict[str, Any]:
    recorder = Recorder(session.paths, wanted, read=read_frame)
    began = clock.monotonic_s()
    counts = asyncio.run(
        record_stream(
            recorder,
            stream.events(),
            is_over=_is_over(wish, began, duration),
            now=clock.now,
            monotonic_s=clock.monotonic_s,
        )
    )
    counts["connections"] = stream.connections
    counts["seconds"] = round(clock.monotonic_s() - began, 1)
    return counts


def _is_over(
    wish: _Wish, began: float, duration: float | None
) -> Callable[[datetime], bool]:
    def is_over(_: datetime) -> bool:
        if wish.signal is not None:
            return True
        return duration is not None and clock.monotonic_s() - began >= duration

    return is_over


@contextmanager
def _stop_signals() -> Iterator[_Wish]:
    # The first signal asks to stop; a second one of its kind stops at once.
    wish = _Wish()
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}

    def ask(kind: int, _: object) -> None:
        wish.signal = kind
        signal.signal(kind, before[signal.Signals(kind)])

    for kind in before:
        signal.signal(kind, ask)
    try:
        yield wish
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
