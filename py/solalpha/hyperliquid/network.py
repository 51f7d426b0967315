"""Which of the venue's networks an address names."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from solalpha.errors import ConfigError

_TEST_NETWORK = "hyperliquid-testnet"


def require_market(url: str, option: str, expected: str) -> None:
    """Refuse an address of the venue's test network: its prices are no market.

    Parameters
    ----------
    option
        The option that gave the address.
    expected
        An address of the market, for the message.

    Raises
    ------
    ConfigError
        If the host is of the test network; what is no address is left to others.
    """
    if _TEST_NETWORK in _host(url):
        raise ConfigError(
            f"{option} {url!r} is the test network, whose prices are no market; "
            f"expected {expected} or a server on this machine"
        )


def _host(url: str) -> str:
    # Wide letters and capitals reach the same host.
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return unicodedata.normalize("NFKC", host).casefold()
