"""Read what a client posts: envelopes and actions, strictly typed.

What the venue could not deserialise raises ``MalformedError`` and becomes HTTP 422, as
there; what it would refuse by rule is left to the checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

MALFORMED = "Failed to deserialize the JSON body into the target type"
MAX_BODY_BYTES = 1_000_000
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_CLOID = re.compile(r"0x[0-9a-f]{32}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_INT64 = 2**63
TIFS = ("Alo", "Ioc", "Gtc", "FrontendMarket")


class MalformedError(Exception):
    """Report a body that the venue would not deserialise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """State a posted action with what surrounds it; ``vault`` is lower case."""

    action: Mapping[str, Any]
    nonce: int
    signature: Mapping[str, Any] | None
    vault: str | None
    expires_after_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """State one order as asked for: prices in USD, size in base units."""

    asset: int
    is_buy: bool
    limit_price: Decimal
    size: Decimal
    is_reduce_only: bool
    tif: str | None
    trigger_price: Decimal | None
    trigger_kind: str | None
    is_market_trigger: bool
    cloid: str | None


def document(body: bytes) -> Mapping[str, Any]:
    """Parse a body into a JSON object without repeated keys or non-finite numbers."""
    if len(body) > MAX_BODY_BYTES:
        raise MalformedError(MALFORMED)
    try:
        found = json.loads(
            body, parse_constant=_refuse, object_pairs_hook=_without_repeats
        )
    except (ValueError, RecursionError) as error:
        raise MalformedError(MALFORMED) from error
    return mapping(found)


def envelope(found: Mapping[str, Any]) -> Envelope:
    """Read the envelope around an action."""
    vault = found.get("vaultAddress")
    expires = found.get("expiresAfter")
    signature = found.get("signature")
    return Envelope(
        action=mapping(found.get("action")),
        nonce=integer(found.get("nonce")),
        signature=None if signature is None else mapping(signature),
        vault=None if vault is None else address(vault),
        expires_after_ms=None if expires is None else integer(expires),
    )


def order(found: object) -> OrderRequest:
    """Read one order of an action."""
    wire = mapping(found)
    kind = mapping(wire.get("t"))
    cloid = wire.get("c")
    trigger: Mapping[str, Any] = {}
    tif = None
    if "limit" in kind:
        tif = chosen(mapping(kind["limit"]).get("tif"), TIFS)
    else:
        trigger = mapping(kind.get("trigger"))
    return OrderRequest(
        asset=integer(wire.get("a")),
        is_buy=flag(wire.get("b")),
        limit_price=number(wire.get("p")),
        size=number(wire.get("s")),
        is_reduce_only=flag(wire.get("r")),
        tif=tif,
        trigger_price=number(trigger.get("triggerPx")) if trigger else None,
        trigger_kind=chosen(trigger.get("tpsl"), ("tp", "sl")) if trigger else None,
        is_market_trigger=flag(trigger.get("isMarket")) if trigger else False,
        cloid=None if cloid is None else client_id(cloid),
    )


def mapping(found: object) -> Mapping[str, Any]:
    """Return a JSON object."""
    if not isinstance(found, dict):
        raise MalformedError(MALFORMED)
    return found


def items(found: object) -> list[Any]:
    """Return a JSON list."""
    if not isinstance(found, list):
        raise MalformedError(MALFORMED)
    return found


def integer(found: object) -> int:
    """Return a whole number from 0 that fits 64 bits."""
    if not isinstance(found, int) or isinstance(found, bool):
        raise MalformedError(MALFORMED)
    if not 0 <= found < _INT64:
        raise MalformedError(MALFORMED)
    return found


def flag(found: object) -> bool:
    """Return a JSON boolean."""
    if not isinstance(found, bool):
        raise MalformedError(MALFORMED)
    return found


def number(found: object) -> Decimal:
    """Return the decimal of a JSON string; signs and exponents are refused."""
    if not isinstance(found, str) or _NUMBER.fullmatch(found) is None:
        raise MalformedError(MALFORMED)
    return Decimal(found)


def text(found: object) -> str:
    """Return a JSON string."""
    if not isinstance(found, str):
        raise MalformedError(MALFORMED)
    return found


def chosen(found: object, allowed: tuple[str, ...]) -> str:
    """Return a JSON string that is one of ``allowed``."""
    if not isinstance(found, str) or found not in allowed:
        raise MalformedError(MALFORMED)
    return found


def client_id(found: object) -> str:
    """Return a client order id: 0x and 32 hex digits, lower case."""
    value = text(found).lower()
    if _CLOID.fullmatch(value) is None:
        raise MalformedError(MALFORMED)
    return value


def address(found: object) -> str:
    """Return an account address, lower case."""
    if _ADDRESS.fullmatch(text(found)) is None:
        raise MalformedError(MALFORMED)
    return text(found).lower()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated key")
    return found
