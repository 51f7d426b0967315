"""What every step of a trade cycle works with: ledger, venue, clocks, one coin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from solalpha.clock import to_ms
from solalpha.config import Parameters, Paths
from solalpha.execution.account_lock import account_lock
from solalpha.execution.ledger import Ledger, ledger_path, open_ledger
from solalpha.execution.venue import VenueClient
from solalpha.hyperliquid.signing import TestnetKey

# Every step after which a kill is tried, in the order of one order's life.
STEPS = (
    "reconciled",
    "before_decision",
    "after_decision",
    "before_intent",
    "after_intent",
    "after_sent",
    "after_reply",
    "after_acknowledge",
    "after_fills",
    "before_cancel",
    "after_cancel",
    "before_done",
    "after_done",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Hold one cycle's context.

    Attributes
    ----------
    now : datetime
        The cycle's moment in market time; stamps go on from it.
    wall : callable
        Tells wall time, for nonces and expiry.
    pause : callable
        Waits for seconds of wall time.
    checkpoint : callable
        Told the name of each step that was passed; nothing else depends on it.
    """

    ledger: Ledger
    venue: VenueClient
    parameters: Parameters
    coin: str
    now: datetime
    wall: Callable[[], datetime]
    wall_began: datetime
    pause: Callable[[float], Awaitable[None]]
    checkpoint: Callable[[str], None]

    @property
    def key(self) -> tuple[str, str]:
        """Venue and account."""
        return self.venue.key

    def moment(self) -> datetime:
        """Return the market time now: the cycle's moment and the wall time since."""
        return self.now + max(self.wall() - self.wall_began, timedelta(0))

    def wall_ms(self) -> int:
        """Return the wall time now, ms."""
        return to_ms(self.wall())

    @property
    def life_ms(self) -> int:
        """How long an order may take to reach the venue, ms."""
        return self.parameters.order_expiry_s * 1000


@contextmanager
def open_session(
    paths: Paths,
    parameters: Parameters,
    *,
    client: httpx.AsyncClient,
    venue: str,
    account: str,
    signer: TestnetKey | None,
    coin: str,
    now: datetime,
    wall: Callable[[], datetime],
    pause: Callable[[float], Awaitable[None]],
    checkpoint: Callable[[str], None],
) -> Iterator[Session]:
    """Hold the account's lock and its ledger for one cycle.

    Raises
    ------
    ConfigError
        If the venue or its address is not allowed.
    LimitBreach
        If another process trades the account.
    """
    way = VenueClient(client, venue=venue, account=account.lower(), signer=signer)
    with account_lock(paths, *way.key), open_ledger(ledger_path(paths)) as ledger:
        yield Session(
            ledger=ledger,
            venue=way,
            parameters=parameters,
            coin=coin,
            now=now,
            wall=wall,
            wall_began=wall(),
            pause=pause,
            checkpoint=checkpoint,
        )
