"""Read what a venue sends, and trust none of it: types, finiteness, shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from solalpha.clock import from_ms
from solalpha.errors import VenueError

_NUMBER = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,24})?")
_INT64 = 2**63
# The last moment that a date type can hold, ms.
_LAST_MS = 253_402_300_799_999


def document(body: bytes, where: str) -> Any:
    """Parse a body as JSON without repeated keys and non-finite numbers.

    Raises
    ------
    VenueError
        If it is anything else; the message names ``where``, not the content.
    """
    try:
        return json.loads(
            body, parse_constant=_refuse, object_pairs_hook=_without_repeats
        )
    except (ValueError, RecursionError) as error:
        raise VenueError(
            f"{where}: {len(body)} bytes that are not JSON; expected a JSON answer"
        ) from error


def mapping(found: object, where: str) -> Mapping[str, Any]:
    """Return a JSON object, or raise ``VenueError``."""
    if not isinstance(found, dict):
        raise _unexpected(found, "an object", where)
    return found


def items(found: object, where: str) -> list[Any]:
    """Return a JSON list, or raise ``VenueError``: a failed read is never empty."""
    if not isinstance(found, list):
        raise _unexpected(found, "a list", where)
    return found


def text(found: object, where: str) -> str:
    """Return a JSON string, or raise ``VenueError``."""
    if not isinstance(found, str):
        raise _unexpected(found, "a string", where)
    return found


def flag(found: object, where: str) -> bool:
    """Return a JSON boolean, or raise ``VenueError``."""
    if not isinstance(found, bool):
        raise _unexpected(found, "true or false", where)
    return found


def integer(found: object, where: str) -> int:
    """Return a whole number from 0 that fits 64 bits, or raise ``VenueError``."""
    if not isinstance(found, int) or isinstance(found, bool):
        raise _unexpected(found, "a whole number", where)
    if not 0 <= found < _INT64:
        raise _unexpected(found, "a whole number of 64 bits", where)
    return found


def number(found: object, where: str) -> Decimal:
    """Return the finite decimal that a string carries, or raise ``VenueError``."""
    if not isinstance(found, str) or _NUMBER.fullmatch(found) is None:
        raise _unexpected(found, "a decimal number in a string", where)
    return Decimal(found)


def above_zero(found: object, where: str) -> Decimal:
    """Return a decimal above zero, or raise ``VenueError``."""
    value = number(found, where)
    if value <= 0:
        raise _unexpected(found, "a number above zero", where)
    return value


def moment(found: object, where: str) -> datetime:
    """Return the UTC moment of a time in ms, or raise ``VenueError``."""
    value = integer(found, where)
    if value > _LAST_MS:
        raise _unexpected(found, "a time in ms", where)
    return from_ms(value)


def _unexpected(found: object, expected: str, where: str) -> VenueError:
    shown = str(found)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
    return VenueError(f"{where} is {shown!r}; expected {expected}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated key")
    return found
