"""Record the venue's stream: journal, tables, gaps and sealed days.

A frame is first made safe in the journal, about once a second. At every flush what
is safe moves into the tables. So a kill at any moment loses no safe frame, and memory
holds a second of frames, whatever the length of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError
from solalpha.raw import ingest_log, lake
from solalpha.raw.lock import LakeBusy
from solalpha.raw.recorder.drain import Drain
from solalpha.raw.recorder.journal import Journal, mend
from solalpha.raw.recorder.lines import GapLine, frame_line, gap_line
from solalpha.raw.recorder.liveness import Key
from solalpha.raw.recorder.tally import Tally
from solalpha.raw.recorder.wire import Event, Events, Message
from solalpha.raw.validation import check_coin

OTHER_COIN = "coin not asked for"
# Lines wait this long, at most, before they are safe on disk.
COMMIT_EVERY_S = 1.0
_LIVE = ("data", "acknowledged")
# A flush is late by this many of its intervals only where the wall clock was set.
_LATEST_FLUSHES = 2
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Say what is recorded: coins, and the seconds between two flushes."""

    coins: tuple[str, ...]
    flush_s: float


def plan(coins: Sequence[str], flush_s: float) -> Plan:
    """Return a checked plan.

    Raises
    ------
    ConfigError
        If no coin is named, or the flush interval is not within 1 s and a day.
    DataError
        If a coin's name may not name a folder.
    """
    if not coins:
        raise ConfigError("no coin to record; expected at least one, e.g. --coin SOL")
    if not 1 <= flush_s <= 86_400:
        raise ConfigError(f"--flush {flush_s:g}; expected 1 to 86400 seconds")
    return Plan(
        coins=tuple(dict.fromkeys(check_coin(coin) for coin in coins)), flush_s=flush_s
    )


class Recorder:
    """Take events one by one; ``start`` first, ``finish`` at the end.

    It asks no clock: the events say what time it is.

    Parameters
    ----------
    read
        What the bytes of a frame say.
    """

    def __init__(
        self, paths: Paths, wanted: Plan, *, read: Callable[[bytes], Message]
    ) -> None:
        self._paths, self._plan = paths, wanted
        self.tally = Tally()
        lake.require_origin(paths, "real")
        self._journal = Journal(paths)
        self._drain = Drain(paths, read, self.tally)
        self._run_id = ""
        self._next_flush: datetime | None = None
        self._flushed_s = 0.0

    def start(self, moment: datetime, monotonic_s: float) -> None:
        """Store what an earlier recording left in the journal, killed or not."""
        self._run_id = f"record-{clock.compact(moment)}"
        place = self._drain.checkpoint.place
        self.tally.torn_bytes = mend(self._journal.folder, place)
        self._drain.look()
        self._drain.checkpoint.liveness.stopped()
        self.tally.recovered_frames = self._flush(moment, monotonic_s)

    def take(self, event: Event) -> None:
        """Keep what the event brings, and flush if it is time."""
        if event.kind == "frame" and event.message is not None:
            self._take_frame(event, event.message)
        elif event.kind == "lost":
            self.tally.losses += 1
            is_named = event.coin is not None and event.channel is not None
            silent = (str(event.coin), str(event.channel)) if is_named else None
            self._drain.checkpoint.liveness.lost(event.reason, silent)
            self._drain.save()
        if self._journal.is_due(event.monotonic_s, COMMIT_EVERY_S):
            self._journal.commit()
        if self._is_flush_due(event):
            self._flush(event.received_at, event.monotonic_s)

    def finish(self, moment: datetime, monotonic_s: float) -> dict[str, Any]:
        """Flush, let go of the journal, and return the counts."""
        try:
            self._flush(moment, monotonic_s)
        finally:
            self._journal.close()
        return {"coins": list(self._plan.coins), **self.tally.summary()}

    def _take_frame(self, event: Event, message: Message) -> None:
        at = event.received_at
        liveness = self._drain.checkpoint.liveness
        liveness.alive(at)
        if message.kind == "pong":
            return
        self.tally.frames += 1
        self.tally.frame_bytes += len(event.data)
        self.tally.note_lag(message, at)
        is_strange = self._is_strange(message)
        line = frame_line(
            event.data,
            received_at=at,
            monotonic_s=event.monotonic_s,
            is_whole=message.kind != "refused",
            why=OTHER_COIN if is_strange else None,
        )
        gap = None if is_strange else self._ended(message, at)
        if gap is not None:
            self.tally.gaps += 1
            self._journal.append(gap_line(gap), at, event.monotonic_s)
        self._journal.append(line, at, event.monotonic_s)

    def _is_strange(self, message: Message) -> bool:
        named = {row["coin"] for row in message.rows}
        if message.coin is not None:
            named.add(message.coin)
        return not named <= set(self._plan.coins)

    def _ended(self, message: Message, at: datetime) -> GapLine | None:
        if message.kind not in _LIVE or not message.channel or message.coin is None:
            return None
        key: Key = (message.coin, message.channel)
        return self._drain.checkpoint.liveness.live(key, at)

    def _is_flush_due(self, event: Event) -> bool:
        if self._next_flush is None or event.received_at >= self._next_flush:
            return True
        waited_s = event.monotonic_s - self._flushed_s
        return waited_s >= _LATEST_FLUSHES * self._plan.flush_s

    def _flush(self, moment: datetime, monotonic_s: float) -> int:
        # Flushes fall on whole multiples of their interval, so that a bar's last
        # rows are stored just after its edge.
        self._journal.commit()
        every = timedelta(seconds=self._plan.flush_s)
        self._next_flush = moment + every - (moment - clock.EPOCH) % every
        self._flushed_s = monotonic_s
        try:
            frames = self._drain.run()
            self.tally.sealed += self._drain.seal(moment, self._plan.coins)
        except (LakeBusy, OSError, pl.exceptions.PolarsError) as error:
            # What is not stored is safe in the journal; the next flush tries again.
            self.tally.postponed += 1
            self.tally.problem = " ".join(str(error).split())[:_SHOWN]
            return 0
        self._drain.save()
        self.tally.flushes += 1
        self.tally.problem = None
        ingest_log.write(
            self._paths, self.tally.entries(), run_id=self._run_id, logged_at=moment
        )
        return frames


async def record(
    recorder: Recorder,
    events: Events,
    *,
    is_over: Callable[[datetime], bool],
    now: Callable[[], datetime],
    monotonic_s: Callable[[], float],
) -> dict[str, Any]:
    """Record until ``is_over`` says so at some event; return the counts.

    Whatever ends it, the frames taken so far are flushed, or at least safe.
    """
    try:
        recorder.start(now(), monotonic_s())
        async with aclosing(events) as stream:
            async for event in stream:
                recorder.take(event)
                if is_over(event.received_at):
                    break
    finally:
        counts = recorder.finish(now(), monotonic_s())
    return counts
