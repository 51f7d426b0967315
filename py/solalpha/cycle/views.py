"""Make the paper exchange's market from published bars and the last recorded book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from solalpha.clock import aware
from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.exchange.market import (
    BOOK_LEVELS,
    BookLevel,
    CoinMarket,
    MarketView,
    Settlement,
    synthesised_book,
)
from solalpha.market.instruments import Instrument, to_decimal
from solalpha.raw.latest import last_known
from solalpha.warehouse.reader import Reader

Book = tuple[tuple[BookLevel, ...], tuple[BookLevel, ...]]


def views_between(
    reader: Reader,
    paths: Paths,
    parameters: Parameters,
    *,
    coin: str,
    since: datetime | None,
    until: datetime,
) -> Iterator[MarketView]:
    """Yield the market at each bar edge after ``since`` and at ``until`` itself.

    The last view trades on the recorded book if one is young enough, else on a book
    made around the first price after ``until``, or the last one where none is stored.

    Raises
    ------
    DataError
        If no bar with a price had closed by ``until``.
    """
    start = since or until - timedelta(minutes=2 * parameters.bar_minutes)
    bars = _bars(reader, coin, until)
    if bars.is_empty():
        raise DataError(f"no priced {coin} bar by {until.isoformat()}; build first")
    settlements = _settlements(reader, coin, start, until)
    instrument = Instrument.from_parameters(parameters, coin)
    for bar in bars.filter(pl.col("bar_closed_at") > start).iter_rows(named=True):
        edge = bar["bar_closed_at"]
        if edge < until:
            yield _view(
                instrument,
                parameters,
                bar,
                at=edge,
                price=to_decimal(float(bar["close"])),
                book=None,
                settlements=[row for row in settlements if row.hour_at <= edge],
            )
    last = bars.row(-1, named=True)
    yield _view(
        instrument,
        parameters,
        last,
        at=until,
        price=_price_after(reader, parameters, coin, until)
        or to_decimal(float(last["close"])),
        book=_recorded_book(paths, parameters, coin, until),
        settlements=settlements,
    )


def _bars(reader: Reader, coin: str, until: datetime) -> pl.DataFrame:
    return reader.query(
        "select bar_closed_at, high, low, close, mark_price, oracle_price, spread_bps "
        "from bars_final where coin = ? and bar_closed_at <= ? and close is not null "
        "order by bar_closed_at",
        [coin, until.replace(tzinfo=None)],
    )


def _price_after(
    reader: Reader, parameters: Parameters, coin: str, until: datetime
) -> Decimal | None:
    # What an order sent now meets is the next price, not the close it was decided on.
    edge = until + timedelta(minutes=2 * parameters.bar_minutes)
    found = reader.query(
        "select execution_price from bars_final where coin = ? and execution_at >= ? "
        "and execution_at <= ? and execution_price is not null "
        "order by execution_at limit 1",
        [coin, until.replace(tzinfo=None), edge.replace(tzinfo=None)],
    )
    return to_decimal(float(found.item())) if found.height else None


def _settlements(
    reader: Reader, coin: str, since: datetime, until: datetime
) -> list[Settlement]:
    frame = reader.query(
        "select funding_hour_at, funding_rate, oracle_price from funding_hours "
        "where coin = ? and is_due and funding_hour_at > ? and funding_hour_at <= ? "
        "and known_at <= ? order by funding_hour_at",
        [coin, *(edge.replace(tzinfo=None) for edge in (since, until, until))],
    )
    return [
        Settlement(
            coin=coin,
            hour_at=aware(row["funding_hour_at"]),
            rate=_decimal(row["funding_rate"]),
            oracle_price=_decimal(row["oracle_price"]),
        )
        for row in frame.iter_rows(named=True)
    ]


def _view(
    instrument: Instrument,
    parameters: Parameters,
    bar: Mapping[str, Any],
    *,
    at: datetime,
    price: Decimal,
    book: Book | None,
    settlements: list[Settlement],
) -> MarketView:
    bids, asks = book or synthesised_book(
        instrument,
        price,
        spread_bps=to_decimal(bar["spread_bps"] or parameters.default_spread_bps),
        depth_usd=to_decimal(parameters.paper_depth_usd),
    )
    mid = (bids[0].price + asks[0].price) / 2 if bids and asks else price
    market = CoinMarket(
        instrument=instrument,
        bids=bids,
        asks=asks,
        mark_price=_decimal(bar["mark_price"]) or mid,
        oracle_price=_decimal(bar["oracle_price"]),
        mid_price=mid,
        low_price=_decimal(bar["low"]),
        high_price=_decimal(bar["high"]),
        funding_rate=settlements[-1].rate if settlements else None,
    )
    return MarketView(at=aware(at), coins=(market,), settlements=tuple(settlements))


def _recorded_book(
    paths: Paths, parameters: Parameters, coin: str, until: datetime
) -> Book | None:
    row = last_known(
        paths,
        "book_snapshots",
        coin,
        moment=until,
        max_age_s=parameters.stale_after_s,
    )
    if row is None:
        return None
    bids, asks = (_levels(row, side) for side in ("bid", "ask"))
    if not bids or not asks or bids[0].price >= asks[0].price:
        return None
    return bids, asks


def _levels(row: Mapping[str, Any], side: str) -> tuple[BookLevel, ...]:
    return tuple(
        BookLevel(
            price=row[f"{side}_price_{level}"],
            size=row[f"{side}_size_{level}"],
            count=row[f"{side}_count_{level}"] or 1,
        )
        for level in range(1, BOOK_LEVELS + 1)
        if row[f"{side}_price_{level}"] and row[f"{side}_size_{level}"]
    )


def _decimal(value: float | Decimal | None) -> Decimal | None:
    return None if value is None else to_decimal(float(value))
