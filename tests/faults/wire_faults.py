"""A wire that fails on purpose: requests lost, replies lost, replies broken."""

from __future__ import annotations

from collections.abc import Callable

import httpx

# What each fault does; those in LANDED let the request reach the venue first.
NOT_LANDED = ("drop_request", "http_500", "http_429", "html_503")
LANDED = (
    "drop_reply",
    "http_502_after",
    "html_200",
    "truncated",
    "empty",
    "error_object",
    "null",
    "list",
    "repeated_key",
    "nan",
    "deep",
    "binary",
)
FAULTS = NOT_LANDED + LANDED
_BODIES = {
    "html_200": b"<html><body>maintenance</body></html>",
    "empty": b"",
    "error_object": b'{"error": "upstream"}',
    "null": b"null",
    "list": b"[]",
    "repeated_key": b'{"status": "ok", "status": "err"}',
    "nan": b'{"status": NaN}',
    "deep": b"[" * 20_000,
    "binary": bytes(range(256)),
}


class FaultyTransport(httpx.AsyncBaseTransport):
    """Pass requests on, except where ``plan`` names a fault for the n-th one."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        plan: Callable[[int, httpx.Request], str | None],
    ) -> None:
        self._inner = inner
        self._plan = plan
        self.count = 0
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        number, self.count = self.count, self.count + 1
        self.paths.append(request.url.path)
        fault = self._plan(number, request)
        if fault is None:
            return await self._inner.handle_async_request(request)
        if fault == "drop_request":
            raise httpx.ConnectTimeout("lost", request=request)
        if fault in ("http_500", "http_429"):
            return httpx.Response(int(fault[5:]), content=b"", request=request)
        if fault == "html_503":
            return httpx.Response(503, content=b"<html></html>", request=request)
        reply = await self._inner.handle_async_request(request)
        body = await reply.aread()
        if fault == "drop_reply":
            raise httpx.ReadTimeout("lost", request=request)
        if fault == "http_502_after":
            return httpx.Response(502, content=b"<html></html>", request=request)
        if fault == "truncated":
            body = body[: len(body) // 2]
        return httpx.Response(200, content=_BODIES.get(fault, body), request=request)


def faulty_client(app, plan) -> tuple[httpx.AsyncClient, FaultyTransport]:
    transport = FaultyTransport(httpx.ASGITransport(app=app), plan)
    client = httpx.AsyncClient(transport=transport, base_url="http://paper.invalid")
    return client, transport


class DelayingTransport(httpx.AsyncBaseTransport):
    """Lose the first order on its way and deliver it ``later`` requests after."""

    def __init__(self, inner: httpx.AsyncBaseTransport, later: int) -> None:
        self._inner, self._later = inner, later
        self._held: httpx.Request | None = None
        self._since = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._held is None and request.url.path == "/exchange":
            self._held = httpx.Request("POST", request.url, content=request.content)
            raise httpx.ReadTimeout("slow", request=request)
        if self._held is not None:
            self._since += 1
            if self._since == self._later:
                await self._inner.handle_async_request(self._held)
        return await self._inner.handle_async_request(request)


def delaying_client(app, later: int) -> httpx.AsyncClient:
    transport = DelayingTransport(httpx.ASGITransport(app=app), later)
    return httpx.AsyncClient(transport=transport, base_url="http://paper.invalid")
