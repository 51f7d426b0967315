"""Serve the paper exchange as an ASGI app with the venue's two routes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from solalpha.config import Parameters
from solalpha.exchange import wire
from solalpha.exchange.authentication import Authenticator
from solalpha.exchange.market import MarketView
from solalpha.exchange.store import Store
from solalpha.exchange.venue import PaperExchange


def create_app(
    store: Store,
    market: MarketView,
    parameters: Parameters,
    *,
    authenticator: Authenticator,
    wall: Callable[[], datetime],
) -> Starlette:
    """Return the app; ``app.state.exchange`` is the ``PaperExchange`` behind it.

    Parameters
    ----------
    store : Store
        The exchange's own store, open for writing.
    market : MarketView
        The market to begin with; not before the store's clock.
    parameters : Parameters
        Fees, margin and the paper start.
    authenticator : Authenticator
        ``TrustedAccount`` in process, ``SignatureVerifier`` on a socket.
    wall : callable
        Tells wall time, for nonces and expiry.
    """
    exchange = PaperExchange(
        store, market, parameters, authenticator=authenticator, wall=wall
    )

    async def post_info(request: Request) -> Response:
        return await _answered(
            request, lambda body: exchange.inform(wire.document(body))
        )

    async def post_exchange(request: Request) -> Response:
        return await _answered(
            request, lambda body: exchange.submit(wire.envelope(wire.document(body)))
        )

    app = Starlette(
        routes=[
            Route("/info", post_info, methods=["POST"]),
            Route("/exchange", post_exchange, methods=["POST"]),
        ]
    )
    app.state.exchange = exchange
    return app


async def _answered(request: Request, work: Callable[[bytes], Any]) -> Response:
    try:
        found = work(await _body(request))
    except wire.MalformedError as error:
        return PlainTextResponse(str(error), status_code=422)
    text = json.dumps(found, separators=(",", ":"), allow_nan=False)
    return Response(text, media_type="application/json")


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > wire.MAX_BODY_BYTES:
            raise wire.MalformedError(wire.MALFORMED)
        parts.append(part)
    return b"".join(parts)
