"""Orders go to this process, this machine or the test network, and nowhere else."""

import asyncio
import pkgutil
import re
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.exchange.worlds import ACCOUNT

import solalpha.execution
from solalpha.errors import ConfigError
from solalpha.execution.endpoint import (
    IN_PROCESS_URL,
    TESTNET_URL,
    allowed_url,
    connect,
)
from solalpha.execution.venue import VenueClient


@pytest.mark.parametrize(
    ("venue", "url"),
    [
        ("paper", IN_PROCESS_URL),
        ("paper", "http://127.0.0.1:8899"),
        ("paper", "http://localhost:8899/"),
        ("paper", "http://[::1]:8899"),
        ("testnet", TESTNET_URL),
        ("testnet", TESTNET_URL + "/"),
    ],
)
def test_allowed_address_is_accepted(venue, url):
    assert allowed_url(venue, url) == url.rstrip("/")


@pytest.mark.parametrize("venue", ["paper", "testnet"])
@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperliquid.xyz",
        "https://api.hyperliquid.xyz/",
        "http://api.hyperliquid.xyz",
        "https://API.HYPERLIQUID.XYZ",
        "https://api.hyperliquid-testnet.xyz.example.com",
        "https://api.hyperliquid-testnet.xyz@api.hyperliquid.xyz",
        "https://127.0.0.1@api.hyperliquid.xyz",
        "http://api.hyperliquid-testnet.xyz",
        "https://api.hyperliquid-testnet.xyz:8443",
        "https://api.hyperliquid-testnet.xyz/exchange",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "http://paper.invalid:8080",
        "ftp://127.0.0.1",
        "",
        "127.0.0.1",
    ],
)
def test_any_other_address_is_refused(venue, url):
    with pytest.raises(ConfigError):
        allowed_url(venue, url)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_random_hosts_are_refused(host):
    for url in (f"https://{host}", f"http://{host}.hyperliquid.xyz"):
        try:
            allowed = allowed_url("testnet", url)
        except ConfigError:
            continue
        raise AssertionError(allowed)


def test_paper_never_reaches_the_test_network_nor_the_reverse():
    with pytest.raises(ConfigError):
        allowed_url("paper", TESTNET_URL)
    with pytest.raises(ConfigError):
        allowed_url("testnet", "http://127.0.0.1:1")
    with pytest.raises(ConfigError):
        allowed_url("mainnet", TESTNET_URL)


@pytest.mark.parametrize(
    "url", ["https://api.hyperliquid.xyz", "http://10.0.0.1", "http://example.com"]
)
def test_client_for_another_address_is_refused_before_any_request(url):
    seen = []

    def record(request):
        seen.append(request)
        return httpx.Response(200)

    client = httpx.AsyncClient(base_url=url, transport=httpx.MockTransport(record))
    with pytest.raises(ConfigError):
        VenueClient(client, venue="paper", account=ACCOUNT, signer=None)
    asyncio.run(client.aclose())
    assert seen == []


def test_client_that_follows_redirects_is_refused():
    client = httpx.AsyncClient(base_url=IN_PROCESS_URL, follow_redirects=True)
    with pytest.raises(ConfigError, match="redirects"):
        VenueClient(client, venue="paper", account=ACCOUNT, signer=None)
    asyncio.run(client.aclose())


def test_address_is_fixed_when_the_client_is_taken():
    seen = []

    def record(request):
        seen.append(str(request.url))
        return httpx.Response(200, json={"time": 1})

    client = httpx.AsyncClient(
        base_url=IN_PROCESS_URL, transport=httpx.MockTransport(record)
    )
    way = VenueClient(client, venue="paper", account=ACCOUNT, signer=None)
    client.base_url = httpx.URL("https://api.hyperliquid.xyz")
    asyncio.run(way.server_at())
    assert seen == ["http://paper.invalid/info"]


def test_own_client_uses_no_proxy_and_no_redirect(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    client = connect(TESTNET_URL, None)
    assert client.trust_env is False
    assert client.follow_redirects is False
    assert client.timeout.read is not None
    asyncio.run(client.aclose())


def test_testnet_without_a_key_is_refused():
    client = connect(TESTNET_URL, None)
    with pytest.raises(ConfigError, match="key"):
        VenueClient(client, venue="testnet", account=ACCOUNT, signer=None)
    asyncio.run(client.aclose())


def test_main_network_is_named_nowhere_in_the_trading_rooms():
    folder = Path(solalpha.execution.__path__[0])
    for module in pkgutil.iter_modules([str(folder)]):
        text = (folder / f"{module.name}.py").read_text(encoding="utf-8")
        assert not re.search(r"hyperliquid\.xyz|is_mainnet", text), module.name
