"""The values of a websocket frame, each checked, and why one may be refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NOT_JSON = "not JSON"
NOT_AN_OBJECT = "not an object with a channel"
WRONG_SHAPE = "wrong shape"
WRONG_NUMBER = "not a number as text"
NOT_POSITIVE = "price or size not positive"
WRONG_TIME = "time out of range"
WRONG_SIDE = "unknown side"
WRONG_COIN = "not a coin's name"
REASONS = (
    *(NOT_JSON, NOT_AN_OBJECT, WRONG_SHAPE, WRONG_NUMBER),
    *(NOT_POSITIVE, WRONG_TIME, WRONG_SIDE, WRONG_COIN),
)

_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_COIN = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@:_.-]{0,31}", re.ASCII)
# 2020 to 2100, milliseconds: outside, it is another unit or nonsense.
_FIRST_MS, _LAST_MS = 1_577_836_800_000, 4_102_444_800_000
_LARGEST_ID = (1 << 63) - 1


class Refused(Exception):  # noqa: N818 - a reason on its way up, never seen outside
    """Carry one of ``REASONS`` to the reader of the frame or row."""


def object_of(value: Any) -> Mapping[str, Any]:
    """Return ``value`` if it is a JSON object."""
    if not isinstance(value, dict):
        raise Refused(WRONG_SHAPE)
    return value


def coin_of(item: Mapping[str, Any]) -> str:
    """Return the coin that ``item`` names."""
    coin = item.get("coin")
    if not isinstance(coin, str) or not _COIN.fullmatch(coin) or ".." in coin:
        raise Refused(WRONG_COIN)
    return coin


def number_of(item: Mapping[str, Any], name: str) -> str:
    """Return the decimal number, as text, that ``item`` has."""
    value = item.get(name)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise Refused(WRONG_NUMBER)
    return value


def positive_of(item: Mapping[str, Any], name: str) -> str:
    """Return the number, as text, if it is above 0."""
    value = number_of(item, name)
    if value.startswith("-") or not value.strip("0."):
        raise Refused(NOT_POSITIVE)
    return value


def optional_of(item: Mapping[str, Any], name: str) -> str | None:
    """Return the number, as text, or None where there is none."""
    return None if item.get(name) is None else number_of(item, name)


def whole_of(item: Mapping[str, Any], name: str) -> int:
    """Return the whole number of 63 bits."""
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(WRONG_NUMBER)
    if not 0 <= value <= _LARGEST_ID:
        raise Refused(WRONG_NUMBER)
    return value


def count_of(item: Mapping[str, Any]) -> int | None:
    """Return the count of 31 bits, or None where there is none."""
    if item.get("n") is None:
        return None
    value = whole_of(item, "n")
    if value > (1 << 31) - 1:
        raise Refused(WRONG_NUMBER)
    return value


def time_of(item: Mapping[str, Any]) -> int:
    """Return the block time, ms, if it lies between 2020 and 2100."""
    value = item.get("time")
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(WRONG_TIME)
    if not _FIRST_MS <= value < _LAST_MS:
        raise Refused(WRONG_TIME)
    return value
