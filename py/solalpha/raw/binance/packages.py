"""Open one file of the archive: its name, its checksum, and its lines."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from solalpha.errors import DataError

CHECKSUM_SUFFIX = ".CHECKSUM"
_BLOCK_BYTES = 16 << 20
_LONGEST_LINE_BYTES = 1 << 20
_READ_BYTES = 1 << 20
_NAME = re.compile(
    r"^(?P<symbol>[A-Z0-9]{2,24}?)(?P<quote>USDT|USDC|BUSD)(?P<expiry>_[0-9]{6})?"
    r"-(?P<label>[A-Za-z0-9]+)-(?P<period>[0-9]{4}-[0-9]{2}(-[0-9]{2})?)"
    r"\.(zip|csv)$"
)
# Candles of a price that nobody trades at; they look like candles of trades.
_OTHER_PRICES = ("markPriceKlines", "indexPriceKlines", "premiumIndexKlines")
_THOUSAND = "1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Describe a file by its name, e.g. ``SOLUSDT-1h-2024-01.zip``.

    Attributes
    ----------
    symbol
        The venue's name of the perpetual, e.g. ``SOLUSDT``.
    coin
        Our name of it; a thousand of a coin is called k and the coin.
    label
        What stands after the symbol: an interval or the kind.
    """

    path: Path
    symbol: str
    coin: str
    label: str


def package(path: Path) -> Package:
    """Return what the name of ``path`` says.

    Raises
    ------
    DataError
        If it is not a name of the archive, or of a kind that is not stored.
    """
    match = _NAME.match(path.name)
    if match is None:
        raise DataError(
            f"{path.name} is not a file name of the archive; expected e.g. "
            "SOLUSDT-1h-2024-01.zip or SOLUSDT-aggTrades-2024-01-31.zip"
        )
    if match["expiry"]:
        raise DataError(f"{path.name} is a dated future; expected a perpetual")
    if other := [name for name in _OTHER_PRICES if name in path.parts]:
        raise DataError(
            f"{path.name} holds {other[0]}, which are not stored; expected klines, "
            "aggTrades, trades, fundingRate, metrics or bookDepth"
        )
    base = match["symbol"]
    is_thousand = base.startswith(_THOUSAND) and len(base) > len(_THOUSAND)
    coin = f"k{base.removeprefix(_THOUSAND)}" if is_thousand else base
    return Package(
        path=path, symbol=base + match["quote"], coin=coin, label=match["label"]
    )


def check_sum(path: Path) -> bool:
    """Return whether a checksum lies beside ``path``; refuse the file if it differs.

    Raises
    ------
    DataError
        If the file's SHA-256 is not the one that the checksum file states.
    """
    beside = path.with_name(path.name + CHECKSUM_SUFFIX)
    if not beside.is_file():
        return False
    words = beside.read_text(encoding="utf-8", errors="replace").split()
    stated = words[0].lower() if words else "nothing"
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != stated:
        raise DataError(
            f"{path}: SHA-256 is {found}; expected {stated} by {beside.name}: "
            "download it again"
        )
    return True


def blocks(path: Path) -> Iterator[bytes]:
    """Yield blocks of whole lines of the one CSV in ``path``, a zip or plain.

    A zip is read to its end first, so that a damaged one gives nothing.

    Raises
    ------
    DataError
        If the file is damaged, holds another number of files, or too long a line.
    """
    try:
        if path.suffix != ".zip":
            with path.open("rb") as stream:
                yield from _whole_lines(iter(lambda: stream.read(_READ_BYTES), b""))
            return
        with zipfile.ZipFile(path) as packed:
            names = [item for item in packed.namelist() if item.endswith(".csv")]
            if len(names) != 1:
                raise DataError(f"{path}: {len(names)} CSV files; expected one")
            if packed.testzip() is not None:
                raise DataError(f"{path}: damaged zip; expected a sound one")
            with packed.open(names[0]) as member:
                yield from _whole_lines(iter(lambda: member.read(_READ_BYTES), b""))
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        RuntimeError,  # a password, or a compression that is not known
        EOFError,
        ValueError,
    ) as error:
        told = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: cannot be read: {told}") from error


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = bytearray()
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"\n") + 1
        if len(rest) - end > _LONGEST_LINE_BYTES:
            raise DataError("a line of more than 1 MiB; expected lines of CSV")
        if len(rest) >= _BLOCK_BYTES:
            yield bytes(rest[:end])
            del rest[:end]
    if rest.strip():
        yield bytes(rest) if rest.endswith(b"\n") else bytes(rest) + b"\n"
