"""Which addresses orders may go to: this machine, this process, the test network."""

from __future__ import annotations

from typing import Any

import httpx

from solalpha.errors import ConfigError

TESTNET_URL = "https://api.hyperliquid-testnet.xyz"
# A reserved name that never resolves: it stands for the exchange in this process.
IN_PROCESS_URL = "http://paper.invalid"
VENUES = ("paper", "testnet")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TIMEOUT_S = 10.0


def allowed_url(venue: str, url: str) -> str:
    """Return ``url`` without a trailing slash if ``venue`` may trade there.

    ``paper`` is the exchange in this process or one on this machine; ``testnet``
    is Hyperliquid's test network and nothing else.

    Raises
    ------
    ConfigError
        If the venue is unknown, or the URL is any other.
    """
    if venue not in VENUES:
        raise ConfigError(f"venue {venue!r}; expected one of {', '.join(VENUES)}")
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise ConfigError(f"venue address {url!r} is no URL") from error
    plain = f"{found.scheme}://{found.host}"
    is_bare = found.path in ("", "/") and not (found.userinfo or found.query)
    if venue == "testnet":
        is_allowed = plain == TESTNET_URL and found.port in (None, 443)
    else:
        is_allowed = found.scheme == "http" and (
            found.host in _LOOPBACK or (plain == IN_PROCESS_URL and not found.port)
        )
    if not (is_bare and is_allowed):
        expected = TESTNET_URL if venue == "testnet" else "this process or loopback"
        raise ConfigError(
            f"{venue} orders may not go to {plain}; expected {expected}, nothing else"
        )
    return str(found).rstrip("/")


def connect(url: str, app: Any | None) -> httpx.AsyncClient:
    """Return a client for ``url``; ``app`` is the exchange in this process, if any.

    No proxy and no redirect can send it elsewhere, and every wait is bounded.
    """
    transport = None if app is None else httpx.ASGITransport(app=app)
    return httpx.AsyncClient(
        base_url=url,
        transport=transport,
        timeout=_TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
    )
