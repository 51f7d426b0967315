"""Serve the live page as an ASGI app: status, alerts, newest decisions and orders.

It only reads: the published version, the ledger's state and the newest report. Every
request opens the version that is current then, so the page follows each publish.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from solalpha import clock
from solalpha.config import Parameters, Paths
from solalpha.cycle.status import status
from solalpha.errors import DataError
from solalpha.warehouse.reader import Reader

LOOPBACK = "127.0.0.1"
REFRESH_S = 30
NEWEST = 10
_HOSTS = ["127.0.0.1", "localhost"]
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_TABLES = {
    "decisions": "select decided_at, coin, policy, probability_up, regime, sentiment, "
    "quality_verdict, target_base, risk_state from decisions "
    "order by decided_at desc limit ?",
    "orders": "select intended_at, coin, kind, side, size_base, limit_price, state "
    "from orders order by intended_at desc, order_id limit ?",
    "equity": "select marked_at, equity_usd, position_base, mark_price, risk_state "
    "from equity order by marked_at desc limit ?",
}


def create_dashboard(
    paths: Paths,
    parameters: Parameters,
    *,
    venue: str,
    account: str,
    experiment: str,
    now: Callable[[], datetime],
) -> Starlette:
    """Return the app; it answers only requests that name this machine as host."""
    environment = Environment(
        loader=PackageLoader("solalpha.dashboard", ""), autoescape=True
    )

    def facts() -> dict[str, Any]:
        found = status(
            paths,
            parameters,
            venue=venue,
            account=account,
            experiment=experiment,
            now=now(),
        )
        return {
            name: clock.iso(value) if isinstance(value, datetime) else value
            for name, value in found.items()
        }

    def page(_: Request) -> Response:
        text = environment.get_template("page.html.j2").render(
            facts=facts(),
            tables=newest(paths),
            refresh_s=REFRESH_S,
            has_report=(paths.reports / "latest.html").is_file(),
        )
        return HTMLResponse(text, headers=_HEADERS)

    def as_json(_: Request) -> Response:
        return JSONResponse(facts(), headers=_HEADERS)

    def report(_: Request) -> Response:
        path = paths.reports / "latest.html"
        if not path.is_file():
            return HTMLResponse("no report yet; run solalpha report", status_code=404)
        return FileResponse(path, media_type="text/html")

    return Starlette(
        routes=[
            Route("/", page, methods=["GET"]),
            Route("/status.json", as_json, methods=["GET"]),
            Route("/report", report, methods=["GET"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
    )


def newest(paths: Paths) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Return the newest rows of each table as text: names, then cells."""
    try:
        reader = Reader.open(paths)
    except DataError:
        return {}
    with reader:
        found = {}
        for name, sql in _TABLES.items():
            frame = reader.query(sql, [NEWEST])
            rows = [[_cell(value) for value in row] for row in frame.iter_rows()]
            found[name] = (frame.columns, rows)
        return found


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
