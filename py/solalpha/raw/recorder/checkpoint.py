"""How far the journal has reached the tables; replaced atomically after each flush.

Losing it loses nothing: the journal is read again from its beginning, and rows that
are stored already are duplicates.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from solalpha.raw import storage
from solalpha.raw.recorder.journal import Place
from solalpha.raw.recorder.liveness import Liveness

NAME = "checkpoint.json"

# Table, coin and date of a folder that waits to be sealed.
Day = tuple[str, str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Hold the place that is read, the state of the channels, and unsealed days."""

    place: Place | None
    liveness: Liveness
    open_days: frozenset[Day]


def load(folder: Path) -> Checkpoint:
    """Return the checkpoint of ``folder``; an empty one if it is absent or spoilt."""
    try:
        return _read(json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return Checkpoint(place=None, liveness=Liveness(), open_days=frozenset())


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint of ``folder``."""
    place = checkpoint.place
    content = {
        "segment": None if place is None else place.segment,
        "offset": 0 if place is None else place.offset,
        "liveness": checkpoint.liveness.state(),
        "open_days": [
            [table, coin, day.isoformat()]
            for table, coin, day in sorted(checkpoint.open_days)
        ],
    }
    temporary = folder / f".{NAME}{storage.TEMPORARY_SUFFIX}"
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / NAME)
    storage.sync_folder(folder)


def _read(content: Any) -> Checkpoint:
    liveness = Liveness()
    liveness.restore(**content["liveness"])
    place = None
    if content["segment"] is not None:
        place = Place(segment=str(content["segment"]), offset=int(content["offset"]))
    return Checkpoint(
        place=place,
        liveness=liveness,
        open_days=frozenset(
            (str(table), str(coin), date.fromisoformat(day))
            for table, coin, day in content["open_days"]
        ),
    )
