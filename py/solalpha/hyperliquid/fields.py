"""Read single fields of the venue's JSON; anything unexpected is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from solalpha import clock
from solalpha.hyperliquid.failures import ItemError

Row = TypeVar("Row")
_SHOWN = 120
# Longer ones are no prices: an exponent of a million would fill the memory.
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
_LARGEST_INTEGER = 2**63 - 1
_EARLIEST_MS = clock.to_ms(datetime(2015, 1, 1, tzinfo=UTC))
_LATEST_MS = clock.to_ms(datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Hold the rows of one reply in time order, each once.

    Attributes
    ----------
    received
        Rows in the reply, before anything was left out.
    duplicate
        Rows that repeat another one of the reply.
    refused
        Why rows were refused, one text each.
    """

    rows: tuple[Row, ...]
    received: int
    duplicate: int
    refused: tuple[str, ...]


def each(
    body: Any, parse: Callable[[Mapping[str, Any]], Row], kind: str
) -> tuple[list[Row], list[str]]:
    """Return the parsed rows of a list and why others were refused.

    Raises
    ------
    ItemError
        If ``body`` is no list.
    """
    if not isinstance(body, list):
        raise unexpected(kind, body, "a list")
    rows: list[Row] = []
    refused: list[str] = []
    for item in body:
        try:
            rows.append(parse(mapping(item, kind)))
        except ItemError as error:
            refused.append(str(error))
    return rows, refused


def strict(
    body: Any, parse: Callable[[Mapping[str, Any]], Row], kind: str
) -> tuple[Row, ...]:
    """Return the parsed rows of a list.

    Raises
    ------
    ItemError
        If ``body`` is no list or a row of it is refused.
    """
    rows, refused = each(body, parse, kind)
    if refused:
        raise ItemError(refused[0])
    return tuple(rows)


def mapping(value: Any, kind: str) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object."""
    if not isinstance(value, dict):
        raise unexpected(kind, value, "an object")
    return value


def listed(value: Any, kind: str, *, count: int | None = None) -> list[Any]:
    """Return ``value`` if it is a JSON list, of ``count`` items unless None."""
    if not isinstance(value, list) or (count is not None and len(value) != count):
        raise unexpected(kind, value, f"a list of {count}" if count else "a list")
    return value


def text(row: Mapping[str, Any], name: str, kind: str) -> str:
    """Return the text field ``name``."""
    value = row.get(name)
    if not isinstance(value, str):
        raise unexpected(f"{kind}.{name}", value, "a text")
    return value


def optional_text(row: Mapping[str, Any], name: str, kind: str) -> str | None:
    """Return the text field ``name``, None where it is null or absent."""
    return None if row.get(name) is None else text(row, name, kind)


def flag(row: Mapping[str, Any], name: str, kind: str) -> bool:
    """Return the boolean field ``name``; absent is false."""
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise unexpected(f"{kind}.{name}", value, "true or false")
    return value


def integer(row: Mapping[str, Any], name: str, kind: str) -> int:
    """Return the integer field ``name``; it fits 64 bits."""
    value = row.get(name)
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or abs(value) > _LARGEST_INTEGER:  # type: ignore[arg-type]
        raise unexpected(f"{kind}.{name}", value, "an integer of 64 bits")
    return int(value)  # type: ignore[arg-type]


def count(row: Mapping[str, Any], name: str, kind: str) -> int | None:
    """Return the count ``name``, None where it is absent; 0 or more, 32 bits."""
    if row.get(name) is None:
        return None
    value = integer(row, name, kind)
    if not 0 <= value < 2**31:
        raise unexpected(f"{kind}.{name}", value, "a count")
    return value


def moment(row: Mapping[str, Any], name: str, kind: str) -> datetime:
    """Return the time field ``name`` from epoch milliseconds."""
    value = integer(row, name, kind)
    if not _EARLIEST_MS <= value < _LATEST_MS:
        raise unexpected(f"{kind}.{name}", value, "epoch milliseconds, 2015 to 2099")
    return clock.from_ms(value)


def number(row: Mapping[str, Any], name: str, kind: str) -> Decimal:
    """Return the exact decimal field ``name``.

    Money is text on the wire; a JSON number has lost its exact digits already.
    """
    value = row.get(name)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise unexpected(f"{kind}.{name}", value, "a decimal number as text")
    return Decimal(value)


def optional_number(row: Mapping[str, Any], name: str, kind: str) -> Decimal | None:
    """Return the decimal field ``name``, None where it is null or absent."""
    return None if row.get(name) is None else number(row, name, kind)


def positive(row: Mapping[str, Any], name: str, kind: str) -> Decimal:
    """Return the decimal field ``name``, above zero."""
    value = number(row, name, kind)
    if value <= 0:
        raise unexpected(f"{kind}.{name}", row.get(name), "a number above zero")
    return value


def same(row: Mapping[str, Any], name: str, wanted: str | None, kind: str) -> None:
    """Refuse a row whose text field ``name`` is there and is not ``wanted``."""
    if wanted is not None and row.get(name, wanted) != wanted:
        raise unexpected(f"{kind}.{name}", row.get(name), repr(wanted))


def unexpected(where: str, found: Any, expected: str) -> ItemError:
    """Return the error of one line: where, what was found, what was expected."""
    shown = " ".join(repr(_short(found)).split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return ItemError(f"reply {where}: found {shown}; expected {expected}")


def _short(found: Any) -> Any:
    # The text of a long value is cut before it is made.
    if isinstance(found, str):
        return found[: _SHOWN + 1]
    if isinstance(found, list) and len(found) > 3:
        return f"a list of {len(found)}"
    if isinstance(found, dict) and len(found) > 8:
        return f"an object of {len(found)} fields"
    if isinstance(found, int) and abs(found) > 2**128:
        return "an integer of more than 128 bits"
    return found
