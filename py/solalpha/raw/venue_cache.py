"""What was read of the venue lately, so that it is not asked for again.

The rows themselves are in the lake; this file only says until when a series is
known to be complete. It is no table: a lost, broken or foreign file is ignored, and
an entry counts only while the lake holds what it held when the entry was made.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError

CACHE_FOLDER = ".cache"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """Say that a series was read: from where, when, and until when that holds.

    ``mark`` names what the lake held of it then; ``holes_asked_at`` when what is
    missing in between was asked for last.
    """

    asked_from: datetime
    read_at: datetime
    expires_at: datetime
    holes_asked_at: datetime
    mark: str


@dataclass(slots=True)
class VenueCache:
    """Hold the entries of one coin, by the name of a series."""

    path: Path
    entries: dict[str, CacheEntry] = field(default_factory=dict)

    @classmethod
    def open(cls, paths: Paths, coin: str) -> VenueCache:
        """Return the stored entries of ``coin``; none where they cannot be read."""
        path = paths.raw / CACHE_FOLDER / f"hyperliquid-{coin.replace(':', '_')}.json"
        return cls(path, _read(path))

    def is_fresh(self, name: str, mark: str, moment: datetime) -> bool:
        """Whether the series need not be asked for at ``moment``."""
        entry = self.entries.get(name)
        if entry is None or entry.mark != mark:
            return False
        return entry.read_at <= moment < entry.expires_at

    def covers(self, name: str, mark: str, since: datetime) -> bool:
        """Whether the series was once read through from ``since`` or earlier."""
        entry = self.entries.get(name)
        return entry is not None and entry.mark == mark and entry.asked_from <= since

    def put(self, name: str, entry: CacheEntry) -> None:
        """Remember ``entry`` and write all entries, whole or not at all."""
        self.entries[name] = entry
        document = {
            "version": _VERSION,
            "entries": {name: _plain(entry) for name, entry in self.entries.items()},
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{uuid.uuid4().hex}.tmp")
        temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
        os.replace(temporary, self.path)


def _plain(entry: CacheEntry) -> dict[str, str]:
    return {
        "asked_from": clock.iso(entry.asked_from),
        "read_at": clock.iso(entry.read_at),
        "expires_at": clock.iso(entry.expires_at),
        "holes_asked_at": clock.iso(entry.holes_asked_at),
        "mark": entry.mark,
    }


def _read(path: Path) -> dict[str, CacheEntry]:
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            return {}
        return {str(name): _entry(row) for name, row in document["entries"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    except ConfigError:
        return {}


def _entry(row: dict[str, Any]) -> CacheEntry:
    return CacheEntry(
        asked_from=clock.parse_utc(row["asked_from"]),
        read_at=clock.parse_utc(row["read_at"]),
        expires_at=clock.parse_utc(row["expires_at"]),
        holes_asked_at=clock.parse_utc(row["holes_asked_at"]),
        mark=str(row["mark"]),
    )
