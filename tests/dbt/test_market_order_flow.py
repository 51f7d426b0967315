"""Order-flow columns of recorded books against an independent NumPy computation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import (
    LEVELS,
    built_market,
    complete,
    make_lake,
    write_parts,
)

from solalpha.config import real_data_dir

DAY = "books_trades/hyperliquid/20250903"
Columns = dict[str, np.ndarray]


def _levels(books: pl.DataFrame, kind: str, side: str) -> np.ndarray:
    # (n_books, 20), best level first, NaN where absent.
    names = [f"{side}_{kind}_{level}" for level in range(1, LEVELS + 1)]
    return books.select(pl.col(names).cast(float)).fill_null(np.nan).to_numpy()


def _imbalance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a - b) / (a + b)


def _side(books: pl.DataFrame, side: str, mid: np.ndarray) -> Columns:
    price, size = _levels(books, "price", side), _levels(books, "size", side)
    orders = _levels(books, "count", side)
    found: Columns = {"price": price, "size": size}
    for depth in (5, 10, 20):
        volume = np.nansum(size[:, :depth], axis=1)
        found[f"volume_{depth}"] = volume
        found[f"vwap_{depth}"] = (
            np.nansum(price[:, :depth] * size[:, :depth], axis=1) / volume
        )
        found[f"orders_{depth}"] = np.nansum(orders[:, :depth], axis=1)
    ten = size[:, :10]
    found["concentration"] = np.nansum(
        (ten / np.nansum(ten, axis=1, keepdims=True)) ** 2, axis=1
    )
    sign = -1 if side == "bid" else 1
    distance = sign * (price[:, :10] - mid[:, None]) / mid[:, None]
    depth_so_far = np.nancumsum(ten, axis=1)
    found["slope"] = np.nansum(distance * depth_so_far, axis=1) / np.nansum(
        distance**2, axis=1
    )
    found["average"] = found["volume_10"] / np.where(
        found["orders_10"] > 0, found["orders_10"], np.nan
    )
    return found


def _flow(bid: Columns, ask: Columns, moments: list[datetime]) -> Columns:
    # Event by event, as the paper words it: a queue that improves counts in full.
    # Books more than an hour apart, or of two UTC days, are no neighbours.
    count = len(bid["price"])
    found = {name: np.full(count, np.nan) for name in ("event", "ratio", "bid", "ask")}
    for n in range(1, count):
        apart = moments[n] - moments[n - 1] > timedelta(hours=1)
        if apart or moments[n].date() != moments[n - 1].date():
            continue
        parts = {}
        for side, book, sign in (("bid", bid, 1), ("ask", ask, -1)):
            now, before = book["price"][n, 0] * sign, book["price"][n - 1, 0] * sign
            size, old = book["size"][n, 0], book["size"][n - 1, 0]
            parts[side] = size if now > before else -old if now < before else size - old
            found[side][n] = min(1.0, max(0.0, -parts[side] / old))
        total = abs(parts["bid"]) + abs(parts["ask"])
        found["event"][n] = parts["bid"] - parts["ask"]
        found["ratio"][n] = found["event"][n] / total if total else np.nan
    return found


def order_flow(books: pl.DataFrame) -> Columns:
    """Return the order-flow columns of ``books``, rows in time order."""
    best_bid = _levels(books, "price", "bid")[:, 0]
    best_ask = _levels(books, "price", "ask")[:, 0]
    mid = (best_bid + best_ask) / 2
    bid, ask = (_side(books, side, mid) for side in ("bid", "ask"))
    flow = _flow(bid, ask, books["event_at"].to_list())
    found: Columns = {
        "mid_price": mid,
        "spread_bps": 1e4 * (best_ask - best_bid) / mid,
        "bid_slope": bid["slope"],
        "slope_imbalance": _imbalance(bid["slope"], ask["slope"]),
        "ask_concentration": ask["concentration"],
        "concentration_imbalance": bid["concentration"] - ask["concentration"],
        "avg_ask_order_size": ask["average"],
        "ofi_event": flow["event"],
        "ofi_ratio": flow["ratio"],
        "toxicity_imbalance": flow["bid"] - flow["ask"],
        "toxicity_trend": np.r_[np.nan, np.diff(flow["bid"] - flow["ask"])],
    }
    for depth in (5, 10, 20):
        found[f"depth_imbalance_{depth}"] = _imbalance(
            bid[f"volume_{depth}"], ask[f"volume_{depth}"]
        )
    for depth in (5, 10):
        found[f"bid_volume_{depth}"] = bid[f"volume_{depth}"]
        found[f"ask_vwap_{depth}"] = ask[f"vwap_{depth}"]
        found[f"vwap_mid_{depth}"] = (bid[f"vwap_{depth}"] + ask[f"vwap_{depth}"]) / 2
        found[f"depth_spread_{depth}_pct"] = (
            ask["price"][:, depth - 1] - bid["price"][:, depth - 1]
        ) / mid
        found[f"order_count_imbalance_{depth}"] = _imbalance(
            *(
                np.where(s[f"orders_{depth}"] > 0, s[f"orders_{depth}"], np.nan)
                for s in (bid, ask)
            )
        )
    return found


def _assert_same(data_dir: Path, books: pl.DataFrame, absent: tuple[str, ...]) -> None:
    found = read(
        data_dir,
        """
        select * from int_book_snapshots_measured_to_order_flow
        order by event_at, sequence
        """,
    )
    assert found.height == books.height
    for name, expected in order_flow(books).items():
        actual = found[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        np.testing.assert_allclose(
            actual, expected, rtol=1e-12, atol=1e-12, equal_nan=True, err_msg=name
        )
        assert np.isnan(actual).all() == (name in absent), name


def test_recorded_books_match_numpy(tmp_path_factory: pytest.TempPathFactory) -> None:
    data_dir = built_market(tmp_path_factory.mktemp("market_order_flow"))
    books = complete("book_snapshots", make_lake().frames["book_snapshots"])
    closed = pl.col("event_at").dt.truncate("1h") + pl.duration(seconds=3630)
    _assert_same(
        data_dir, books.filter(pl.col("available_at") <= closed).sort("event_at"), ()
    )


def test_large_orders_match_numpy(tmp_path_factory: pytest.TempPathFactory) -> None:
    data_dir = built_market(tmp_path_factory.mktemp("market_large"))
    books = complete("book_snapshots", make_lake().frames["book_snapshots"])
    closed = pl.col("event_at").dt.truncate("1h") + pl.duration(seconds=3600)
    known = (
        books.with_columns(closed=closed)
        .filter(pl.col("available_at") <= pl.col("closed") + pl.duration(seconds=30))
        .sort("event_at")
    )
    hours = known["closed"].unique().sort()
    before = known.filter(pl.col("closed") == hours[3])
    after = known.filter(pl.col("closed") == hours[4])
    large: Columns = {}
    for side in ("bid", "ask"):
        limits = np.nanquantile(_levels(before, "size", side)[:, :10], 0.95, axis=0)
        size = _levels(after, "size", side)[:, :10]
        large[side] = np.nansum(np.where(size >= limits, size, 0), axis=1)
    with np.errstate(invalid="ignore"):
        expected = _imbalance(large["bid"], large["ask"])
    moment = hours[4].replace(tzinfo=None)
    found = read(
        data_dir,
        f"""
        select large_order_imbalance from int_book_snapshots_measured_to_order_flow
        where event_at >= timestamp '{moment}' - interval 1 hour
            and event_at < timestamp '{moment}'
        order by event_at
        """,
    )
    actual = found["large_order_imbalance"].fill_null(np.nan).to_numpy()
    assert np.isfinite(actual).sum() > 20
    np.testing.assert_allclose(actual, expected, rtol=1e-12, equal_nan=True)


@pytest.mark.real_data
def test_real_books_match_numpy(tmp_path: Path) -> None:
    root = real_data_dir()
    if root is None or not (root / DAY).is_dir():
        pytest.skip(f"SOLALPHA_REAL_DATA has no {DAY}")
    books = complete("book_snapshots", _real_books(root / DAY))
    books = books.unique(["event_at", "sequence"]).sort("event_at", "sequence")
    write_parts(tmp_path, "book_snapshots", books)
    run_dbt(tmp_path, ["run", "--select", "+int_book_snapshots_measured_to_order_flow"])
    no_counts = ("avg_ask_order_size", "order_count_imbalance_5")
    _assert_same(tmp_path, books, (*no_counts, "order_count_imbalance_10"))


def _real_books(folder: Path) -> pl.DataFrame:
    rows = pl.read_csv(folder / "orderbooks_SOL.csv.gz")
    wide: Mapping[str, pl.Expr] = {
        f"{side}_{kind}_{level + 1}": pl.col(f"{side}_{kind}_{level}")
        for side in ("bid", "ask")
        for kind in ("price", "size")
        for level in range(LEVELS)
    }
    event_at = pl.from_epoch("exchange_timestamp", time_unit="ms")
    return rows.select(
        "sequence",
        coin=pl.lit("SOL"),
        event_at=event_at.dt.replace_time_zone("UTC"),
        available_at=event_at.dt.replace_time_zone("UTC") + pl.duration(seconds=1),
        **wide,
    )
