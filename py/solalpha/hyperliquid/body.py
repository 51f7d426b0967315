"""Turn the bytes of a reply into JSON values, strictly."""

from __future__ import annotations

import json
from typing import Any

from solalpha.hyperliquid.failures import EnvelopeError, WireError

MAX_REPLY_BYTES = 32 << 20
_SHOWN = 160
# Reads whose whole answer is a text.
_TEXT_KINDS = frozenset({"userAbstraction"})


def decode(content: bytes, kind: str, *, url: str = "") -> Any:
    """Return the JSON value of ``content``, the reply to a read of ``kind``.

    Raises
    ------
    WireError
        If it is no strict JSON in UTF-8: a page of HTML, empty, cut off, nested too
        deep, or with NaN or a repeated name; it may be whole when asked again.
    EnvelopeError
        If it is the venue's refusal.
    """
    where = f"{url} {kind}".strip()
    if len(content) > MAX_REPLY_BYTES:
        raise WireError(
            f"{where}: reply of {len(content)} bytes; expected at most "
            f"{MAX_REPLY_BYTES}",
            is_passing=False,
        )
    try:
        value = json.loads(
            content.decode("utf-8"),
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise WireError(
            f"{where}: reply is no JSON: {shown(content)}; expected JSON",
            is_passing=True,
        ) from error
    if (said := _refusal(value, kind)) is not None:
        text = " ".join(str(said)[:_SHOWN].split())
        raise EnvelopeError(f"{where}: the venue refuses with 200: {text!r}")
    return value


def shown(content: bytes) -> str:
    """Return the start of a body as one line of printable text."""
    text = content[: 4 * _SHOWN].decode("utf-8", errors="replace")
    return repr(" ".join(text.split())[:_SHOWN])


def _refusal(value: Any, kind: str) -> object:
    # What the venue says where it refuses, else None.
    if isinstance(value, dict):
        if value.get("status") == "err":
            return value.get("response", value)
        if value and set(value) <= {"error", "code", "msg", "message"}:
            return value
    elif isinstance(value, str) and kind not in _TEXT_KINDS:
        return value
    return None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a name repeats in an object")
    return row
