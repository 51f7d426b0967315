"""See many lines of JSON at once by their outline: the text with each number as 0.

Lines of one outline differ in their numbers alone, so that the numbers of all of
them are a table of text that can be read at once.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

import numpy as np

_ZERO = ord("0")
_NUMBER = b"0123456789."
_AS_ZERO = bytes(_ZERO if byte in _NUMBER else byte for byte in range(256))
_NOT_NUMBER = (string.ascii_letters + '"{}[]_:- \t\r').encode()
# Small enough to stay in a core's own memory.
_WINDOW_BYTES = 128 << 10

_LEVEL = rb'\{"px": ?"0", ?"sz": ?"0", ?"n": ?0\}'
_LEVELS = rb"\[((?:" + _LEVEL + rb"(?:, ?" + _LEVEL + rb")*)?)\]"
_BOOK = re.compile(
    rb'\{"time": ?"0-0-0T0:0:0Z?", ?"ver_num": ?0, ?"raw": ?'
    rb'\{"channel": ?"l0Book", ?"data": ?'
    rb'\{"coin": ?"([A-Za-z]{1,32})", ?"time": ?0, ?"levels": ?'
    rb"\[" + _LEVELS + rb", ?" + _LEVELS + rb"\]\}\}\}\r?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookShape:
    """Describe the lines of one outline: the coin and the levels of each side."""

    coin: str
    bids: int
    asks: int


def outline(text: bytes) -> bytes:
    """Return ``text`` with every run of digits and points as one 0."""
    pieces: list[bytes] = []
    was_number = False
    for start in range(0, len(text), _WINDOW_BYTES):
        part = text[start : start + _WINDOW_BYTES].translate(_AS_ZERO)
        codes = np.frombuffer(part, dtype=np.uint8)
        is_number = codes == _ZERO
        is_kept = np.empty(codes.size, dtype=np.bool_)
        is_kept[0] = not (was_number and is_number[0])
        np.logical_and(is_number[1:], is_number[:-1], out=is_kept[1:])
        np.logical_not(is_kept[1:], out=is_kept[1:])
        pieces.append(codes[is_kept].tobytes())
        was_number = bool(is_number[-1])
    return b"".join(pieces)


def numbers(text: bytes) -> bytes:
    """Return the numbers of ``text`` alone, separated as they were by commas.

    Of a time the digits remain, without what stands between them.
    """
    return text.translate(None, _NOT_NUMBER)


def book_shape(line: bytes) -> BookShape | None:
    """Return the shape of a book's line from its outline; None if it is no such line.

    A coin whose name holds a digit has no outline of its own.
    """
    match = _BOOK.fullmatch(line)
    if match is None:
        return None
    return BookShape(
        coin=match.group(1).decode(),
        bids=match.group(2).count(b"px"),
        asks=match.group(3).count(b"px"),
    )
