"""Sign and verify the venue's trading actions, for its test network only.

The phantom agent's source is the constant of the test network and no function
takes another, so that a signature for the main network cannot be made here.
The packages ``eth-account`` and ``msgpack`` (extra ``signing``) are imported
when first needed; paper trading in process needs neither, nor any key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from solalpha.errors import ConfigError

TESTNET_SOURCE = "b"
KEY_VARIABLE = "SOLALPHA_TESTNET_KEY"
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_AGENT_TYPES = {
    "Agent": [
        {"name": "source", "type": "string"},
        {"name": "connectionId", "type": "bytes32"},
    ],
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
}
_DOMAIN = {
    "name": "Exchange",
    "version": "1",
    "chainId": 1337,
    "verifyingContract": "0x" + "00" * 20,
}


class TestnetKey:
    """Hold a private key of the test network; its text form never shows it."""

    __slots__ = ("_account",)
    __test__ = False  # the name starts like a test class; it is none

    def __init__(self, key: str) -> None:
        account = _eth_account()
        if _KEY.fullmatch(key) is None:
            raise ConfigError("the test network key is not 64 hex digits")
        try:
            self._account = account.from_key(key)
        except Exception:  # noqa: BLE001 - the cause may carry the key itself
            raise ConfigError("the test network key is not a valid key") from None

    @classmethod
    def from_environment(cls) -> TestnetKey:
        """Read the key from the environment variable ``SOLALPHA_TESTNET_KEY``.

        Raises
        ------
        ConfigError
            If it is absent or no key.
        """
        text = os.environ.get(KEY_VARIABLE)
        if not text:
            raise ConfigError(f"{KEY_VARIABLE} is not set; testnet orders need it")
        return cls(text.strip())

    @property
    def address(self) -> str:
        """Lower-case address that the key controls."""
        return str(self._account.address).lower()

    def sign(
        self,
        action: Mapping[str, Any],
        *,
        nonce: int,
        vault: str | None,
        expires_after_ms: int | None,
    ) -> dict[str, Any]:
        """Return the signature ``{r, s, v}`` of ``action`` for the test network."""
        message = _message(action_hash(action, nonce, vault, expires_after_ms))
        signed = self._account.sign_message(message)
        return {"r": hex(signed.r), "s": hex(signed.s), "v": signed.v}

    def __repr__(self) -> str:
        """Name the address only."""
        return f"TestnetKey(address={self.address})"

    def __reduce__(self) -> str:
        raise TypeError("a key cannot be serialised")


def number_text(value: Decimal) -> str:
    """Write ``value`` as the venue hashes numbers: plain, no trailing zeros.

    Raises
    ------
    ConfigError
        If ``value`` is not finite or needs more than 8 decimals.
    """
    if not value.is_finite():
        raise ConfigError(f"number {value} is not finite; an order needs a finite one")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if len(text.partition(".")[2]) > 8:
        raise ConfigError(f"number {value} has more than 8 decimals")
    return "0" if text in {"", "-0"} else text


def action_hash(
    action: Mapping[str, Any],
    nonce: int,
    vault: str | None,
    expires_after_ms: int | None,
) -> bytes:
    """Return the connection id: keccak-256 of the packed action and its envelope.

    The order of the keys in ``action`` is part of what is hashed.
    """
    data = _packed(action) + nonce.to_bytes(8, "big")
    data += b"\x00" if vault is None else b"\x01" + _address_bytes(vault)
    if expires_after_ms is not None:
        data += b"\x00" + expires_after_ms.to_bytes(8, "big")
    return _keccak(data)


def recover_address(
    action: Mapping[str, Any],
    signature: Mapping[str, Any],
    *,
    nonce: int,
    vault: str | None,
    expires_after_ms: int | None,
) -> str:
    """Return the lower-case address that signed ``action`` for the test network.

    A signature over anything else recovers to some other address; that it
    recovers proves nothing about the account behind it.

    Raises
    ------
    ConfigError
        If ``signature`` is not of the form ``{r, s, v}``, or recovers to nothing.
    """
    message = _message(action_hash(action, nonce, vault, expires_after_ms))
    try:
        parts = (
            int(signature["v"]),
            int(str(signature["r"]), 16),
            int(str(signature["s"]), 16),
        )
        recovered = _eth_account().recover_message(message, vrs=parts)
    except Exception as error:
        raise ConfigError("the signature cannot be recovered") from error
    return str(recovered).lower()


def is_available() -> bool:
    """Tell whether the optional packages of the extra ``signing`` are installed."""
    try:
        _eth_account()
        _packed({})
    except ConfigError:
        return False
    return True


def _address_bytes(address: str) -> bytes:
    if _ADDRESS.fullmatch(address) is None:
        raise ConfigError(f"address {address!r} is not 0x and 40 lower-case hex digits")
    return bytes.fromhex(address[2:])


def _message(connection_id: bytes) -> Any:
    try:
        from eth_account.messages import encode_typed_data
    except ImportError as error:
        raise _missing(error) from error
    return encode_typed_data(
        full_message={
            "domain": _DOMAIN,
            "types": _AGENT_TYPES,
            "primaryType": "Agent",
            "message": {"source": TESTNET_SOURCE, "connectionId": connection_id},
        }
    )


def _eth_account() -> Any:
    try:
        from eth_account import Account
    except ImportError as error:
        raise _missing(error) from error
    return Account


def _packed(action: Mapping[str, Any]) -> bytes:
    try:
        import msgpack
    except ImportError as error:
        raise _missing(error) from error
    try:
        return bytes(msgpack.packb(dict(action)))
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(f"the action cannot be packed: {error}") from error


def _keccak(data: bytes) -> bytes:
    try:
        from eth_utils.crypto import keccak
    except ImportError as error:
        raise _missing(error) from error
    return bytes(keccak(data))


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(
        f"{error.name or 'a package'} is not installed; signatures need the extra "
        "'signing' (eth-account, msgpack)"
    )
