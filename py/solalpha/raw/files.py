"""Ingest candles and settled funding from a file of any common kind.

A file is taken whole or not at all: every row is checked before one is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake, numbers
from solalpha.raw.cells import check_optional, drop_repeats, refuse_rows, to_floats
from solalpha.raw.headlines import ingest_headlines
from solalpha.raw.intervals import candle_seconds, funding_hours
from solalpha.raw.reading import content_name, read_rows
from solalpha.raw.schemas import MONEY, RATE
from solalpha.raw.storing import Batch, store_file
from solalpha.raw.summary import IngestSummary
from solalpha.raw.times import EpochUnit, to_moments
from solalpha.raw.validation import check_coin

__all__ = ["ingest_candles", "ingest_funding", "ingest_headlines"]

_PRICES = ("open", "high", "low", "close")
# The venue caps a rate at 4 % an hour, so 32 % over its longest interval.
_LARGEST_RATE = 0.32


def ingest_candles(
    paths: Paths,
    parameters: Parameters,
    file: Path,
    *,
    coin: str,
    interval: str,
    mapping: Mapping[str, str] | None = None,
    source: str = "file",
    unit: EpochUnit | None = None,
    ingested_at: datetime | None = None,
) -> IngestSummary:
    """Store the candles of ``file``: open_time, open, high, low, close, volume.

    Parameters
    ----------
    interval
        Length of a candle, e.g. ``1h``; checked against the rows' spacing.
    mapping
        Our column name to the file's.
    unit
        Unit of epoch numbers; None finds it.
    ingested_at
        The present unless given; candles that close after it are left out.

    Raises
    ------
    ConfigError
        If the call is wrong.
    DataError
        If a row is refused; nothing was stored then.
    """
    check_coin(coin)
    length, where = timedelta(seconds=candle_seconds(interval)), str(file)
    lake.require_origin(paths, "real")
    rows = read_rows(
        file,
        required=("open_time", *_PRICES, "volume"),
        optional=("trade_count",),
        mapping=mapping or {},
    )
    exact = _exact_candles(rows, where=where, interval=interval, unit=unit)
    distinct = drop_repeats(exact, ("open_at",), where=where).sort("open_at")
    frame = distinct.with_columns(
        pl.lit(coin).alias("coin"),
        pl.lit(interval).alias("interval"),
        pl.lit(length.total_seconds()).cast(pl.Int32).alias("interval_s"),
        _count_of(distinct),
        (pl.col("open_at") + length).alias("event_at"),
        (pl.col("open_at") + length + _delay(parameters.candle_delay_s)).alias(
            "available_at"
        ),
    )
    return _stored(
        paths,
        "candles",
        frame,
        file=file,
        coin=coin,
        source=source,
        rows_read=rows.height,
        ingested_at=ingested_at or clock.now(),
    )


def ingest_funding(
    paths: Paths,
    parameters: Parameters,
    file: Path,
    *,
    coin: str,
    mapping: Mapping[str, str] | None = None,
    source: str = "file",
    unit: EpochUnit | None = None,
    ingested_at: datetime | None = None,
) -> IngestSummary:
    """Store the settled rates of ``file``: time, funding_rate, optional premium.

    The rate is a fraction per interval; the interval is derived from the spacing.

    Raises
    ------
    ConfigError
        If the call is wrong.
    DataError
        If a row is refused; nothing was stored then.
    """
    check_coin(coin)
    where = str(file)
    lake.require_origin(paths, "real")
    rows = read_rows(
        file,
        required=("time", "funding_rate"),
        optional=("premium",),
        mapping=mapping or {},
    )
    rows = check_optional(rows, "premium", where=where)
    times = to_moments(rows["time"], where=where, column="time", unit=unit)
    refuse_rows(
        to_floats(rows, ("funding_rate",), where=where),
        pl.col("funding_rate").abs() > _LARGEST_RATE,
        where=where,
        found="rate beyond any settlement",
        expected=f"a fraction per interval, at most {_LARGEST_RATE} either way",
    )
    rates = exact_rates(rows.with_columns(times.alias("event_at")).drop("time"))
    distinct = drop_repeats(rates, ("event_at",), where=where).sort("event_at")
    frame = funding_frame(distinct, coin=coin, parameters=parameters)
    return _stored(
        paths,
        "funding_rates",
        frame,
        file=file,
        coin=coin,
        source=source,
        rows_read=rows.height,
        ingested_at=ingested_at or clock.now(),
    )


def exact_rates(settled: pl.DataFrame) -> pl.DataFrame:
    """Return ``settled`` with exact rate and premium; without the latter, nulls."""
    if "premium" not in settled.columns:
        settled = settled.with_columns(pl.lit(None, dtype=pl.String).alias("premium"))
    return numbers.exact(settled, {"funding_rate": RATE, "premium": RATE})


def funding_frame(
    rates: pl.DataFrame, *, coin: str, parameters: Parameters
) -> pl.DataFrame:
    """Return the funding table's own columns from exact rates in time order.

    Parameters
    ----------
    rates
        Columns event_at, funding_rate (fraction per interval), premium; ascending.
    """
    hours = funding_hours(rates["event_at"].to_list())
    return rates.with_columns(
        pl.lit(coin).alias("coin"),
        pl.Series("interval_hours", hours, dtype=pl.Int32),
        (pl.col("event_at") + _delay(parameters.funding_delay_s)).alias("available_at"),
    )


def _stored(
    paths: Paths,
    table: str,
    frame: pl.DataFrame,
    *,
    file: Path,
    coin: str,
    source: str,
    rows_read: int,
    ingested_at: datetime,
) -> IngestSummary:
    batch = Batch(
        table=table,
        coin=coin,
        source=source,
        frame=frame,
        rows_read=rows_read,
        repeats=rows_read - frame.height,
        refused=0,
        ingest_id=content_name(file, table),
        notes=_interval_note(frame.filter(pl.col("event_at") <= ingested_at)),
    )
    return store_file(paths, batch, ingested_at=ingested_at)


def _exact_candles(
    rows: pl.DataFrame, *, where: str, interval: str, unit: EpochUnit | None
) -> pl.DataFrame:
    rows = check_optional(rows, "trade_count", where=where)
    opens = to_moments(rows["open_time"], where=where, column="open_time", unit=unit)
    _check_candles(rows, opens, where)
    _check_spacing(opens, interval, where)
    return numbers.exact(
        rows.with_columns(opens.alias("open_at")).drop("open_time"),
        dict.fromkeys((*_PRICES, "volume"), MONEY),
    )


def _check_candles(rows: pl.DataFrame, opens: pl.Series, where: str) -> None:
    floats = to_floats(rows, (*_PRICES, "volume"), where=where)
    shown = floats.insert_column(0, opens.alias("open_at"))
    highest, lowest = pl.max_horizontal(*_PRICES), pl.min_horizontal(*_PRICES)
    checks = (
        (pl.col("high") < pl.col("low"), "high below low", "high >= low"),
        (lowest <= 0, "price not above zero", "prices above zero"),
        (pl.col("volume") < 0, "negative volume", "volume >= 0"),
        (pl.col("high") < highest, "high below open or close", "high the highest"),
        (pl.col("low") > lowest, "low above open or close", "low the lowest"),
    )
    for bad, found, expected in checks:
        refuse_rows(shown, bad, where=where, found=found, expected=expected)


def _check_spacing(opens: pl.Series, interval: str, where: str) -> None:
    seconds = candle_seconds(interval)
    if seconds <= 86400:
        off = (opens.dt.epoch("us") % (seconds * 10**6)) != 0
        if off.any():
            row = off.arg_max() or 0
            raise DataError(
                f"{where}: open_time in row {row + 1} is {opens[row]}; expected a "
                f"multiple of {interval} since midnight UTC"
            )
    gaps = opens.unique().sort().diff().drop_nulls().dt.total_seconds()
    if (gaps < seconds).any():
        raise DataError(
            f"{where}: two candles are {gaps.sort()[0]} s apart; expected {seconds} s "
            f"or more for interval {interval}"
        )
    usual = gaps.value_counts(sort=True)
    if gaps.len() >= 3 and usual.item(0, 0) != seconds and not (gaps == seconds).any():
        raise DataError(
            f"{where}: candles are usually {usual.item(0, 0)} s apart; expected "
            f"{seconds} s for interval {interval}"
        )


def _count_of(frame: pl.DataFrame) -> pl.Expr:
    if "trade_count" not in frame.columns:
        return pl.lit(None, dtype=pl.Int64).alias("trade_count")
    return pl.col("trade_count").cast(pl.Int64, strict=False)


def _interval_note(frame: pl.DataFrame) -> tuple[str, ...]:
    if "interval_hours" not in frame.columns:
        return ()
    counts = frame["interval_hours"].value_counts().sort("interval_hours").rows()
    return tuple(f"{n} rates charge for {hours} h" for hours, n in counts)


def _delay(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)
