"""Find the levels of a wide book in a file's columns, however they are numbered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
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
    return [rule for side in ("bid", "ask") for rule in _side_rules(frame, side)]


def _side_rules(frame: pl.DataFrame, side: str) -> list[tuple[str, pl.Expr, str]]:
    is_worse = pl.Expr.gt if side == "bid" else pl.Expr.lt
    prices = [pl.col(name) for name in _present(frame, f"{side}_price")]
    sizes = [pl.col(name) for name in _present(frame, f"{side}_size")]
    halves = [p.is_null() != s.is_null() for p, s in zip(prices, sizes, strict=True)]
    order = [is_worse(later, better) for better, later in pairwise(prices)]
    holes = [p.is_null() & later.is_not_null() for p, later in pairwise(prices)]
    wanted = (
        ("price not above zero", [p <= 0 for p in prices], "prices above zero"),
        ("size below zero", [s < 0 for s in sizes], "sizes of at least zero"),
        ("level with a price or a size only", halves, "both or neither"),
        ("levels not best first", order, "the best price at the first level"),
        ("level after an absent one", holes, "levels without a hole"),
    )
    return [(f"{side} {found}", _any(bad), good) for found, bad, good in wanted]


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
