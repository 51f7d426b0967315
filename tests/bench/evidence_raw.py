"""The evidence page's sections about the raw layer: faults, defects, fuzz, speed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from evidence_text import ROOT, WORK, section, solalpha, table

RUNS = 1000
KILLS = 200
PAYLOADS = 1_000_000
CLEAN_SEEDS = 20
LARGE = 10_800_000
LARGE_ONLY = ("quality check", "forty columns")


def campaign(script: str, *arguments: str, writes: str | None = None) -> Any:
    """Run a campaign's script and return what it wrote to build/<writes>.json."""
    command = [sys.executable, "-m", f"tests.bench.{script}", *arguments]
    path = os.pathsep.join((str(ROOT), str(ROOT / "py"), str(ROOT / "tests/bench")))
    surroundings = os.environ | {"PYTHONPATH": path}
    subprocess.run(command, cwd=ROOT, env=surroundings, check=True)
    return json.loads((ROOT / "build" / f"{writes or script}.json").read_text())


def figures(facts: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the figures of ``facts``, names in words; a dict of counts by its size."""
    rows: list[tuple[str, object]] = []
    for name, value in facts.items():
        words = name.replace("_", " ")
        if not isinstance(value, dict):
            rows.append((words, value))
        elif any(isinstance(item, dict) for item in value.values()):
            continue
        elif name.endswith("_kills"):
            rows += [(f"{words}: {key}", item) for key, item in value.items()]
        else:
            rows.append((f"{words} (how many)", len(value)))
    return rows


def raw_faults() -> str:
    """Ingest from a misbehaving venue; kill ingest and recorder."""
    facts = campaign("raw_faults", "--runs", str(RUNS), "--kills", str(KILLS))
    return section(
        "A venue that misbehaves, processes that are killed",
        f"make raw-faults RUNS={RUNS} KILLS={KILLS} SEED=1",
        "A loopback server replays payloads and drops, delays, refuses, truncates, "
        "repeats, reorders and empties replies by seed; each run goes on until the "
        "ingest is done, and its files are compared with those of a clean run, byte "
        "for byte. Then real processes of `ingest` and `record` are killed at random "
        "moments and run again.",
        figures(facts),
    )


def defects() -> str:
    """Plant each defect and look for it; check clean markets."""
    facts = campaign("defects", "--seeds", str(CLEAN_SEEDS))
    return section(
        "Planted defects of the data",
        f"make defects SEEDS={CLEAN_SEEDS}",
        "Each defect is planted alone in a clean market and must be named by its "
        "check; clean markets of other seeds must raise no FAIL.",
        figures(facts),
    )


def fuzz() -> str:
    """Throw mutated payloads at the parsers."""
    facts = campaign("fuzz", "--payloads", str(PAYLOADS))
    return section(
        "Mutated payloads",
        f"make fuzz N={PAYLOADS} SEED=1",
        "Replies, frames, archive lines and files, mutated by seed; a parser refuses "
        "with a reason or returns rows. Anything else counts as uncaught.",
        figures(facts),
    )


def realism() -> str:
    """Hold the simulated market's statistics against real recordings."""
    facts = solalpha("audit", "realism")
    rows = facts["statistics"]
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "| " + " | ".join("---" for _ in names)]
    lines[1] += " |"
    for row in rows:
        lines.append("| " + " | ".join(_cell(row[name]) for name in names) + " |")
    return section(
        "The simulated market beside real recordings",
        "solalpha audit realism",
        "The same statistics of the simulated market and of real candles, funding "
        "and nine minutes of recorded books and trades.",
        "\n".join(lines),
    )


def real_check(real: Path) -> str:
    """Judge the real candles and funding, and the recordings, each in its own lake."""
    lines: list[str] = []
    rows: list[tuple[str, object]] = []
    for name, listed in _real_files().items():
        data_dir = WORK / f"check-{name}"
        shutil.rmtree(data_dir, ignore_errors=True)
        for kind, place in listed:
            arguments = [*kind, "--coin", "SOL"]
            solalpha("ingest", *arguments, real / place, "--data-dir", data_dir)
            lines.append(
                f"solalpha ingest {' '.join(arguments)} $SOLALPHA_REAL_DATA/{place} "
                f"--data-dir build/evidence/check-{name}"
            )
        lines.append(f"solalpha check --data-dir build/evidence/check-{name} --json")
        facts = solalpha("check", "--data-dir", data_dir)
        rows.append((f"{name}: verdict", facts["verdict"]))
        rows += [
            (f"{name}: {one['severity']} {one['check']}", _evidence(one))
            for one in facts["findings"]
            if one["severity"] != "PASS"
        ]
    return section(
        "Real data under the quality gate",
        "\n".join(lines),
        "The known traps of these recordings, and nothing else, should be named.",
        table(rows),
    )


def _evidence(finding: dict[str, Any]) -> str:
    return str(finding["evidence"]).replace("|", "/")


def speed() -> str:
    """Run the benchmarks and print ratios."""
    entries = campaign("bench")
    for wanted in LARGE_ONLY:
        entries += campaign("bench", "--rows", str(LARGE), "--only", wanted)
    names = ("benchmark", "ours s", "peer s", "ratio", "CPU ratio", "peak MB")
    lines = ["| " + " | ".join((*names, "peer's", "peer", "bar")) + " |"]
    lines.append("| " + " | ".join(["---"] * (len(names) + 3)) + " |")
    lines += [
        f"| {one['name']} | {one['ours_s']:.3f} | {one['peer_s']:.3f} | "
        f"{one['ratio']:.2f} | {_cpu_ratio(one)} | {one['peak_mb']:.0f} | "
        f"{one['peer_peak_mb']:.0f} | {one['peer']} | {one['bar'] or ''} |"
        for one in entries
    ]
    return section(
        "Speed",
        "\n".join(
            [
                "make bench",
                *(
                    f"make bench BENCH_ARGS='--rows {LARGE} --only \"{wanted}\"'"
                    for wanted in LARGE_ONLY
                ),
            ]
        ),
        "Ours and its peers alternate, each in a process of its own; medians of three. "
        "A ratio is ours over the peer, by the clock and by the seconds of all cores.",
        "\n".join(lines),
    )


def _cpu_ratio(entry: dict[str, Any]) -> str:
    ours, theirs = entry["ours_cpu_s"], entry["peer_cpu_s"]
    return f"{ours / theirs:.2f}" if ours and theirs else ""


def _real_files() -> dict[str, list[tuple[list[str], str]]]:
    candles = [
        (["candles", "--interval", interval], f"candles/hyperliquid/SOL/{interval}")
        for interval in ("1h", "5m")
    ]
    recorded = "books_trades/hyperliquid/20250903"
    return {
        "candles": [
            *((kind, f"{place}.parquet") for kind, place in candles),
            (["funding"], "funding/hyperliquid/SOL.parquet"),
        ],
        "recordings": [
            (["books"], f"{recorded}/orderbooks_SOL.csv.gz"),
            (["trades"], f"{recorded}/trades_SOL.csv.gz"),
        ],
    }


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
