"""The paper exchange sees the market that was known, bar by bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from solalpha.config import load_parameters, load_paths
from solalpha.cycle.views import views_between
from solalpha.errors import DataError

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
LATE = NOON + timedelta(seconds=30)


class Tables:
    """Answer the three questions that the views ask, from given frames."""

    def __init__(self, bars: int, price_after: float | None) -> None:
        edges = [NOON - timedelta(hours=n) for n in reversed(range(bars))]
        self.bars = pl.DataFrame(
            {
                "bar_closed_at": edges,
                "high": [101.0 + n for n in range(bars)],
                "low": [99.0 + n for n in range(bars)],
                "close": [100.0 + n for n in range(bars)],
                "mark_price": [None] * bars,
                "oracle_price": [100.5 + n for n in range(bars)],
                "spread_bps": [None] * bars,
            },
            schema_overrides={"bar_closed_at": pl.Datetime("us", "UTC")},
        )
        self.price_after = price_after

    def query(self, sql: str, values: list[object]) -> pl.DataFrame:
        if "from funding_hours" in sql:
            return pl.DataFrame(
                {
                    "funding_hour_at": [NOON - timedelta(hours=1), NOON],
                    "funding_rate": [0.0000125, None],
                    "oracle_price": [101.5, 102.5],
                }
            )
        if "execution_price" in sql:
            found = [] if self.price_after is None else [self.price_after]
            return pl.DataFrame({"execution_price": pl.Series(found, dtype=pl.Float64)})
        return self.bars


def views(tmp_path: Path, bars: int = 3, price_after: float | None = None):
    return list(
        views_between(
            Tables(bars, price_after),  # type: ignore[arg-type]
            load_paths(tmp_path),
            load_parameters(),
            coin="SOL",
            since=NOON - timedelta(hours=2),
            until=LATE,
        )
    )


def test_each_bar_edge_after_the_last_clock_is_a_view_then_the_moment_itself(
    tmp_path: Path,
) -> None:
    found = views(tmp_path)
    assert [view.at for view in found] == [NOON - timedelta(hours=1), NOON, LATE]
    edge = found[0].coins[0]
    assert (edge.low_price, edge.high_price) == (Decimal(100), Decimal(102))
    assert edge.oracle_price == Decimal("101.5")


def test_book_without_a_recording_stands_around_the_last_close(tmp_path: Path) -> None:
    market = views(tmp_path)[-1].coins[0]
    assert market.bids[0].price < Decimal(102) < market.asks[0].price
    assert market.mid_price == Decimal(102)


def test_next_price_is_what_an_order_meets_where_it_is_known(tmp_path: Path) -> None:
    market = views(tmp_path, price_after=103.25)[-1].coins[0]
    assert market.mid_price == Decimal("103.25")


def test_settlements_reach_a_view_once_they_are_due_and_unknown_stays_unknown(
    tmp_path: Path,
) -> None:
    first, second, last = views(tmp_path)
    assert [row.rate for row in first.settlements] == [Decimal("0.0000125")]
    assert [row.rate for row in second.settlements] == [Decimal("0.0000125"), None]
    assert [row.rate for row in last.settlements] == [Decimal("0.0000125"), None]


def test_market_without_a_bar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no priced SOL bar"):
        views(tmp_path, bars=0)
