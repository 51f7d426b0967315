"""One process per account: a lock that the system releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from solalpha.config import Paths
from solalpha.errors import LimitBreach


@contextmanager
def account_lock(paths: Paths, venue: str, account: str) -> Iterator[None]:
    """Hold the account's lock.

    Raises
    ------
    LimitBreach
        If another process holds it; nothing was done.
    """
    paths.ledger.mkdir(parents=True, exist_ok=True)
    path = paths.ledger / f".{venue}-{account}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LimitBreach(
                f"another process is trading {venue} account {account}; expected one "
                "at a time: wait for it"
            ) from error
        yield
    finally:
        os.close(descriptor)
