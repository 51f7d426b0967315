"""Find the levels of a wide book in a file's columns, however they are numbered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from solalpha.errors import ConfigError, DataError
from solalpha.raw.schemas import BOOK_LEVELS

LADDERS = ("bid_price", "bid_size", "ask_price", "ask_size", "bid_count", "ask_count")
_NEEDED = LADDERS[:4]
_PLACE = "*"


def level_columns(
    names: list[str], mapping: Mapping[str, str], *, file: Path
) -> dict[str, str]:
    """Return our level column to the file's, numbered from 1 whatever theirs is.

    Parameters
    ----------
    names
        The file's columns.
    mapping
        Ladder, e.g. ``bid_price``, to a pattern with ``*`` for the level's number,
        e.g. ``bids[*].price``; ``bid_price_*`` and so on unless named.

    Raises
    ------
    ConfigError
        If a pattern has no ``*``.
    DataError
        If a ladder is missing, or its levels do not run on from 0 or 1.
    """
    found = {ladder: _ladder(names, ladder, mapping) for ladder in LADDERS}
    missing = [ladder for ladder in _NEEDED if not found[ladder]]
    if missing:
        wished = [mapping.get(ladder, f"{ladder}_1") for ladder in missing]
        raise DataError(
            f"{file}: no levels of {missing}; found columns {names[:8]}..., expected "
            f"{wished} and on (numbered from 0 or 1)"
        )
    first = min(found["bid_price"])
    columns: dict[str, str] = {}
    for ladder, levels in found.items():
        depth = len(levels)
        if levels and sorted(levels) != list(range(first, first + depth)):
            raise DataError(
                f"{file}: levels of {ladder} are {sorted(levels)}; expected every "
                f"number from {first} on"
            )
        for level, name in levels.items():
            if level - first < BOOK_LEVELS:
                columns[f"{ladder}_{level - first + 1}"] = name
    for side in ("bid", "ask"):
        prices, sizes = (len(found[f"{side}_{kind}"]) for kind in ("price", "size"))
        if prices != sizes:
            raise DataError(
                f"{file}: {prices} levels of {side} prices and {sizes} of sizes; "
                "expected as many of both"
            )
    return columns


def refused_levels(frame: pl.DataFrame) -> list[tuple[str, pl.Expr, str]]:
    """Return what no book may hold: (found, where it holds, expected).

    A crossed or locked book is no such thing: it happens, and the data check says so.
    """
    rules: list[tuple[str, pl.Expr, str]] = []
    for side, is_worse in (("bid", pl.Expr.gt), ("ask", pl.Expr.lt)):
        prices = _present(frame, f"{side}_price")
        sizes = _present(frame, f"{side}_size")
        rules += [
            (
                f"{side} price not above zero",
                _any([pl.col(name) <= 0 for name in prices]),
                "prices above zero",
            ),
            (
                f"{side} size below zero",
                _any([pl.col(name) < 0 for name in sizes]),
                "sizes of at least zero",
            ),
            (
                f"{side} level with a price or a size only",
                _any(
                    [
                        pl.col(p).is_null() != pl.col(s).is_null()
                        for p, s in zip(prices, sizes, strict=True)
                    ]
                ),
                "both or neither",
            ),
            (
                f"{side} levels not best first",
                _any(
                    [
                        is_worse(pl.col(prices[i + 1]), pl.col(prices[i]))
                        for i in range(len(prices) - 1)
                    ]
                ),
                "the best price at the first level",
            ),
            (
                f"{side} level after an absent one",
                _any(
                    [
                        pl.col(prices[i]).is_null()
                        & pl.col(prices[i + 1]).is_not_null()
                        for i in range(len(prices) - 1)
                    ]
                ),
                "levels without a hole",
            ),
        ]
    return rules


def _present(frame: pl.DataFrame, ladder: str) -> list[str]:
    named = [f"{ladder}_{level}" for level in range(1, BOOK_LEVELS + 1)]
    return [name for name in named if name in frame.columns]


def _any(tests: list[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal([pl.lit(False), *tests])


def _ladder(
    names: list[str], ladder: str, mapping: Mapping[str, str]
) -> dict[int, str]:
    pattern = mapping.get(ladder, f"{ladder}_{_PLACE}")
    if pattern.count(_PLACE) != 1:
        raise ConfigError(
            f"column mapping {ladder}={pattern}; expected one {_PLACE} that stands for "
            "the level, e.g. bids[*].price"
        )
    before, after = (re.escape(part) for part in pattern.split(_PLACE))
    form = re.compile(f"^{before}([0-9]{{1,4}}){after}$")
    matches = ((form.match(name), name) for name in names)
    return {int(match.group(1)): name for match, name in matches if match}
