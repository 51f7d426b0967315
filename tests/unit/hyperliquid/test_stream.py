from __future__ import annotations

import pytest

from solalpha.errors import ConfigError
from solalpha.hyperliquid.stream import MAINNET_STREAM, TESTNET_STREAM, Stream


@pytest.mark.parametrize(
    "url",
    [
        "",
        "SOL",
        "https://api.hyperliquid.xyz/ws",
        "ws://api.hyperliquid.xyz/ws",
        "wss://",
        "wss://host:port/ws",
        "ws://[::1",
        "ws://10.0.0.1/ws",
        "http://127.0.0.1/ws",
    ],
)
def test_an_address_that_is_no_safe_websocket_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="--url"):
        Stream(url, ("SOL",))


@pytest.mark.parametrize(
    "url",
    [
        MAINNET_STREAM,
        TESTNET_STREAM,
        "ws://127.0.0.1:8000/ws",
        "ws://localhost:8000",
        "ws://[::1]:8000/ws",
    ],
)
def test_the_venue_and_loopback_are_fine(url: str) -> None:
    assert Stream(url, ("SOL",)).connections == 0


def test_pauses_double_up_to_a_limit_and_are_jittered() -> None:
    stream = Stream(MAINNET_STREAM, ("SOL",), jitter=lambda: 0.0)
    pauses = []
    for failures in range(8):
        stream._failures = failures
        pauses.append(stream._pause_s())
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    stream.jitter = lambda: 1.0
    assert stream._pause_s() == 30.0
