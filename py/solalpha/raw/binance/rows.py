"""Turn cells of a file of the archive into rows of a raw table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from solalpha.parameters import Parameters
from solalpha.raw import numbers
from solalpha.raw.binance.kinds import Kind
from solalpha.raw.intervals import FUNDING_HOURS, candle_seconds
from solalpha.raw.numbers import NUMBER_PATTERN
from solalpha.raw.parsed import Parsed, is_time_ms, keep, moment_of_ms, moments_of
from solalpha.raw.schemas import MONEY, RATE

_PRICES = ("open", "high", "low", "close")
_METRICS = {
    "sum_open_interest": ("open_interest", MONEY),
    "sum_open_interest_value": ("open_interest_usd", MONEY),
    "count_toptrader_long_short_ratio": ("top_account_ratio", RATE),
    "sum_toptrader_long_short_ratio": ("top_position_ratio", RATE),
    "count_long_short_ratio": ("account_ratio", RATE),
    "sum_taker_long_short_vol_ratio": ("taker_volume_ratio", RATE),
}
# A value stands for the five minutes that follow its time.
_METRICS_SPAN = timedelta(minutes=5)
_LARGEST_RATE = 0.32
_WIDEST_BAND_PCT = 20
_NOT_ABOVE = "a price or size is not above zero"
_NO_NUMBER = "a cell is no number"
Rules = list[tuple[str, pl.Expr]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Hold what a file's rows are read with: interval of candles, symbol, delays."""

    symbol: str
    coin: str
    interval: str
    parameters: Parameters


def parse(cells: pl.DataFrame, kind: Kind, reading: Reading) -> Parsed:
    """Return the rows of the cells of one kind; every cell is text."""
    refused: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    makers = {
        Kind.KLINES: _candles,
        Kind.AGGREGATE_TRADES: _aggregates,
        Kind.TRADES: _trades,
        Kind.FUNDING: _funding,
        Kind.METRICS: _metrics,
        Kind.DEPTH: _depth,
    }
    frame = makers[kind](cells, reading, refused, kept)
    return Parsed(
        frame=frame.with_columns(pl.lit(reading.coin).alias("coin")),
        rows_read=cells.height,
        refused=refused,
        kept=+kept,
    )


def _candles(
    cells: pl.DataFrame, reading: Reading, refused: Counter[str], kept: Counter[str]
) -> pl.DataFrame:
    seconds = candle_seconds(reading.interval)
    timed = _stamped(cells, "open_time", refused, kept)
    ends = _whole("close_time")
    spans = (pl.when(ends >= _US_FROM).then(ends // 1000).otherwise(ends)) + 1
    prices = [_float(name) for name in _PRICES]
    rules: Rules = [
        (_NO_NUMBER, _none_of((*_PRICES, "volume"))),
        (_NOT_ABOVE, pl.min_horizontal(prices) <= 0),
        ("negative volume", _float("volume") < 0),
        (
            "high or low is not the candle's extreme",
            (_float("high") < pl.max_horizontal(prices))
            | (_float("low") > pl.min_horizontal(prices)),
        ),
        (
            f"close_time is not {reading.interval} after open_time",
            spans - pl.col("ms") != seconds * 1000,
        ),
    ]
    sound = numbers.exact(
        keep(timed, rules, refused), dict.fromkeys((*_PRICES, "volume"), MONEY)
    )
    end = pl.col("at") + timedelta(seconds=seconds)
    delay = timedelta(seconds=reading.parameters.candle_delay_s)
    return sound.select(
        pl.lit(reading.interval).alias("interval"),
        pl.lit(seconds).cast(pl.Int32).alias("interval_s"),
        pl.col("at").alias("open_at"),
        *(*_PRICES, "volume"),
        _whole("count").alias("trade_count"),
        "unfit_values",
        end.alias("event_at"),
        (end + delay).alias("available_at"),
    )


def _aggregates(
    cells: pl.DataFrame, reading: Reading, refused: Counter[str], kept: Counter[str]
) -> pl.DataFrame:
    named = cells.rename({"agg_trade_id": "id", "quantity": "qty"})
    return _prints(named, "transact_time", reading, refused, kept)


def _trades(
    cells: pl.DataFrame, reading: Reading, refused: Counter[str], kept: Counter[str]
) -> pl.DataFrame:
    return _prints(cells, "time", reading, refused, kept)


def _prints(
    cells: pl.DataFrame,
    stamp: str,
    reading: Reading,
    refused: Counter[str],
    kept: Counter[str],
) -> pl.DataFrame:
    timed = _stamped(cells, stamp, refused, kept)
    flag = pl.col("is_buyer_maker").str.to_lowercase()
    rules: Rules = [
        (_NO_NUMBER, _none_of(("price", "qty"))),
        (_NOT_ABOVE, pl.min_horizontal(_float("price"), _float("qty")) <= 0),
        ("trade id is no whole number", _whole("id").is_null()),
        ("is_buyer_maker is neither true nor false", ~flag.is_in(["true", "false"])),
    ]
    sound = keep(timed, rules, refused).rename({"qty": "size"})
    # The buyer rested in the book, so that the seller crossed the spread.
    side = pl.when(flag == "true").then(pl.lit("sell")).otherwise(pl.lit("buy"))
    delay = timedelta(seconds=reading.parameters.trade_delay_s)
    return numbers.exact(sound, {"price": MONEY, "size": MONEY}).select(
        _whole("id").alias("trade_id"),
        _whole("id").alias("sequence"),
        side.alias("aggressor_side"),
        *("price", "size", "unfit_values"),
        pl.col("at").alias("event_at"),
        (pl.col("at") + delay).alias("available_at"),
    )


def _funding(
    cells: pl.DataFrame, reading: Reading, refused: Counter[str], kept: Counter[str]
) -> pl.DataFrame:
    timed = _stamped(cells, "calc_time", refused, kept)
    rate, hours = "last_funding_rate", _whole("funding_interval_hours")
    rules: Rules = [
        (_NO_NUMBER, _none_of((rate,))),
        ("rate beyond any settlement", _float(rate).abs() > _LARGEST_RATE),
        (f"interval is none of {list(FUNDING_HOURS)} h", ~hours.is_in(FUNDING_HOURS)),
    ]
    sound = keep(timed, rules, refused).rename({rate: "funding_rate"})
    delay = timedelta(seconds=reading.parameters.funding_delay_s)
    return numbers.exact(sound, {"funding_rate": RATE}).select(
        *("funding_rate", "unfit_values"),
        hours.cast(pl.Int32).alias("interval_hours"),
        pl.col("at").alias("event_at"),
        (pl.col("at") + delay).alias("available_at"),
    )


def _metrics(
    cells: pl.DataFrame, reading: Reading, refused: Counter[str], _: Counter[str]
) -> pl.DataFrame:
    blank_free = [
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)
        for name in _METRICS
    ]
    timed = cells.with_columns(
        moments_of(cells["create_time"]).alias("at"), *blank_free
    )
    wrong = [
        (~pl.col(name).str.contains(NUMBER_PATTERN)).fill_null(False)
        for name in _METRICS
    ]
    rules: Rules = [
        ("time out of range", pl.col("at").is_null()),
        ("symbol is not the file's", pl.col("symbol") != reading.symbol),
        (_NO_NUMBER, pl.any_horizontal(wrong)),
    ]
    sound = keep(timed, rules, refused).select(
        (pl.col("at") + _METRICS_SPAN).alias("event_at"),
        *[pl.col(name).alias(ours) for name, (ours, _) in _METRICS.items()],
    )
    delay = timedelta(seconds=reading.parameters.context_delay_s)
    return numbers.exact(sound, dict(_METRICS.values())).with_columns(
        (pl.col("event_at") + delay).alias("available_at")
    )


def _depth(
    cells: pl.DataFrame, reading: Reading, refused: Counter[str], _: Counter[str]
) -> pl.DataFrame:
    timed = cells.with_columns(moments_of(cells["timestamp"]).alias("at"))
    band = _float("percentage").abs()
    rules: Rules = [
        ("time out of range", pl.col("at").is_null()),
        (_NO_NUMBER, _none_of(("percentage", "depth", "notional"))),
        ("band is 0 or above 20 %", (band == 0) | (band > _WIDEST_BAND_PCT)),
        ("negative depth", pl.min_horizontal(_float("depth"), _float("notional")) < 0),
    ]
    sound = keep(timed, rules, refused).rename(
        {"percentage": "band_pct", "notional": "notional_usd"}
    )
    exact = numbers.exact(
        sound, {"band_pct": RATE, "depth": MONEY, "notional_usd": MONEY}
    )
    unfit: Rules = [("band has too many places", pl.col("band_pct").is_null())]
    delay = timedelta(seconds=reading.parameters.book_delay_s)
    return keep(exact, unfit, refused).select(
        *("band_pct", "depth", "notional_usd", "unfit_values"),
        pl.col("at").alias("event_at"),
        (pl.col("at") + delay).alias("available_at"),
    )


_US_FROM = 10**15


def _stamped(
    cells: pl.DataFrame, name: str, refused: Counter[str], kept: Counter[str]
) -> pl.DataFrame:
    # 13 digits are milliseconds, 16 are microseconds; anything else is no time.
    text = pl.col(name).str.strip_chars()
    is_us = text.str.contains(r"^[0-9]{16}$")
    is_ms = text.str.contains(r"^[0-9]{13}$")
    number = text.cast(pl.Int64, strict=False)
    shown = cells.with_columns(
        pl.when(is_us).then(number // 1000).when(is_ms).then(number).alias("ms"),
        is_us.alias("is_us"),
    )
    rules: Rules = [
        ("time is not 13 digits of ms or 16 of us", pl.col("ms").is_null()),
        ("time out of range", ~is_time_ms(pl.col("ms"))),
    ]
    sound = keep(shown, rules, refused)
    kept["times in microseconds, cut to milliseconds"] += int(sound["is_us"].sum())
    return sound.with_columns(moment_of_ms("ms").alias("at"))


def _whole(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().cast(pl.Int64, strict=False)


def _float(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)


def _none_of(names: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal([~pl.col(n).str.contains(NUMBER_PATTERN) for n in names])
