"""All targets of the fuzz campaign, and the bodies that are far too large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.faults.fuzz_archives import line_targets, packed_target
from tests.faults.fuzz_files import file_targets
from tests.faults.fuzz_payloads import REPLIES, packed
from tests.faults.fuzz_targets import Target, frame_target, rest_targets

_LARGE_BYTES = 50 << 20
# Share of the payloads that goes to each family, whatever its number of targets.
_REPLIES, _FRAMES, _LINES, _FILES = 0.4, 0.29, 0.3, 0.01


def all_targets(folder: Path) -> list[Target]:
    """Return every target; those of files work below ``folder``."""
    families = (
        (_REPLIES, rest_targets()),
        (_FRAMES, [frame_target()]),
        (_LINES, line_targets(folder)),
        (_FILES, [*file_targets(folder), packed_target(folder)]),
    )
    for share, targets in families:
        total = sum(target.share for target in targets)
        for target in targets:
            target.share *= share / total
    return [target for _, targets in families for target in targets]


def large_payloads(folder: Path) -> Iterator[tuple[Target, bytes]]:
    """Yield one body of 50 MB for each kind of parser."""
    named = {target.name: target for target in all_targets(folder)}
    row = packed(REPLIES["candleSnapshot"])[1:-1]
    rows = b",".join([row] * (_LARGE_BYTES // (len(row) + 1)))
    yield named["reply candleSnapshot"], b"[" + rows + b"]"
    yield named["reply l2Book"], b'"' + b"x" * _LARGE_BYTES + b'"'
    yield named["frame"], b'{"channel":"trades","data":[' + rows + b"]}"
    yield named["frame"], b"[" * _LARGE_BYTES
    head = b"open_time,open,high,low,close,volume\n"
    yield named["candles.csv"], head + b"1," * (_LARGE_BYTES // 2)
    yield named["candles.json"], b"[" + rows + b"]"
    yield named["mapping.yml"], b"columns: " + b"{a: " * (_LARGE_BYTES // 4)
