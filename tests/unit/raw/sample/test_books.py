from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from solalpha.raw.sample.books import book_frame
from solalpha.raw.sample.draws import Integers
from solalpha.raw.sample.world import World

Worlds = Callable[[int, int, float], World]


def books(
    simulated: World, start_us: int, days: range, interval_s: int
) -> pl.DataFrame:
    return book_frame(
        simulated.market,
        simulated.flow,
        seed=1,
        days=days,
        interval_s=interval_s,
        start_us=start_us,
        delay_s=1,
    )


def levels(frame: pl.DataFrame, column: str) -> Integers:
    # Whole units of 10^-8, shape (n_snapshots, 20).
    names = [f"{column}_{level}" for level in range(1, 21)]
    scaled = frame.select((pl.col(names) * 10**8).cast(pl.Int64))
    return scaled.to_numpy()


def tick_of(price: Integers) -> Integers:
    # Five significant figures and at most four decimals, in units of 10^-8.
    digits = np.floor(np.log10(price / 1e8 + 1e-12)).astype(np.int64) + 1
    return np.asarray(10 ** (8 - np.minimum(5 - digits, 4)), dtype=np.int64)


def test_books_are_ordered_uncrossed_and_on_their_tick(
    world: Worlds, start_us: int
) -> None:
    frame = books(world(20, 1, 1.0), start_us, range(20), 600)
    bid, ask = levels(frame, "bid_price"), levels(frame, "ask_price")
    assert (np.diff(bid, axis=1) < 0).all()
    assert (np.diff(ask, axis=1) > 0).all()
    assert (bid[:, 0] < ask[:, 0]).all()
    assert bid.min() > 0
    for prices in (bid, ask):
        assert (prices % tick_of(prices) == 0).all()


def test_sizes_are_whole_lots_and_levels_hold_orders(
    world: Worlds, start_us: int
) -> None:
    frame = books(world(20, 1, 1.0), start_us, range(2), 60)
    for side in ("bid", "ask"):
        sizes = levels(frame, f"{side}_size")
        assert (sizes > 0).all()
        assert (sizes % 1_000_000 == 0).all()
        counts = frame.select(f"{side}_count_{n}" for n in range(1, 21))
        assert counts.min_horizontal().min() == 1
        assert set(counts.dtypes) == {pl.Int32}


def test_last_book_of_an_hour_shows_its_close_at_any_interval(
    world: Worlds, start_us: int
) -> None:
    simulated = world(20, 1, 1.0)
    for interval_s in (60, 600, 3600):
        frame = books(simulated, start_us, range(3), interval_s).with_columns(
            hour=pl.col("event_at").dt.truncate("1h")
        )
        last = frame.group_by("hour", maintain_order=True).last()
        mid = (levels(last, "bid_price")[:, 0] + levels(last, "ask_price")[:, 0]) / 2
        np.testing.assert_array_equal(mid / 10_000, simulated.close[:72])
        assert (frame["event_at"].diff().drop_nulls().dt.total_seconds() > 0).all()


def test_books_do_not_depend_on_the_chunk_they_are_made_in(
    world: Worlds, start_us: int
) -> None:
    simulated = world(20, 1, 1.0)
    whole = books(simulated, start_us, range(4), 600)
    parts = [books(simulated, start_us, range(n, n + 2), 600) for n in (0, 2)]
    assert whole.equals(pl.concat(parts))


def test_spread_widens_and_depth_thins_with_volatility(
    world: Worlds, start_us: int
) -> None:
    simulated = world(20, 1, 1.0)
    frame = books(simulated, start_us, range(20), 3600)
    sd = simulated.market.hour_sd
    calm, wild = sd < np.quantile(sd, 0.2), sd > np.quantile(sd, 0.8)
    spread = levels(frame, "ask_price")[:, 0] - levels(frame, "bid_price")[:, 0]
    depth = levels(frame, "bid_size").sum(axis=1) + levels(frame, "ask_size").sum(
        axis=1
    )
    assert spread[wild].mean() > 1.08 * spread[calm].mean()
    assert depth[wild].mean() < 0.8 * depth[calm].mean()
