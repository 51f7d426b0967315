"""Noise keeps keys and times and spares no number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from solalpha.raw.noise import Noise
from solalpha.raw.schemas import TABLES, TRADES

START = datetime(2025, 6, 1, tzinfo=UTC)
ROWS = 400


def trades() -> pl.DataFrame:
    """Return trades a second apart, at prices 100 and above."""
    moments = [START + timedelta(seconds=number) for number in range(ROWS)]
    return pl.DataFrame(
        {
            "coin": ["SOL"] * ROWS,
            "trade_id": range(ROWS),
            "sequence": range(ROWS),
            "aggressor_side": ["buy", "sell"] * (ROWS // 2),
            "price": [100 + number / 100 for number in range(ROWS)],
            "size": [1.5] * ROWS,
            "unfit_values": [None] * ROWS,
            "event_at": moments,
            "available_at": moments,
            "source": ["hyperliquid"] * ROWS,
            "origin": ["sample"] * ROWS,
            "ingest_id": ["a"] * ROWS,
        },
        schema=TRADES.columns,
    )


def test_keys_and_times_stay_and_values_do_not() -> None:
    before = trades()
    after = Noise(seed=1).rows(TRADES, before.clear(), before)
    kept = [*TRADES.key, "available_at", "origin", "ingest_id"]
    assert after.select(kept).equals(before.select(kept))
    assert after.schema == before.schema
    assert (after["price"] != before["price"]).sum() > 0.9 * ROWS
    assert 0.3 * ROWS < (after["aggressor_side"] == "buy").sum() < 0.7 * ROWS


def test_numbers_become_plausible_and_absurd() -> None:
    prices = Noise(seed=1).rows(TRADES, trades().clear(), trades())["price"]
    assert prices.is_between(50, 200).sum() > ROWS / 5
    assert (prices > 50_000).sum() > ROWS / 10
    assert (prices < -50).sum() > ROWS / 10


def test_same_seed_gives_the_same_noise() -> None:
    first = Noise(seed=3).rows(TRADES, trades().clear(), trades())
    again = Noise(seed=3).rows(TRADES, trades().clear(), trades())
    other = Noise(seed=4).rows(TRADES, trades().clear(), trades())
    assert first.equals(again)
    assert not first.equals(other)


def test_every_table_takes_noise_with_nothing_known() -> None:
    for schema in TABLES.values():
        nothing = schema.empty()
        assert Noise(seed=1).rows(schema, nothing, nothing).equals(nothing)
