"""Turn the bytes of a reply into JSON values, strictly."""

from __future__ import annotations

import json
from typing import Any

from solalpha.hyperliquid.failures import EnvelopeError, WireError

MAX_REPLY_BYTES = 32 << 20
_SHOWN = 160
# Reads whose whole answer is a text.
_TEXT_KINDS = frozenset({"userAbstraction"})


def decode(content: bytes, kind: str) -> Any:
    """Return the JSON value of ``content``.

    Raises
    ------
    WireError
        If it is no strict JSON in UTF-8: a page of HTML, empty, cut off, nested too
        deep, or with NaN or a repeated name; it may be whole when asked again.
    EnvelopeError
        If it is the venue's refusal.
    """
    if len(content) > MAX_REPLY_BYTES:
        raise WireError(
            f"{kind}: reply of {len(content)} bytes; expected at most "
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
            f"{kind}: reply is no JSON: {shown(content)}; expected JSON",
            is_passing=True,
        ) from error
    _refuse_envelope(value, kind)
    return value


def shown(content: bytes) -> str:
    """Return the start of a body as one line of printable text."""
    text = content[: 4 * _SHOWN].decode("utf-8", errors="replace")
    return repr(" ".join(text.split())[:_SHOWN])


def _refuse_envelope(value: Any, kind: str) -> None:
    said: object = None
    if isinstance(value, dict):
        if value.get("status") == "err":
            said = value.get("response", value)
        elif set(value) <= {"error", "code", "msg", "message"} and value:
            said = value
    elif isinstance(value, str) and kind not in _TEXT_KINDS:
        said = value
    if said is not None:
        text = " ".join(str(said)[:_SHOWN].split())
        raise EnvelopeError(f"{kind}: the venue refuses with 200: {text!r}")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a name repeats in an object")
    return row
