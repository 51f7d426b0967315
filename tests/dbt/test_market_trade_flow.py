"""Trade columns of recorded books against an independent computation in fractions.

SQL takes differences of running sums and as-of joins; here every snapshot picks its own
trades and adds them one by one, exactly.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import complete, make_lake, write_lake

from solalpha.config import load_parameters, load_paths, real_data_dir
from solalpha.raw import books_file, trades_file

DAY = "books_trades/hyperliquid/20250903"
MODEL = "int_order_flow_measured_to_snapshots"
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
Cells = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One trade in exact numbers; ``spread`` is its effective spread, if known.

    ``us`` and ``known_us`` are when it happened and when it arrived.
    """

    us: int
    price: Fraction
    size: Fraction
    sign: int
    spread: Fraction | None
    known_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The windows; the names are those of the parameters."""

    vpin_bucket_usd: float = 1_000_000.0
    vpin_buckets: int = 50
    trade_window_s: int = 60
    impact_window_s: int = 900


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    # Rows known at their own bar's decision.
    closed = pl.col("event_at").dt.truncate("1h") + pl.duration(seconds=3630)
    return frame.filter(pl.col("available_at") <= closed).with_columns(
        us=pl.col("event_at").dt.epoch("us"),
        known_us=pl.col("available_at").dt.epoch("us"),
    )


def _exact(value: object) -> Fraction:
    return Fraction(str(value))


def _mids(books: pl.DataFrame) -> list[tuple[int, Fraction | None]]:
    return [
        (us, None if bid is None or ask is None else (_exact(bid) + _exact(ask)) / 2)
        for us, bid, ask in books.select("us", "bid_price_1", "ask_price_1").iter_rows()
    ]


def _trades(
    trades: pl.DataFrame, mids: list[tuple[int, Fraction | None]]
) -> list[Trade]:
    known = [(us, mid) for us, mid in mids if mid is not None]
    moments = [us for us, _ in known]
    found = []
    for us, price, size, side, known_us in trades.select(
        "us", "price", "size", "aggressor_side", "known_us"
    ).iter_rows():
        sign = 1 if side == "buy" else -1
        place = bisect_left(moments, us) - 1
        spread = None
        if place >= 0 and moments[place] >= us - HOUR_US:
            mid = known[place][1]
            spread = 20000 * sign * (_exact(price) - mid) / mid
        found.append(
            Trade(
                us=us,
                price=_exact(price),
                size=_exact(size),
                sign=sign,
                spread=spread,
                known_us=known_us,
            )
        )
    return found


def _widths(trades: list[Trade], declared: Fraction) -> dict[int, Fraction]:
    # Size of each day's buckets: a fiftieth of 24 mean hours of the seven days before,
    # in whole millionths; the declared one until 24 hours are known.
    hours: dict[int, Fraction] = {}
    for trade in trades:
        hour = trade.us // HOUR_US
        hours[hour] = hours.get(hour, Fraction(0)) + trade.price * trade.size
    widths = {}
    for day in {hour // 24 for hour in hours}:
        before = [hours[h] for h in hours if 24 * (day - 7) <= h < 24 * day]
        widths[day] = declared
        if len(before) >= 24:
            usual = sum(before, Fraction(0)) / len(before) * 24 / 50
            widths[day] = max(Fraction(floor(usual * 10**6), 10**6), Fraction(1000))
    return widths


def _buckets(
    trades: list[Trade], widths: dict[int, Fraction]
) -> list[tuple[int, Fraction, Fraction]]:
    # Time at which each bucket was full, its absolute imbalance and its size, filled
    # one by one.
    full: list[tuple[int, Fraction, Fraction]] = []
    day, width, room, signed = -1, Fraction(0), Fraction(0), Fraction(0)
    for trade in trades:
        if trade.us // DAY_US != day:
            day = trade.us // DAY_US
            width = room = widths[day]
            signed = Fraction(0)
        left = trade.price * trade.size
        while left > 0:
            part = min(left, room)
            signed += trade.sign * part
            left, room = left - part, room - part
            if room == 0:
                full.append((trade.us, abs(signed), width))
                room, signed = width, Fraction(0)
    return full


def _slope(pairs: list[tuple[Fraction, Fraction]]) -> float:
    if len(pairs) < 10:
        return np.nan
    x_mean = sum((x for x, _ in pairs), Fraction(0)) / len(pairs)
    y_mean = sum((y for _, y in pairs), Fraction(0)) / len(pairs)
    below = sum(((x - x_mean) ** 2 for x, _ in pairs), Fraction(0))
    above = sum(((x - x_mean) * (y - y_mean) for x, y in pairs), Fraction(0))
    return float(above / below) if below else np.nan


def _between(trades: list[Trade], after: int, until: int) -> list[Trade]:
    # Trades later than one moment, until another one included.
    first = bisect_right(trades, after, key=lambda trade: trade.us)
    return trades[first : bisect_right(trades, until, key=lambda trade: trade.us)]


def _is_recorded(trades: list[Trade], us: int) -> bool:
    return bool(_between(trades, us - HOUR_US - 1, us))


def _awaited(trades: list[Trade], us: int, known_us: int) -> list[int]:
    # When those trades happened that a reader of a book's row did not have yet: no
    # adopted row is read earlier than a second after its event.
    reads_us = max(known_us, us + 1_000_000)
    return [
        trade.us
        for trade in _between(trades, us - 2 * HOUR_US, us)
        if trade.known_us > reads_us
    ]


def trade_flow(books: pl.DataFrame, trades: pl.DataFrame, numbers: Numbers) -> Cells:
    """Return the trade columns of ``books``; both frames in time order."""
    mids, known = _mids(books), books["known_us"].to_list()
    exact = _trades(trades, mids)
    full = _buckets(exact, _widths(exact, _exact(numbers.vpin_bucket_usd)))
    moves: list[tuple[int, Fraction, Fraction, int]] = []
    cells: Cells = {name: [] for name in ("trade_volume", "signed_volume", "cvd")}
    cells |= {name: [] for name in ("trade_imbalance", "trade_arrival_rate")}
    cells |= {name: [] for name in ("effective_spread_bps", "vpin", "kyle_lambda")}
    for place, (us, mid) in enumerate(mids):
        before, mid_before = mids[place - 1] if place else (-DAY_US, None)
        is_live = _is_recorded(exact, us)
        row = dict.fromkeys(cells, np.nan)
        is_neighbour = None not in (mid, mid_before) and us - before <= HOUR_US
        if is_live and is_neighbour and _is_recorded(exact, before):
            since = _between(exact, before, us)
            signed = sum((t.sign * t.size for t in since), Fraction(0))
            row["trade_volume"] = float(sum((t.size for t in since), Fraction(0)))
            row["signed_volume"] = float(signed)
            moved = mid - mid_before  # type: ignore[operator]
            moves.append((us, signed, moved, before))
        opened = us - numbers.trade_window_s * 1_000_000
        awaited = max(_awaited(exact, us, known[place]), default=-1)
        if awaited > before:
            row["trade_volume"] = row["signed_volume"] = np.nan
        if awaited <= opened and is_live and _is_recorded(exact, opened):
            window = _between(exact, opened, us)
            volume = sum((t.size for t in window), Fraction(0))
            signed = sum((t.sign * t.size for t in window), Fraction(0))
            spreads = [t.spread for t in window if t.spread is not None]
            row["trade_arrival_rate"] = len(window) / numbers.trade_window_s
            if volume:
                row["trade_imbalance"] = float(signed / volume)
            if spreads:
                row["effective_spread_bps"] = float(
                    sum(spreads, Fraction(0)) / len(spreads)
                )
        if is_live and awaited < us // DAY_US * DAY_US:
            today = _between(exact, us // DAY_US * DAY_US - 1, us)
            row["cvd"] = float(sum((t.sign * t.size for t in today), Fraction(0)))
        if is_live and awaited < 0:
            count = bisect_right(full, us, key=lambda bucket: bucket[0])
            last = full[:count][-numbers.vpin_buckets :]
            if len(last) == numbers.vpin_buckets and last[0][0] >= us - 3 * DAY_US:
                total = sum((signed for _, signed, _ in last), Fraction(0))
                row["vpin"] = float(total / sum(width for _, _, width in last))
        recent = us - numbers.impact_window_s * 1_000_000
        first = bisect_left(moves, recent, key=lambda move: move[0])
        if awaited <= min((begun for *_, begun in moves[first:]), default=-1):
            row["kyle_lambda"] = _slope([(x, y) for _, x, y, _ in moves[first:]])
        for name, value in row.items():
            cells[name].append(value)
    return cells


def assert_same(data_dir: Path, expected: Cells) -> None:
    """Compare every column with the built model's, to 1e-12."""
    found = read(data_dir, f"select * from {MODEL} order by event_at, sequence")
    for name, values in expected.items():
        actual = found[name].fill_null(np.nan).to_numpy()
        np.testing.assert_allclose(
            actual, values, rtol=1e-12, atol=1e-12, equal_nan=True, err_msg=name
        )
        assert np.isfinite(actual).sum() > found.height // 20, name


def test_trades_beside_books_match_fractions(tmp_path: Path) -> None:
    lake = make_lake()
    write_lake(lake, tmp_path, until=None, seed=5)
    numbers = Numbers(vpin_bucket_usd=1500.0, vpin_buckets=7)
    changed = {"vpin_bucket_usd": 1500.0, "vpin_buckets": 7}
    run_dbt(tmp_path, ["run", "--select", f"+{MODEL}"], variables=changed)
    frames = {
        name: _known(complete(name, lake.frames[name]))
        for name in ("book_snapshots", "trades")
    }
    expected = trade_flow(
        frames["book_snapshots"].sort("us", "sequence"),
        frames["trades"].sort("us", "sequence", "trade_id"),
        numbers,
    )
    assert_same(tmp_path, expected)


@pytest.mark.real_data
def test_real_trades_beside_real_books_match_fractions(tmp_path: Path) -> None:
    root = real_data_dir()
    if root is None or not (root / DAY).is_dir():
        pytest.skip(f"SOLALPHA_REAL_DATA has no {DAY}")
    paths = load_paths(tmp_path)
    _ingest(tmp_path, root / DAY, "SOL")
    changed = {"vpin_bucket_usd": 20000.0, "vpin_buckets": 5}
    run_dbt(tmp_path, ["run", "--select", f"+{MODEL}"], variables=changed)
    books, trades = (
        _known(
            pl.read_parquet(paths.raw / name / "**/*.parquet", hive_partitioning=False)
        )
        for name in ("book_snapshots", "trades")
    )
    expected = trade_flow(
        books.sort("us", "sequence"),
        trades.sort("us", "sequence", "trade_id"),
        Numbers(vpin_bucket_usd=20000.0, vpin_buckets=5),
    )
    assert_same(tmp_path, expected)


def _ingest(data_dir: Path, folder: Path, coin: str) -> None:
    paths, numbers = load_paths(data_dir), load_parameters()
    moment = pl.datetime(2025, 9, 4, time_zone="UTC")
    ingested_at = pl.select(moment).item()
    for ingest, name in (
        (books_file.ingest_books, "orderbooks"),
        (trades_file.ingest_trades, "trades"),
    ):
        ingest(
            paths,
            numbers,
            folder / f"{name}_{coin}.csv.gz",
            coin=coin,
            mapping={},
            unit=None,
            ingested_at=ingested_at,
        )
