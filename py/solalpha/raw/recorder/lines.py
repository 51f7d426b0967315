"""The lines of the journal: a frame as it came, or a gap between frames.

``{"time":"2025-09-03T12:55:12.798369","mono":81.2,"raw":{...}}`` holds a frame
verbatim, with the wall clock and the one that never goes back at its receipt. What
is refused stands as text under ``text``, or as base64 under ``bytes``; ``why`` says
why, where the frame itself does not tell.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

_RAW = b',"raw":'
_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """Say when a channel was not recorded, [``gap_from``, ``gap_to``], and why."""

    coin: str
    channel: str
    gap_from: datetime
    gap_to: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLine:
    """Hold a frame's bytes as they came; ``why`` is set if it was refused unread."""

    received_at: datetime
    data: bytes
    why: str | None


def frame_line(
    data: bytes,
    *,
    received_at: datetime,
    monotonic_s: float,
    is_whole: bool,
    why: str | None,
) -> bytes:
    """Return the line of a frame; ``is_whole`` says that it is one JSON object."""
    head = f'{{"time":"{received_at.strftime(_MOMENT)}","mono":{monotonic_s:.6f}'
    if is_whole and why is None and b"\n" not in data:
        return b"".join((head.encode(), _RAW, data, b"}"))
    told: dict[str, Any] = {} if why is None else {"why": why}
    try:
        told["text"] = data.decode("utf-8")
    except UnicodeDecodeError:
        told["bytes"] = base64.b64encode(data).decode("ascii")
    return head.encode() + b"," + orjson.dumps(told)[1:]


def gap_line(gap: GapLine) -> bytes:
    """Return the line of a gap."""
    told = {
        "coin": gap.coin,
        "channel": gap.channel,
        "from": gap.gap_from.strftime(_MOMENT),
        "reason": gap.reason,
    }
    head = f'{{"time":"{gap.gap_to.strftime(_MOMENT)}","gap":'
    return head.encode() + orjson.dumps(told) + b"}"


def read_line(line: bytes) -> FrameLine | GapLine | None:
    """Return what a line holds; None if it is no line of ours."""
    head, found, rest = line.partition(_RAW)
    try:
        told = orjson.loads(head + b"}" if found else line)
        at = moment_of(told["time"])
        if found:
            return FrameLine(received_at=at, data=rest[:-1], why=None)
        if "gap" in told:
            gap = told["gap"]
            return GapLine(
                coin=gap["coin"],
                channel=gap["channel"],
                gap_from=moment_of(gap["from"]),
                gap_to=at,
                reason=gap["reason"],
            )
        return FrameLine(received_at=at, data=_data(told), why=told.get("why"))
    except (orjson.JSONDecodeError, binascii.Error, KeyError, TypeError, ValueError):
        return None


def moment_of(text: str) -> datetime:
    """Return the UTC moment that a line's time names."""
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def text_of(moment: datetime) -> str:
    """Return ``moment`` as the lines write it."""
    return moment.strftime(_MOMENT)


def _data(told: dict[str, Any]) -> bytes:
    if "bytes" in told:
        return base64.b64decode(told["bytes"], validate=True)
    return str(told["text"]).encode()
