"""Holes and late rows are found where a hand count finds them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from solalpha.raw.timeline import holes, late_rows

START = datetime(2025, 6, 1, tzinfo=UTC)


def rows(minutes: list[int], lateness: dict[int, int]) -> pl.DataFrame:
    """Return rows of one coin at these minutes, each a minute old on arrival."""
    events = [START + timedelta(minutes=minute) for minute in minutes]
    delays = [timedelta(minutes=1 + lateness.get(minute, 0)) for minute in minutes]
    return pl.DataFrame(
        {
            "coin": ["SOL"] * len(minutes),
            "event_at": events,
            "available_at": [e + d for e, d in zip(events, delays, strict=True)],
        }
    )


def test_silence_of_many_spacings_is_a_hole() -> None:
    # Every 10 minutes; 50 minutes from 30 to 80 are no more than 5 spacings.
    found = holes(rows([0, 10, 20, 30, 80, 90, 100, 110, 175, 185], {}))
    assert found.rows() == [
        ("SOL", START + timedelta(minutes=110), START + timedelta(minutes=175))
    ]


def test_short_silence_of_a_dense_table_is_no_hole() -> None:
    assert holes(rows([0, 1, 2, 3, 4, 30, 31, 32], {})).is_empty()


def test_row_that_took_much_longer_than_its_peers_is_late() -> None:
    found = late_rows(rows([0, 10, 20, 30, 40], {10: 10, 20: 11}))
    assert found["event_at"].to_list() == [START + timedelta(minutes=20)]
