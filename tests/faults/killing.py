"""Run one trade cycle over the stores of a directory and die at a chosen step.

Run as a program: DIRECTORY TARGET DAY STEP. STEP counts every named step and each
side of every request; at that count the process kills itself with SIGKILL. A
STEP of -1 lives; the count of steps passed is then printed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import httpx
from tests.unit.exchange.worlds import START, Wall, make_world, view
from tests.unit.execution.desk import BAR, Desk

from solalpha.config import load_paths


class Countdown:
    """Count steps and act at one of them."""

    def __init__(self, step: int, act) -> None:
        self.step, self.act, self.passed = step, act, 0

    def __call__(self, name: str) -> None:
        if self.passed == self.step:
            self.act(name)
        self.passed += 1


class WatchedTransport(httpx.AsyncBaseTransport):
    """Tell a countdown of each request before and after it reaches the venue."""

    def __init__(self, inner: httpx.AsyncBaseTransport, countdown: Countdown) -> None:
        self._inner, self._countdown = inner, countdown

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/exchange":
            self._countdown("before_wire")
        reply = await self._inner.handle_async_request(request)
        if request.url.path == "/exchange":
            self._countdown("after_wire")
        return reply


def watched_client(app, countdown: Countdown) -> httpx.AsyncClient:
    transport = WatchedTransport(httpx.ASGITransport(app=app), countdown)
    return httpx.AsyncClient(transport=transport, base_url="http://paper.invalid")


def run_cycle(directory: Path, target: float, day: int, countdown: Countdown):
    paths = load_paths(directory)
    at = START + timedelta(days=day)
    wall = Wall(START + timedelta(days=day, hours=1))
    world = make_world(paths.ledger / "exchange.sqlite", view(at, "150"), wall=wall)
    desk = Desk(paths=paths, world=world)
    client = watched_client(world.app, countdown)
    try:
        return desk.cycle(
            target,
            bar=BAR + timedelta(days=day),
            checkpoint=countdown,
            client=client,
        )
    finally:
        asyncio.run(client.aclose())
        desk.close()


def _kill(name: str) -> None:
    del name
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    directory, target, day, step = sys.argv[1:]
    countdown = Countdown(int(step), _kill)
    run_cycle(Path(directory), float(target), int(day), countdown)
    sys.stdout.write(f"{countdown.passed}\n")


if __name__ == "__main__":
    main()
