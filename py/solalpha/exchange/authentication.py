"""Say whose account an action is for, and refuse used or strange nonces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from solalpha.clock import to_ms
from solalpha.errors import ConfigError
from solalpha.exchange import wire
from solalpha.exchange.store import Store
from solalpha.exchange.wire import Envelope
from solalpha.hyperliquid import signing

KEPT_NONCES = 100
_HASHED_NUMBERS = ("p", "s", "triggerPx")
_OLDEST_NONCE = timedelta(days=2)
_NEWEST_NONCE = timedelta(days=1)


class RefusedError(Exception):
    """Report an action that the venue answers with an error envelope."""


class Authenticator(Protocol):
    """Tell who signed an envelope."""

    def signer(self, envelope: Envelope) -> str:
        """Return the signer's lower-case address, or raise ``RefusedError``."""
        ...


class TrustedAccount:
    """Take the caller's word: for an exchange in the caller's own process only."""

    def __init__(self, address: str) -> None:
        self._address = address.lower()

    def signer(self, envelope: Envelope) -> str:
        """Return the vault that the envelope names, else the app's account."""
        return envelope.vault or self._address


class SignatureVerifier:
    """Recover the signer from a signature for the test network."""

    def __init__(self) -> None:
        if not signing.is_available():
            raise ConfigError(
                "signatures cannot be verified; install the extra 'signing'"
            )

    def signer(self, envelope: Envelope) -> str:
        """Return the recovered address; an absent or broken signature is refused."""
        if envelope.signature is None:
            raise RefusedError("Unable to recover signer.")
        try:
            return signing.recover_address(
                _normalised(envelope.action),
                envelope.signature,
                nonce=envelope.nonce,
                vault=envelope.vault,
                expires_after_ms=envelope.expires_after_ms,
            )
        except ConfigError as error:
            raise RefusedError("Unable to recover signer.") from error


def _normalised(action: Mapping[str, Any]) -> dict[str, Any]:
    # The venue hashes numbers in their shortest form, whatever form was posted.
    return {key: _shortest(key, value) for key, value in action.items()}


def _shortest(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _normalised(value)
    if isinstance(value, list):
        return [_shortest(key, item) for item in value]
    if key in _HASHED_NUMBERS and isinstance(value, str):
        return signing.number_text(wire.number(value))
    return value


def use_nonce(store: Store, signer: str, nonce: int, at: datetime) -> None:
    """Spend ``nonce`` at wall time ``at``; one already spent or stale is refused.

    The highest 100 per signer are kept; a new one must exceed the lowest kept
    and lie between two days before and one day after ``at``.
    """
    if not to_ms(at - _OLDEST_NONCE) < nonce < to_ms(at + _NEWEST_NONCE):
        raise RefusedError(f"Invalid nonce: nonce {nonce} is not within range")
    kept = [
        int(row["nonce"])
        for row in store.rows(
            "select nonce from nonces where signer = ? order by nonce desc", (signer,)
        )
    ]
    if nonce in kept:
        raise RefusedError(f"Invalid nonce: duplicate nonce {nonce}")
    if len(kept) >= KEPT_NONCES and nonce < kept[-1]:
        raise RefusedError(f"Invalid nonce: nonce {nonce} is below the smallest kept")
    store.add("nonces", {"signer": signer, "nonce": nonce})
    if len(kept) >= KEPT_NONCES:
        store.write(
            "delete from nonces where signer = ? and nonce = ?", (signer, kept[-1])
        )


def is_expired(envelope: Envelope, at: datetime) -> bool:
    """Tell whether the envelope's last moment has passed at wall time ``at``."""
    return (
        envelope.expires_after_ms is not None and to_ms(at) > envelope.expires_after_ms
    )
