"""No key in an error, a log line, a request or the ledger."""

import asyncio
import json
import logging
import traceback

import httpx
import pytest
from tests.unit.exchange.worlds import START
from tests.unit.execution.desk import make_desk

from solalpha.clock import to_ms
from solalpha.errors import VenueError
from solalpha.execution.endpoint import TESTNET_URL
from solalpha.execution.ledger import ledger_path
from solalpha.execution.venue import VenueClient
from solalpha.hyperliquid import signing

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
needs_packages = pytest.mark.skipif(
    not signing.is_available(), reason="the extra 'signing' is not installed"
)


@needs_packages
@pytest.mark.parametrize("failure", ["timeout", "http_500", "html"])
def test_key_stays_out_of_requests_errors_and_logs(caplog, failure):
    caplog.set_level(logging.DEBUG)
    sent = []

    def answer(request):
        sent.append(request.content.decode() + str(request.headers))
        if failure == "timeout":
            raise httpx.ReadTimeout("lost", request=request)
        return httpx.Response(500 if failure == "http_500" else 200, content=b"<p>")

    key = signing.TestnetKey(KEY)
    client = httpx.AsyncClient(
        base_url=TESTNET_URL, transport=httpx.MockTransport(answer)
    )
    way = VenueClient(client, venue="testnet", account=key.address, signer=key)
    nonce = to_ms(START)
    reply = asyncio.run(
        way.send({"type": "noop"}, nonce=nonce, expires_ms=nonce + 5000)
    )
    with pytest.raises(VenueError) as caught:
        asyncio.run(way.state())
    shown = "".join(traceback.format_exception(caught.value))
    everything = "".join(
        [*sent, str(reply), shown, caplog.text, repr(key), str(vars(way))]
    )
    assert "signature" in everything
    assert KEY[2:] not in everything.lower()
    asyncio.run(client.aclose())


@needs_packages
def test_signed_body_recovers_to_the_account_with_its_expiry():
    sent = []

    def answer(request):
        sent.append(json.loads(request.content))
        return httpx.Response(200, json={"status": "err", "response": "no"})

    key = signing.TestnetKey(KEY)
    client = httpx.AsyncClient(
        base_url=TESTNET_URL, transport=httpx.MockTransport(answer)
    )
    way = VenueClient(client, venue="testnet", account=key.address, signer=key)
    reply = asyncio.run(way.send({"type": "noop"}, nonce=7, expires_ms=9))
    assert reply.refusal == "no"
    (body,) = sent
    recovered = signing.recover_address(
        body["action"],
        body["signature"],
        nonce=body["nonce"],
        vault=body["vaultAddress"],
        expires_after_ms=body["expiresAfter"],
    )
    assert recovered == key.address
    asyncio.run(client.aclose())


def test_environment_never_reaches_the_ledger(fast_dir, monkeypatch):
    monkeypatch.setenv(signing.KEY_VARIABLE, KEY)
    desk = make_desk(fast_dir)
    desk.cycle(5)
    desk.close()
    folder = ledger_path(desk.paths).parent
    found = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"entry" in found
    assert KEY[2:].encode() not in found
