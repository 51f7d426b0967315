"""What is fuzzed: each target reads one payload and says why it was refused, if so.

A target may only refuse or accept. Any error but the project's own kinds leaves it,
and that is a bug of the parser.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.fuzz_mutations import Seed, mutated, seed_of
from tests.faults.fuzz_payloads import FRAMES, REPLIES, T0, packed

from solalpha.config import Paths, load_parameters
from solalpha.errors import SolalphaError
from solalpha.hyperliquid import parsing, parsing_account, parsing_orders
from solalpha.hyperliquid.body import decode
from solalpha.hyperliquid.fields import Page
from solalpha.hyperliquid.stream_parsing import read_frame

NOW = datetime(2025, 7, 1, tzinfo=UTC)
COIN = "SOL"
_REASON_LENGTH = 60

Reasons = list[str]
_Parse = Callable[[Any], Any]

PARSERS: Mapping[str, _Parse] = {
    "meta": parsing.parse_meta,
    "metaAndAssetCtxs": lambda body: parsing.parse_contexts(body, moment=NOW),
    "allMids": parsing.parse_mids,
    "l2Book": lambda body: parsing.parse_book(body, coin=COIN),
    "candleSnapshot": lambda body: parsing.candle_page(
        body, moment=NOW, coin=COIN, interval="1h"
    ),
    "fundingHistory": lambda body: parsing.funding_page(body, coin=COIN),
    "predictedFundings": parsing.parse_predicted,
    "recentTrades": lambda body: parsing.trade_page(body, coin=COIN),
    "exchangeStatus": parsing.parse_status,
    "clearinghouseState": parsing_account.parse_state,
    "spotClearinghouseState": parsing_account.parse_balances,
    "userAbstraction": parsing_account.parse_mode,
    "userRole": parsing_account.parse_role,
    "userFees": parsing_account.parse_fees,
    "userRateLimit": parsing_account.parse_budget,
    "userFills": parsing_account.parse_fills,
    "userFillsByTime": parsing_account.parse_fills,
    "userFunding": parsing_account.parse_payments,
    "activeAssetData": lambda body: parsing_account.parse_active(body, coin=COIN),
    "openOrders": parsing_orders.parse_open_orders,
    "frontendOpenOrders": parsing_orders.parse_open_orders,
    "historicalOrders": parsing_orders.parse_history,
    "orderStatus": parsing_orders.parse_order_status,
}


@dataclass(slots=True, kw_only=True)
class Target:
    """Hold sound payloads and the parser that reads their broken copies.

    ``share`` is the target's weight in a campaign; a payload of ``lines`` lines
    counts as so many.
    """

    name: str
    seeds: list[Seed]
    read: Callable[[bytes], Reasons]
    share: float
    lines: int = 1
    cleaned: Callable[[], None] = field(default=lambda: None)

    def payload(self, draw: random.Random) -> bytes:
        """Return one broken payload; of several lines each is broken by itself."""
        if self.lines == 1:
            return mutated(self.seeds[int(draw.random() * len(self.seeds))], draw)
        return b"\n".join(
            mutated(self.seeds[int(draw.random() * len(self.seeds))], draw)
            for _ in range(self.lines)
        )


def attempt(target: Target, content: bytes) -> Reasons:
    """Return why ``content`` was refused; empty if it was taken whole."""
    try:
        return target.read(content)
    except SolalphaError as error:
        return [reason(error)]


def reason(error: SolalphaError) -> str:
    """Return the kind of an error and what was expected, without its values."""
    return f"{type(error).__name__}: {_expected(str(error))}"


def _expected(text: str) -> str:
    if "cannot be read" in text:
        return "a file that can be read"
    _, found, expected = text.rpartition("expected ")
    told = expected if found else text
    return " ".join(told[:_REASON_LENGTH].split())


def rest_targets() -> list[Target]:
    """Return the venue's replies, one target a kind."""
    return [
        Target(
            name=f"reply {kind}",
            seeds=[seed_of(packed(REPLIES[kind]))],
            read=_reply(kind, parse),
            share=1.0,
        )
        for kind, parse in PARSERS.items()
    ]


def frame_target() -> Target:
    """Return the websocket's frames."""

    def read(content: bytes) -> Reasons:
        message = read_frame(content)
        for row in message.rows:
            _check_row(row)
        return [f"frame: {why}" for why in message.refused]

    seeds = [seed_of(packed(frame)) for frame in FRAMES]
    return Target(name="frame", seeds=seeds, read=read, share=9.0)


def _reply(kind: str, parse: _Parse) -> Callable[[bytes], Reasons]:
    def read(content: bytes) -> Reasons:
        value = parse(decode(content, kind))
        # What was taken must be fit to be stored, printed and logged.
        repr(value).encode()
        if isinstance(value, Page):
            return [f"row: {_expected(why)}" for why in value.refused]
        return []

    return read


def _check_row(row: Mapping[str, str | int | None]) -> None:
    for name, value in row.items():
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise OverflowError(f"{name}={value} does not fit 64 bits")


class Lake:
    """An empty lake that is thrown away after some files."""

    def __init__(self, folder: Path, *, files: int) -> None:
        self._folder, self._limit, self._used = folder, files, 0
        self.parameters = load_parameters()

    @property
    def paths(self) -> Paths:
        """Return the lake's paths; from time to time those of a new one."""
        self._used += 1
        if self._used > self._limit:
            shutil.rmtree(self._folder / "data", ignore_errors=True)
            self._used = 0
        return Paths(data_dir=self._folder / "data")

    def put(self, name: str, content: bytes) -> Path:
        """Write one file to be ingested and return its path."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


__all__ = ["COIN", "NOW", "PARSERS", "T0", "Lake", "Target", "attempt", "rest_targets"]
