"""The real command `ingest hyperliquid` as a process of its own, at a fixed moment.

Run as a program: URL DIRECTORY. It prints a line when the command begins, so that
whoever started it knows from when on it can be killed in the middle of the work.
"""

from __future__ import annotations

import sys

from tests.faults.venue_world import MOMENT

from solalpha import clock
from solalpha.cli import ingest_venue
from solalpha.cli.ingest import ingest_app


def main() -> None:
    url, directory = sys.argv[1:]
    clock.now = lambda: MOMENT
    ingest_venue.register(ingest_app)
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    ingest_app(["hyperliquid", "--base-url", url, "--data-dir", directory, "--json"])


if __name__ == "__main__":
    main()
