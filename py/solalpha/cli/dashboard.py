"""Command that serves the live page on this machine."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from solalpha import clock
from solalpha.cli.session import DataDirOption, Session, SetOption
from solalpha.cycle import paper
from solalpha.dashboard.app import LOOPBACK, LivePage, create_dashboard
from solalpha.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add this group's commands to ``app``."""
    app.command()(dashboard)


def dashboard(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8787,
    account: Annotated[str, typer.Option(help="Paper account.")] = paper.ACCOUNT,
    experiment: Annotated[str, typer.Option(help="Whose champion.")] = "perp",
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
) -> None:
    """Serve the live page on 127.0.0.1 until Ctrl-C; it only reads."""
    import uvicorn

    session = Session.start(
        "dashboard", data_dir=data_dir, as_json=False, overrides=overrides
    )
    _require_free(port)
    page = LivePage(
        paths=session.paths,
        parameters=session.parameters,
        venue=paper.VENUE,
        account=account,
        experiment=experiment,
        now=clock.now,
    )
    typer.echo(f"http://{LOOPBACK}:{port} (Ctrl-C ends it)")
    uvicorn.run(
        create_dashboard(page),
        host=LOOPBACK,
        port=port,
        log_level="warning",
        access_log=False,
    )


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"port {port} on {LOOPBACK} cannot be used ({error}); expected a free "
                "port from 1024 to 65535"
            ) from error
