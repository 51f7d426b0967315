from __future__ import annotations

import pytest

from solalpha.errors import ConfigError
from solalpha.hyperliquid.network import require_market
from solalpha.hyperliquid.rest import MAINNET_READS, TESTNET_READS
from solalpha.hyperliquid.stream import MAINNET_STREAM, TESTNET_STREAM


@pytest.mark.parametrize(
    "url",
    [
        TESTNET_READS,
        TESTNET_STREAM,
        "https://API.Hyperliquid-Testnet.xyz:443/",
        "https://api.hyperliquid-testnet.xyz.",
        "wss://someone@api-ui.hyperliquid-testnet.xyz/ws",
        "https://api.\uff48yperliquid-testnet.xyz",
    ],
)
def test_the_test_network_is_no_market(url: str) -> None:
    with pytest.raises(
        ConfigError, match=r"--url .* no market; expected https"
    ) as told:
        require_market(url, "--url", MAINNET_READS)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        MAINNET_READS,
        MAINNET_STREAM,
        "http://127.0.0.1:3001",
        "ws://[::1]:8000/ws",
        "http://localhost/hyperliquid-testnet",
        "ws://[::1",
        "",
    ],
)
def test_the_market_and_loopback_are_left_alone(url: str) -> None:
    require_market(url, "--url", MAINNET_READS)
