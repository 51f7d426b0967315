"""Read an archive file, LZ4 or plain, as blocks of whole lines of bounded size.

A file that is cut short or damaged gives what stands before the damage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import lz4.frame

from solalpha.errors import DataError

BLOCK_BYTES = 8 << 20
LONGEST_LINE_BYTES = 16 << 20
LZ4_MAGIC = b"\x04\x22\x4d\x18"
_READ_BYTES = 64 << 10
# What a damaged block takes with it at most, beside itself.
_FEED_BYTES = 2 << 10


@dataclass(slots=True, kw_only=True)
class LineReader:
    """Read one file in blocks of whole lines and remember what was wrong with it.

    Attributes
    ----------
    damage
        Why the file ends early; None if it was read to its end.
    too_long
        Lines longer than ``LONGEST_LINE_BYTES``; they are in no block.
    has_cut_line
        Whether a damaged file broke off within a line; it is in no block.
    """

    path: Path
    damage: str | None = None
    too_long: int = 0
    has_cut_line: bool = False
    _rest: bytearray = field(default_factory=bytearray)
    _is_skipping: bool = False

    def blocks(self) -> Iterator[bytes]:
        """Yield blocks of whole lines, each ending in a line feed.

        Raises
        ------
        DataError
            If the file cannot be opened or read.
        """
        try:
            with self.path.open("rb") as stream:
                head = stream.read(len(LZ4_MAGIC))
                stream.seek(0)
                is_packed = head == LZ4_MAGIC
                pieces = self._unpacked(stream) if is_packed else _plain(stream)
                for piece in pieces:
                    self._take(piece)
                    if len(self._rest) >= BLOCK_BYTES and (block := self._cut()):
                        yield block
        except OSError as error:
            raise DataError(
                f"{self.path}: cannot be read ({error.strerror}); expected an "
                "archive file"
            ) from error
        is_open = self._rest and not self._rest.endswith(b"\n")
        if is_open and self.damage is None and not self._is_skipping:
            self._rest += b"\n"
        if block := self._cut():
            yield block
        self.has_cut_line = bool(self._rest)

    def _unpacked(self, stream: BinaryIO) -> Iterator[bytes]:
        # One frame may follow another. LZ4 expands no more than 255 times, so that
        # small pieces stay small.
        decoder, is_open, fed = lz4.frame.LZ4FrameDecompressor(), False, b""
        while True:
            if decoder.eof:
                fed = decoder.unused_data or b""
                decoder, is_open = lz4.frame.LZ4FrameDecompressor(), False
            if not fed:
                fed = stream.read(_FEED_BYTES)
                if not fed:
                    break
            try:
                piece = decoder.decompress(fed)
            except (RuntimeError, EOFError) as error:
                self.damage = f"damaged LZ4 data ({error})"
                return
            fed, is_open = b"", not decoder.eof
            yield piece
        if is_open:
            self.damage = "LZ4 data ends before its end mark"

    def _take(self, piece: bytes) -> None:
        if self._is_skipping:
            end = piece.find(b"\n")
            if end < 0:
                return
            piece, self._is_skipping = piece[end + 1 :], False
        self._rest += piece
        last = self._rest.rfind(b"\n")
        if len(self._rest) - last - 1 > LONGEST_LINE_BYTES:
            del self._rest[last + 1 :]
            self.too_long, self._is_skipping = self.too_long + 1, True

    def _cut(self) -> bytes:
        end = self._rest.rfind(b"\n") + 1
        block = bytes(self._rest[:end])
        del self._rest[:end]
        return block


def _plain(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_READ_BYTES):
        yield piece
