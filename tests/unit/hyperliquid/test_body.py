from __future__ import annotations

import pytest

from solalpha.errors import VenueError
from solalpha.hyperliquid import body
from solalpha.hyperliquid.failures import EnvelopeError, WireError


def test_strict_json_is_returned_as_it_is() -> None:
    assert body.decode(b'[{"a": "1.50"}, null]', "x") == [{"a": "1.50"}, None]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b" ", b"<html>\n</html>", b'[{"a": "1', b"[1] [2]", b"\xff\xfe["),
        *(b'{"a": "\xe9"}', b"[NaN]", b"[-Infinity]", b'{"a": 1, "a": 2}'),
        *(b"[" * 100_000, b"9" * 5000, b"\x00", b"{'a': 1}"),
    ],
)
def test_broken_body_is_of_the_wire_and_passing(content: bytes) -> None:
    with pytest.raises(WireError, match="no JSON") as error:
        body.decode(content, "candleSnapshot")
    assert error.value.is_passing
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    "content",
    [
        b'{"status": "err", "response": "Too many\\n requests"}',
        b'{"error": "upstream"}',
        b'{"code": -1, "msg": "no"}',
        b'"Internal error"',
    ],
)
def test_refusal_with_200_is_of_the_envelope(content: bytes) -> None:
    with pytest.raises(EnvelopeError, match="the venue refuses with 200") as error:
        body.decode(content, "meta")
    assert "\n" not in str(error.value)


def test_text_answers_only_where_a_text_is_the_answer() -> None:
    assert body.decode(b'"default"', "userAbstraction") == "default"


def test_oversized_body_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MAX_REPLY_BYTES", 10)
    with pytest.raises(WireError, match="11 bytes; expected at most 10") as error:
        body.decode(b"[1,2,3,4,5]", "meta")
    assert not error.value.is_passing
    assert isinstance(error.value, VenueError)
