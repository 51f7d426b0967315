"""The evidence page's sections about the raw layer: faults, defects, fuzz, speed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from evidence_text import ROOT, WORK, section, solalpha, table

RUNS = 1000
KILLS = 200
PAYLOADS = 1_000_000
CLEAN_SEEDS = 20


def campaign(script: str, *arguments: str) -> Any:
    """Run a campaign's script and return what it wrote to build/<script>.json."""
    command = [sys.executable, str(ROOT / "tests" / "bench" / f"{script}.py")]
    subprocess.run([*command, *arguments], cwd=ROOT, check=True)
    return json.loads((ROOT / "build" / f"{script}.json").read_text())


def figures(facts: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the scalar and list figures of ``facts``, names in words."""
    return [(name.replace("_", " "), value) for name, value in facts.items()]


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
    facts = campaign("fuzz", "-n", str(PAYLOADS))
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
    """Judge the real candles, funding and recordings."""
    data_dir = WORK / "check"
    lines = []
    for kind, place in _real_files():
        arguments = [*kind, "--coin", "SOL"]
        solalpha("ingest", *arguments, real / place, "--data-dir", data_dir)
        lines.append(
            f"solalpha ingest {' '.join(arguments)} $SOLALPHA_REAL_DATA/{place} "
            "--data-dir build/evidence/check"
        )
    lines.append("solalpha check --data-dir build/evidence/check --json")
    facts = solalpha("check", "--data-dir", data_dir)
    rows = [
        (f"{found['severity']} {found['check']}", found["evidence"].replace("|", "/"))
        for found in facts["findings"]
        if found["severity"] != "PASS"
    ]
    return section(
        "Real data under the quality gate",
        "\n".join(lines),
        "The known traps of these recordings, and nothing else, should be named.",
        table([("verdict", facts["verdict"]), *rows]),
    )


def speed() -> str:
    """Run the benchmarks and print ratios."""
    entries = campaign("bench")
    lines = ["| benchmark | ours s | peer s | ratio | peak MB | peer | bar |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    lines += [
        f"| {one['name']} | {one['ours_s']:.3f} | {one['peer_s']:.3f} | "
        f"{one['ratio']:.2f} | {one['peak_mb']:.0f} | {one['peer']} | "
        f"{one['bar'] or ''} |"
        for one in entries
    ]
    return section(
        "Speed",
        "make bench",
        "Ours and its peers alternate, each in a process of its own; medians of three. "
        "A ratio is ours over the peer.",
        "\n".join(lines),
    )


def _real_files() -> list[tuple[list[str], str]]:
    candles = [
        (["candles", "--interval", interval], f"candles/hyperliquid/SOL/{interval}")
        for interval in ("1h", "5m")
    ]
    recorded = "books_trades/hyperliquid/20250903"
    return [(kind, f"{place}.parquet") for kind, place in candles] + [
        (["funding"], "funding/hyperliquid/SOL.parquet"),
        (["books"], f"{recorded}/orderbooks_SOL.csv.gz"),
        (["trades"], f"{recorded}/trades_SOL.csv.gz"),
    ]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
