"""What no single candle, trade, book, reading, rate or headline may be."""

from __future__ import annotations

from solalpha.config import Parameters
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Condition, condition
from solalpha.warehouse.quality_tables import BOOK_LEVELS

_CORRECT = "compare the rows with their source; remove and ingest their file again"
# Table, name, what no row may meet, and what it is called.
_IMPOSSIBLE = (
    (
        "candles",
        "high_below_low",
        "high < low",
        "candles with the high below the low",
    ),
    (
        "candles",
        "outside_range",
        "high >= low and (greatest(open, close) > high or least(open, close) < low)",
        "candles that open or close outside their range",
    ),
    (
        "candles",
        "positive",
        "least(open, high, low, close) <= 0 or volume < 0",
        "candles with a price at or below 0 or a negative volume",
    ),
    (
        "candles",
        "grid",
        "(interval_s between 1 and 86400 "
        "and epoch_us(open_at) % (interval_s * 1000000) <> 0) "
        "or epoch_us(event_at) <> epoch_us(open_at) + interval_s * 1000000",
        "candles that do not open on a multiple of their interval or do not close "
        "one interval later",
    ),
    (
        "candles",
        "interval",
        "interval_s <> try_cast(regexp_extract(interval, '^(\\d+)[smhdw]$', 1) as "
        "bigint) * case right(interval, 1) when 's' then 1 when 'm' then 60 "
        "when 'h' then 3600 when 'd' then 86400 when 'w' then 604800 end",
        "candles whose seconds are not those of their interval",
    ),
    (
        "trades",
        "positive",
        "price <= 0 or size <= 0",
        "trades with a price or size at or below 0",
    ),
    (
        "trades",
        "aggressor",
        "aggressor_side not in ('buy', 'sell')",
        "trades whose aggressor is neither buy nor sell",
    ),
    (
        "asset_contexts",
        "positive",
        "mark_price <= 0 or oracle_price <= 0 or open_interest < 0",
        "readings with a mark or oracle price at or below 0 or a negative open "
        "interest",
    ),
    (
        "headlines",
        "title",
        "trim(title) = ''",
        "headlines with a blank title",
    ),
)


def conditions(parameters: Parameters) -> list[Condition]:
    """Return what no single row may meet, whatever tables hold rows."""
    return [
        *(
            condition(name, table, sql, severity=FAIL, told=told, remedy=_CORRECT)
            for table, name, sql, told in _IMPOSSIBLE
        ),
        *_ladders(),
        *_tops(parameters),
        _basis(parameters.quality_basis),
    ]


def _ladders() -> list[Condition]:
    levels = range(1, BOOK_LEVELS + 1)
    sizes = [f"{side}_size_{level}" for side in ("bid", "ask") for level in levels]
    unsorted = [
        f"bid_price_{level + 1} >= bid_price_{level} "
        f"or ask_price_{level + 1} <= ask_price_{level}"
        for level in levels[:-1]
    ]
    return [
        condition(
            "positive",
            "book_snapshots",
            f"least(bid_price_1, ask_price_1) <= 0 or least({', '.join(sizes)}) < 0",
            severity=FAIL,
            told="snapshots with a price at or below 0 or a negative size",
            remedy=_CORRECT,
        ),
        condition(
            "levels",
            "book_snapshots",
            " or ".join(unsorted),
            severity=FAIL,
            told="snapshots with a level better than the one before it",
            remedy=_CORRECT,
        ),
    ]


def _tops(parameters: Parameters) -> list[Condition]:
    kept = "they fail the bars that hold too many; see quality_bars"
    return [
        condition(
            "crossed",
            "book_snapshots",
            "bid_price_1 > ask_price_1",
            severity=FAIL,
            told="{of} snapshots have the best bid above the best ask",
            remedy=f"crossed snapshots are no market; {kept}",
            fail_share=parameters.quality_crossed_share,
        ),
        condition(
            "locked",
            "book_snapshots",
            "bid_price_1 = ask_price_1",
            severity=WARN,
            told="{of} snapshots have the best bid at the best ask",
            remedy=f"a locked book does not last on a venue; {kept}",
        ),
    ]


def _basis(limit: float) -> Condition:
    return condition(
        "basis",
        "asset_contexts",
        f"oracle_price > 0 and abs(mark_price / oracle_price - 1) > {limit}",
        severity=WARN,
        told=f"readings have the mark more than {100 * limit:g} % off the oracle",
        remedy="compare both with another venue; funding is charged on the oracle",
    )
