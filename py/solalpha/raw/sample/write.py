"""Write a simulated market into the raw tables and its truth beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from solalpha import clock
from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake
from solalpha.raw.sample import calibration as c
from solalpha.raw.sample import marker
from solalpha.raw.sample.books import book_frame
from solalpha.raw.sample.contexts import candle_frame, context_frame, funding_frame
from solalpha.raw.sample.marker import SampleSummary, SampleWish
from solalpha.raw.sample.titles import headline_frame
from solalpha.raw.sample.trades import trade_frame
from solalpha.raw.sample.world import Progress, World, simulate_world

_BOOK_ROWS = 30_000  # snapshots per chunk, which bounds the memory
_TRADE_ROWS = 1_000_000
_STAGE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    table: str
    frame: pl.DataFrame
    done: int
    total: int


def write_sample(
    paths: Paths,
    parameters: Parameters,
    *,
    days: int,
    seed: int,
    edge: float,
    book_interval_s: int,
    outages_per_year: float,
    start_at: datetime,
    progress: Progress | None,
) -> SampleSummary:
    """Simulate a market and store it, with origin ``sample``, in the raw tables.

    The true probabilities go to the truth directory, which no model reads. A lake
    that already holds this very sample is left as it is.

    Parameters
    ----------
    days : days to simulate, 1 or more
    seed : 0 or more; the same arguments give the same bytes
    edge : planted log-odds, 0 (efficient market) to 1 (best AUC about 0.65)
    book_interval_s : seconds between order books; a multiple of 60 that divides an
        hour. It does not change prices.
    outages_per_year : mean number of times, 0 to 365, that books and trades stop
        together for some minutes; the last days of a sample have none
    start_at : aware UTC time on the hour

    Raises
    ------
    ConfigError
        If an argument is outside its range.
    DataError
        If the lake holds real rows or another sample.
    """
    wish = SampleWish(
        days=days,
        seed=seed,
        edge=float(edge),
        book_interval_s=book_interval_s,
        outages_per_year=float(outages_per_year),
        start_at=start_at,
        declared=_declared(parameters),
    )
    _check(wish)
    lake.require_origin(paths, "sample")
    with lake.writing(paths):
        if (stored := marker.stored(paths, wish)) is not None:
            return stored
        return _write(paths, parameters, wish, progress)


def _write(
    paths: Paths, parameters: Parameters, wish: SampleWish, progress: Progress | None
) -> SampleSummary:
    marker.begin(paths, wish)
    world = simulate_world(
        trade_coin=parameters.trade_coin,
        benchmark_coin=parameters.benchmark_coin,
        days=wish.days,
        seed=wish.seed,
        edge=wish.edge,
        start_hour=wish.start_us // (1_000_000 * c.HOUR_S),
        outages_per_year=wish.outages_per_year,
    )
    _write_truth(paths, world, wish)
    rows: dict[str, int] = {}
    for part in _parts(world, parameters, wish):
        result = lake.append(paths, part.table, part.frame, ingest_id=wish.name)
        _require_fresh(part.table, result.conflicting)
        rows[part.table] = rows.get(part.table, 0) + part.frame.height
        if progress is not None:
            progress(_STAGE, part.done, part.total)
    summary = SampleSummary(
        days=wish.days,
        seed=wish.seed,
        edge=wish.edge,
        bayes_auc=world.bayes_auc,
        rows=rows,
        first_at=clock.aware(wish.start_at),
        last_at=wish.end_at,
    )
    marker.finish(paths, wish, summary)
    return summary


def _declared(parameters: Parameters) -> dict[str, str | int]:
    return {
        "trade_coin": parameters.trade_coin,
        "benchmark_coin": parameters.benchmark_coin,
        "candle_delay_s": parameters.candle_delay_s,
        "funding_delay_s": parameters.funding_delay_s,
        "context_delay_s": parameters.context_delay_s,
        "trade_delay_s": parameters.trade_delay_s,
        "book_delay_s": parameters.book_delay_s,
        "headline_delay_s": parameters.headline_delay_s,
    }


def _check(wish: SampleWish) -> None:
    if wish.days < 1:
        raise ConfigError(f"--days {wish.days}; expected 1 or more")
    if wish.seed < 0:
        raise ConfigError(f"--seed {wish.seed}; expected 0 or more")
    if not 0.0 <= wish.edge <= 1.0:
        raise ConfigError(f"--edge {wish.edge}; expected a number from 0 to 1")
    if not 0.0 <= wish.outages_per_year <= c.YEAR_DAYS:
        raise ConfigError(
            f"--outages {wish.outages_per_year}; expected 0 to {c.YEAR_DAYS:g} a year"
        )
    interval = wish.book_interval_s
    if interval < 60 or interval % 60 or c.HOUR_S % interval:
        raise ConfigError(
            f"--book-interval {interval}; expected seconds that are a multiple of 60 "
            "and divide 3600"
        )
    if wish.start_at.tzinfo is None or clock.to_ms(wish.start_at) % (1000 * c.HOUR_S):
        raise ConfigError(
            f"start {wish.start_at.isoformat()}; expected an aware time on the hour"
        )


def _require_fresh(table: str, conflicting: int) -> None:
    if conflicting:
        raise DataError(
            f"{table} holds {conflicting} rows of another sample; expected none: "
            "choose another --data-dir"
        )


def _parts(world: World, parameters: Parameters, wish: SampleWish) -> Iterator[_Part]:
    chunks = list(_small(world, parameters, wish))
    step = max(1, _BOOK_ROWS * wish.book_interval_s // 86_400)
    trade_rows = world.trades.at_ms.size
    book_starts = range(0, wish.days, step)
    trade_starts = range(0, trade_rows, _TRADE_ROWS)
    total = len(chunks) + len(book_starts) + len(trade_starts)
    done = 0
    for table, frame in chunks:
        done += 1
        yield _Part(table=table, frame=frame, done=done, total=total)
    for first in trade_starts:
        done += 1
        frame = trade_frame(
            world.trades,
            world.market.model.coin,
            first=first,
            last=min(first + _TRADE_ROWS, trade_rows),
            start_us=wish.start_us,
            delay_s=parameters.trade_delay_s,
        )
        yield _Part(table="trades", frame=frame, done=done, total=total)
    for first in book_starts:
        done += 1
        frame = book_frame(
            world.market,
            world.flow,
            seed=wish.seed,
            days=range(first, min(first + step, wish.days)),
            interval_s=wish.book_interval_s,
            start_us=wish.start_us,
            delay_s=parameters.book_delay_s,
        )
        yield _Part(table="book_snapshots", frame=frame, done=done, total=total)


def _small(
    world: World, parameters: Parameters, wish: SampleWish
) -> Iterator[tuple[str, pl.DataFrame]]:
    start_us, seed = wish.start_us, wish.seed
    yield (
        "headlines",
        headline_frame(
            world.news,
            world.news_draws,
            start_us=start_us,
            delay_s=parameters.headline_delay_s,
        ),
    )
    coins = (
        (world.market, world.prints),
        (world.benchmark, world.benchmark_prints),
    )
    for market, prints in coins:
        yield (
            "candles",
            candle_frame(
                market, prints, start_us=start_us, delay_s=parameters.candle_delay_s
            ),
        )
        yield (
            "funding_rates",
            funding_frame(
                market, seed=seed, start_us=start_us, delay_s=parameters.funding_delay_s
            ),
        )
        yield (
            "asset_contexts",
            context_frame(
                world.latent,
                market,
                prints,
                seed=seed,
                start_us=start_us,
                delay_s=parameters.context_delay_s,
            ),
        )


def _write_truth(paths: Paths, world: World, wish: SampleWish) -> None:
    closes = wish.start_us + np.arange(1, world.market.hours + 1) * c.HOUR_S * 1_000_000
    frame = pl.DataFrame(
        {
            "bar_closed_at": pl.Series(closes).cast(pl.Datetime("us", "UTC")),
            "probability_up": world.probability,
        }
    ).select(
        pl.lit(world.market.model.coin).alias("coin"),
        "bar_closed_at",
        "probability_up",
    )
    marker.put_truth(paths, f"sample-{wish.seed}.parquet", frame)
