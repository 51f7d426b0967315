"""The evidence page's sections about the warehouse: time, leaks, features, readers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from evidence_raw import campaign, figures
from evidence_text import WORK, section, solalpha, table

CUTS = 50
SERVED = 10
SHORT_DAYS = 20
# Long enough that the walk-forward of a champion finds rows.
SERVED_DAYS = 120
BOOK_INTERVAL_S = 600
BUILD_KILLS = 100
READERS = 20
PUBLISHES = 100
HUGE_GB = 24


def short_lake(name: str, days: int) -> tuple[Path, list[str]]:
    """Simulate and score a short market; return it and the commands."""
    data_dir = WORK / name
    shutil.rmtree(data_dir, ignore_errors=True)
    calls = [
        ["sample", "--days", str(days), "--book-interval", str(BOOK_INTERVAL_S)],
        ["score"],
    ]
    for call in calls:
        solalpha(*call, "--data-dir", data_dir)
    place = f"--data-dir build/evidence/{name}"
    return data_dir, [f"solalpha {' '.join(call)} {place}" for call in calls]


def replay() -> str:
    """Cut a short market at random moments and compare."""
    data_dir, lines = short_lake("short", SHORT_DAYS)
    call = ["audit", "point-in-time", "--cuts", str(CUTS), "--jobs", "2"]
    facts = solalpha(*call, "--data-dir", data_dir)
    names = ("cuts", "models", "columns", "cells", "non_null_cells", "changed")
    rows: list[tuple[str, object]] = [
        (name.replace("_", " "), facts[name]) for name in names
    ]
    rows.append(("moments by kind", _counted(facts["moments"], "kind")))
    rows.append(("rebuilds", _counted(facts["moments"], "variant")))
    return section(
        "Point in time",
        "\n".join([*lines, _typed(call, "short")]),
        "Raw data cut by available time, everything rebuilt from nothing, and again "
        "with all that came later replaced by nonsense; every cell of causal and label "
        "tables that was known by the cut is compared with the whole build. Late rows, "
        "holes and second readings are planted into tables that have none.",
        table(rows),
    )


def leaks() -> str:
    """Plant known leaks, one at a time."""
    data_dir, lines = short_lake("short", SHORT_DAYS)
    call = ["audit", "point-in-time", "--mutants", "--jobs", "2"]
    facts = solalpha(*call, "--data-dir", data_dir)
    rows: list[tuple[str, object]] = [
        (name.replace("_", " "), facts[name])
        for name in ("mutants_planted", "mutants_caught", "survivors", "changed")
    ]
    found = [one["name"].replace("_", " ") for one in facts["mutants"]]
    return section(
        "Planted leaks",
        "\n".join([*lines, _typed(call, "short")]),
        "Each leak is a small edit of one file of the dbt project, planted alone into "
        "a copy: the replay must show changed cells. Planted: "
        + ", ".join(found)
        + ".",
        table(rows),
    )


def serving() -> str:
    """Compare served rows with later training rows."""
    data_dir, lines = short_lake("served", SERVED_DAYS)
    calls = [["build"], ["train"]]
    for call in calls:
        solalpha(*call, "--data-dir", data_dir)
    audit = ["audit", "serving", "--bars", str(SERVED), "--jobs", "2"]
    facts = solalpha(*audit, "--data-dir", data_dir)
    names = ("rows", "columns", "differing", "unserved", "predictions", "model_id")
    return section(
        "Served and trained on",
        "\n".join([*lines, *(_typed(call, "served") for call in [*calls, audit])]),
        "For each bar the lake is cut at the bar's decision, built and published, and "
        "the row read as trading reads it; later it is a training row. Equal in every "
        "column, and equal in the champion's probability, is right.",
        table((name.replace("_", " "), facts[name]) for name in names),
    )


def ablation() -> str:
    """Add each group of candidate features to the default."""
    call = ["audit", "ablation"]
    facts = solalpha(*call, "--data-dir", WORK / "sample")
    compared = [
        {
            "set": one["name"],
            "features": one["features"],
            "AUC": _interval(one["auc"]),
            "log loss": one["log_loss"],
            "compared with": one["compared_with"],
            "gain in AUC": _interval(one["auc_gain"]),
            "gain in log loss": _interval(one["log_loss_gain"]),
            "has earned": one["has_earned"],
        }
        for one in facts["comparisons"]
    ]
    whole = [
        ("rows", facts["rows"]),
        ("log loss of the base rate", facts["log_loss_base"]),
    ]
    whole.append(("chance that one seems to earn for nothing", facts["chance_of_one"]))
    return section(
        "What features earn",
        _typed(call, "sample"),
        "The walk-forward on the embedded market with the default features, and with "
        "each group of candidates added; gains are paired, with 95 % intervals by "
        "blocks of days. A group earns its place where the lower end is above 0.",
        f"{_rows(compared)}\n\n{table(whole)}",
    )


def funding() -> str:
    """Hold settled rates against the formula, and regimes against noise."""
    queries = (
        "from funding_formula_eras order by all",
        "from regime_persistence order by all",
    )
    parts = []
    for sql in queries:
        rows = solalpha("query", sql, "--data-dir", WORK / "real")["rows"]
        parts.append(_rows(rows))
    return section(
        "Funding and regimes on real data",
        "\n".join(
            f'solalpha query "{sql}" --data-dir build/evidence/real' for sql in queries
        ),
        "Real files without premium: the formula is then judged by where rates rest. "
        "The exit rate of a regime on noise is what a rule of its length would show "
        "on independent returns.",
        "\n\n".join(parts),
    )


def kills() -> str:
    """Kill builds at random moments."""
    facts = campaign(
        "build_kills_campaign", "--kills", str(BUILD_KILLS), writes="build_kills"
    )
    # The seconds are those of the kills that this very run added to the record.
    told = {name: value for name, value in facts.items() if name != "seconds"}
    told["unsound"] = len(facts["unsound"])
    for name in ("phases", "served"):
        told[name] = ", ".join(f"{kind} {count}" for kind, count in told[name].items())
    return section(
        "Builds that are killed",
        f"make build-kills KILLS={BUILD_KILLS} SEED=1",
        "`solalpha build` of a new day is killed at a random moment, every third time "
        "while it publishes. The version served afterwards must be one of the two, "
        "cell for cell, and the next build must end with the tables, id and files of a "
        "build from nothing.",
        figures(told),
    )


def readers() -> str:
    """Query beside publishes."""
    facts = campaign(
        "readers_campaign",
        *("--readers", str(READERS), "--publishes", str(PUBLISHES)),
        writes="readers",
    )
    return section(
        "Readers beside publishes",
        f"make readers READERS={READERS} PUBLISHES={PUBLISHES}",
        "Processes query without pause, half through the program's reader and half "
        "through plain DuckDB, while versions are published.",
        figures(facts),
    )


def size() -> str:
    """Build a lakehouse of 24 GB from nothing, stop it and go on."""
    facts = campaign("lakehouse_24gb", "--gb", str(HUGE_GB), "--dir", str(WORK))
    rows = [
        {
            "build": name.replace("_", " "),
            "seconds": facts[name]["seconds"],
            "of them models": facts[name].get("models_s"),
            "peak MB": facts[name]["peak_mb"],
        }
        for name in ("from_nothing", "stopped", "resumed", "one_day")
    ]
    made = facts["generated"]
    whole: list[tuple[str, object]] = [
        (name, made[name]) for name in ("gb", "days", "rows", "columns")
    ]
    whole += [("seconds to generate", made["seconds"])]
    names = ("adopt_s", "resumed_equal", "one_day_share", "warehouse_mb")
    whole += [(name.replace("_", " "), facts[name]) for name in names]
    whole += [("bars", facts["from_nothing"]["bars"])]
    return section(
        "A lakehouse of 24 GB",
        f"python tests/bench/lakehouse_24gb.py --gb {HUGE_GB} --dir build/evidence",
        "The heavy layer (order flow and quotes to bars) from nothing, killed in the "
        "middle of another first build, resumed, and one day added. Seconds by the "
        "clock, dbt's start included; beside it what the models took, two at a time.",
        f"{_rows(rows)}\n\n{table(whole)}",
    )


def _typed(call: list[str], name: str) -> str:
    return f"solalpha {' '.join(call)} --data-dir build/evidence/{name} --json"


def _counted(rows: list[dict[str, Any]], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row[name]] = found.get(row[name], 0) + 1
    return found


def _interval(estimate: dict[str, float] | None) -> str:
    if estimate is None:
        return ""
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


def _rows(rows: list[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |"]
    lines.append("| " + " | ".join("---" for _ in names) + " |")
    lines += [
        "| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows
    ]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
