"""A lake cut with noise keeps what was known of a headline, and its score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha.audit import rooms
from solalpha.audit.rooms import Room, Wish
from solalpha.config import load_parameters
from solalpha.raw import storage
from solalpha.raw.schemas import table_schema
from solalpha.raw.timeline import REVISION

START = datetime(2025, 6, 1, tzinfo=UTC)
# Headlines by the hours at which they arrived; "read" was read again at hour 5.
HOURS = {"known": (1,), "read": (1, 5), "unseen": (4,)}
CUT = START + timedelta(hours=3)


def test_score_of_a_headline_read_again_later_stays(tmp_path: Path) -> None:
    wish = Wish(project=None, days=None, seed=1, plants=True)
    room = Room(folder=tmp_path, parameters=load_parameters(), wish=wish)
    write_headlines(room)
    scores = pl.DataFrame(
        {
            "headline_id": list(HOURS),
            "score": [0.5] * len(HOURS),
            "probability_positive": [0.5] * len(HOURS),
        }
    )
    storage.write_part(room.base.scores / "scorer=lexicon", scores)
    part = room.place("part")
    rooms.cut_lake(room, part, CUT, is_noise=True)
    found = pl.read_parquet(part.scores / "**/*.parquet", hive_partitioning=False)
    kept = dict(found.select("headline_id", "score").iter_rows())
    assert kept["known"] == kept["read"] == 0.5
    assert kept["unseen"] != 0.5


def write_headlines(room: Room) -> None:
    """Write a row per headline and reading into the room's whole lake."""
    schema = table_schema("headlines").polars()
    rows = [
        {
            "headline_id": name,
            "title": name,
            "published_at": START,
            "first_seen_at": START + timedelta(hours=hour),
            "event_at": START,
            "available_at": START + timedelta(hours=hour),
            "source": "wire",
            "origin": "sample",
            "ingest_id": REVISION if place else "test",
        }
        for name, hours in HOURS.items()
        for place, hour in enumerate(hours)
    ]
    frame = pl.DataFrame(rows, schema={**schema, "ingest_id": pl.String()})
    folder = room.base.raw / "headlines" / "coin=ALL" / "month=2025-06"
    storage.write_part(folder, frame)
