"""Publish again and again while readers query; each must see one whole version.

Every publish is of changed tables: a stamp, one number per publish, stands in every
row of three of them. Which stamp belongs to which build id is known here alone, so
that a reader cannot agree with itself and still be wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from solalpha import clock
from solalpha.config import Parameters, Paths
from solalpha.warehouse import versions
from solalpha.warehouse.build import PROD, database
from solalpha.warehouse.publish import publish

ROOT = Path(__file__).parents[2]
STAMPED = ("features", "bars", "regimes")
_STYLES = ("library", "client")
_POLL_S = 0.01
_LIMIT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Where to publish, from what, and how often."""

    paths: Paths
    parameters: Parameters
    project: Path
    readers: int
    publishes: int


def run(campaign: Campaign, folder: Path) -> dict[str, Any]:
    """Run readers beside publishes and return what they saw."""
    folder.mkdir(parents=True, exist_ok=True)
    stop = folder / "stop"
    outs = [folder / f"reader-{number}.jsonl" for number in range(campaign.readers)]
    for file in (stop, *outs):
        file.unlink(missing_ok=True)
    _add_stamp(campaign.paths)
    stamps = {_publish(campaign, 0): 0.0}
    readers = [
        _reader(campaign.paths, _STYLES[number % len(_STYLES)], out, stop)
        for number, out in enumerate(outs)
    ]
    try:
        # All have read once before the first version is replaced.
        _await(lambda: all(out.exists() and out.stat().st_size for out in outs))
        for number in range(1, campaign.publishes + 1):
            stamps[_publish(campaign, number)] = float(number)
    finally:
        stop.touch()
        codes = [reader.wait(_LIMIT_S) for reader in readers]
    looks = [json.loads(line) for out in outs for line in out.read_text().splitlines()]
    kept = sorted(versions.folder_of(campaign.paths).iterdir())
    return judged(looks, stamps) | {
        "readers": campaign.readers,
        "publishes": campaign.publishes,
        "readers_failed": sum(code != 0 for code in codes),
        "versions_kept": len(kept),
        "leftovers": [file.name for file in kept if file.suffix != ".duckdb"],
    }


def judged(looks: list[dict[str, Any]], stamps: Mapping[str, float]) -> dict[str, Any]:
    """Count looks and what was wrong with them, against the stamps published."""
    wrong = [text for look in looks for text in look["wrong"]]
    strange = [look for look in looks if look["build_id"] and _is_strange(look, stamps)]
    return {
        "connections": len(looks),
        "versions_seen": len({look["build_id"] for look in looks} - {None}),
        "refused": sum(look["build_id"] is None for look in looks),
        "lock_errors": sum("lock" in text.lower() for text in wrong),
        "mixed_versions": sum(
            bool(look["wrong"]) and look["build_id"] is not None for look in looks
        )
        + len(strange),
        "examples": [*wrong, *strange][:5],
    }


def _is_strange(look: Mapping[str, Any], stamps: Mapping[str, float]) -> bool:
    return stamps.get(look["build_id"]) != look["stamp"]


def _publish(campaign: Campaign, number: int) -> str:
    # A build changes all tables; here the stamp does, in a thousandth of the time.
    with duckdb.connect(str(database(campaign.paths, PROD))) as connection:
        for table in STAMPED:
            connection.execute(f"update {table} set stamp = {number}")
    return publish(
        campaign.paths,
        campaign.parameters,
        raw_manifest={"publish": number},
        published_at=clock.now(),
        project=campaign.project,
    )


def _add_stamp(paths: Paths) -> None:
    with duckdb.connect(str(database(paths, PROD))) as connection:
        for table in STAMPED:
            connection.execute(
                f"alter table {table} add column if not exists stamp double"
            )


def _reader(paths: Paths, style: str, out: Path, stop: Path) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("reading.py")
    arguments = [str(paths.data_dir), style, str(out), str(stop)]
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
    )


def _await(is_ready: Any) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not is_ready():
        if time.monotonic() > deadline:
            raise AssertionError("readers did not start")
        time.sleep(_POLL_S)
