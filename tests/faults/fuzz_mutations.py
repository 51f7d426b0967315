"""Break the bytes of a payload in one of many ways, by a seeded draw."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

_SCALAR = re.compile(
    rb'-?\d[\d.eE+-]*|"(?:[^"\\\n]|\\.)*"|true|false|null|[A-Za-z][A-Za-z_]*'
)
_DEEP = 3_000
_HOSTILE = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b'"1e400"',
    b'"NaN"',
    b'"Infinity"',
    b"-1",
    b'"-1"',
    b'"-0"',
    b"0",
    b'"0"',
    b"9" * 40,
    b'"' + b"9" * 40 + b'"',
    b"1" + b"0" * 5_000,
    b'"1' + b"0" * 5_000 + b'"',
    b"9223372036854775808",
    b"-9223372036854775809",
    b"1e-400",
    b'"0.' + b"1" * 60 + b'"',
    b'"1e99"',
    b'"1e999999999"',
    b'"1_000"',
    b'" 1 "',
    "\u0661\u0662".encode(),
    '"\u0661\u0662"'.encode(),
    b'""',
    b"",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[null]",
    b'{"a":{"a":{}}}',
    b'"\\ud800"',
    b'"\\u0000"',
    '"\U0001f4a9"'.encode(),
    b'"../../etc/passwd"',
    b'"SOL/../BTC"',
    b'"' + b"S" * 3_000 + b'"',
    b"1737918843893903000",
    b"1737918843",
    b"-62135596800001",
    b"253402300800000",
    b"4102444800000",
    b"1.5",
    b"1.0",
    b"0x10",
    b"'1'",
    b"=1+1",
)
_BODIES = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b'""',
    b"0",
    b"\x00",
    b"\xff\xfe\x00\x00",
    b"\xef\xbb\xbf{}",
    b"<html><body>502 Bad Gateway</body></html>",
    b'{"error":"rate limited"}',
    b'{"status":"err","response":"L1 error"}',
    b"[" * _DEEP,
    b"[" * _DEEP + b"]" * _DEEP,
    b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    b"[" * 200_000,
    b'{"channel":"trades","data":' + b"[" * 200_000,
)


@dataclass(frozen=True, slots=True)
class Seed:
    """Hold a sound payload and where its values stand."""

    content: bytes
    spans: tuple[tuple[int, int], ...]


def seed_of(content: bytes) -> Seed:
    """Return ``content`` with the places of its values."""
    spans = tuple(match.span() for match in _SCALAR.finditer(content))
    return Seed(content, spans or ((0, len(content)),))


def mutated(seed: Seed, draw: random.Random) -> bytes:
    """Return ``seed`` broken once, or twice in a tenth of the draws."""
    content = _KINDS[int(draw.random() * len(_KINDS))](seed, draw)
    if draw.random() < 0.1 and len(content) > 1:
        content = _flip(Seed(content, seed.spans), draw)
    return content


def _value(seed: Seed, draw: random.Random) -> bytes:
    start, end = seed.spans[int(draw.random() * len(seed.spans))]
    hostile = _HOSTILE[int(draw.random() * len(_HOSTILE))]
    return seed.content[:start] + hostile + seed.content[end:]


def _exchange(seed: Seed, draw: random.Random) -> bytes:
    # Two values change places: of other types, names or rows.
    first, second = sorted(
        (
            seed.spans[int(draw.random() * len(seed.spans))],
            seed.spans[int(draw.random() * len(seed.spans))],
        )
    )
    c = seed.content
    if first[1] > second[0]:
        return c[: first[0]] + c[first[1] :]
    one, other = c[slice(*first)], c[slice(*second)]
    return c[: first[0]] + other + c[first[1] : second[0]] + one + c[second[1] :]


def _requote(seed: Seed, draw: random.Random) -> bytes:
    # A number becomes text, a text a number.
    start, end = seed.spans[int(draw.random() * len(seed.spans))]
    value = seed.content[start:end]
    value = value[1:-1] if value[:1] == b'"' else b'"' + value + b'"'
    return seed.content[:start] + value + seed.content[end:]


def _negate(seed: Seed, draw: random.Random) -> bytes:
    start, end = seed.spans[int(draw.random() * len(seed.spans))]
    value = seed.content[start:end]
    value = b'"-' + value[1:] if value[:1] == b'"' else b"-" + value
    return seed.content[:start] + value + seed.content[end:]


def _flip(seed: Seed, draw: random.Random) -> bytes:
    content = bytearray(seed.content)
    for _ in range(1 + int(draw.random() * 4)):
        if content:
            content[int(draw.random() * len(content))] = int(draw.random() * 256)
    return bytes(content)


def _truncate(seed: Seed, draw: random.Random) -> bytes:
    return seed.content[: int(draw.random() * len(seed.content))]


def _drop(seed: Seed, draw: random.Random) -> bytes:
    start = int(draw.random() * len(seed.content))
    end = start + 1 + int(draw.random() * 40)
    return seed.content[:start] + seed.content[end:]


def _double(seed: Seed, draw: random.Random) -> bytes:
    # A piece stands twice: names repeat, rows repeat, brackets no longer match.
    start = int(draw.random() * len(seed.content))
    end = start + 1 + int(draw.random() * 80)
    return seed.content[:end] + seed.content[start:end] + seed.content[end:]


def _insert(seed: Seed, draw: random.Random) -> bytes:
    at = int(draw.random() * (len(seed.content) + 1))
    return seed.content[:at] + draw.randbytes(1 + at % 7) + seed.content[at:]


def _scaled(seed: Seed, draw: random.Random) -> bytes:
    # A number in another unit, or far too large.
    start, end = seed.spans[int(draw.random() * len(seed.spans))]
    value = seed.content[start:end]
    zeros = b"0" * (3 + 3 * int(draw.random() * 5))
    at = -1 if value[-1:] == b'"' else len(value)
    return seed.content[:start] + value[:at] + zeros + value[at:] + seed.content[end:]


def _whole(seed: Seed, draw: random.Random) -> bytes:
    return _BODIES[int(draw.random() * len(_BODIES))]


def _deep(seed: Seed, draw: random.Random) -> bytes:
    start, end = seed.spans[int(draw.random() * len(seed.spans))]
    depth = 1 + int(draw.random() * 300)
    return seed.content[:start] + b"[" * depth + b"]" * depth + seed.content[end:]


def _same(seed: Seed, draw: random.Random) -> bytes:
    return seed.content


_KINDS: tuple[Callable[[Seed, random.Random], bytes], ...] = (
    *(_value,) * 14,
    *(_exchange,) * 2,
    *(_requote,) * 2,
    _negate,
    *(_flip,) * 2,
    _truncate,
    _drop,
    *(_double,) * 2,
    _insert,
    _scaled,
    _whole,
    _deep,
    _same,
)
