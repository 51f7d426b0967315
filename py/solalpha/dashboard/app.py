"""Serve the live page as an ASGI app: status, alerts, newest decisions and orders.

It only reads: the published version, the ledger's state and the newest report. Every
request opens the version that is current then, so the page follows each publish.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePage:
    """Answer the page's three addresses; ``now`` tells the present moment."""

    paths: Paths
    parameters: Parameters
    venue: str
    account: str
    experiment: str
    now: Callable[[], datetime]

    def facts(self) -> dict[str, Any]:
        """Return the operator's status, times as ISO text."""
        found = status(
            self.paths,
            self.parameters,
            venue=self.venue,
            account=self.account,
            experiment=self.experiment,
            now=self.now(),
        )
        return {
            name: clock.iso(value) if isinstance(value, datetime) else value
            for name, value in found.items()
        }

    def page(self, _: Request) -> Response:
        """Answer with the page; every text from data is escaped."""
        loader = PackageLoader("solalpha.dashboard", "")
        template = Environment(loader=loader, autoescape=True)
        text = template.get_template("page.html.j2").render(
            facts=self.facts(),
            tables=newest(self.paths),
            refresh_s=REFRESH_S,
            has_report=(self.paths.reports / "latest.html").is_file(),
        )
        return HTMLResponse(text, headers=_HEADERS)

    def status(self, _: Request) -> Response:
        """Answer with the status as JSON."""
        return JSONResponse(self.facts(), headers=_HEADERS)

    def report(self, _: Request) -> Response:
        """Answer with the newest report, 404 where there is none."""
        path = self.paths.reports / "latest.html"
        if not path.is_file():
            return HTMLResponse("no report yet; run solalpha report", status_code=404)
        return FileResponse(path, media_type="text/html")


def create_dashboard(page: LivePage) -> Starlette:
    """Return the app; it answers only requests that name this machine as host."""
    return Starlette(
        routes=[
            Route("/", page.page, methods=["GET"]),
            Route("/status.json", page.status, methods=["GET"]),
            Route("/report", page.report, methods=["GET"]),
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
