"""The evidence page's sections about the whole job: sample, real data, placebo."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from evidence_text import ROOT, WORK, section, solalpha

WORLDS = 20
WORLD_DAYS = 720
HEADLINES = Path("news/cryptopanic_votes.csv")
LABELLED = Path("sentiment_labelled/fiqa2018")


def run_rows(facts: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the figures of ``run`` that a reader wants."""
    names = ("bars", "feature_count", "absent_groups", "quality", "accuracy")
    names += ("majority_rate", "auc", "auc_interval", "orders_placed", "verdict")
    costs = ("started_at", "ended_at", "total_return", "buy_and_hold_return", "sharpe")
    costs += ("dsr", "max_drawdown", "trades", "fees_usd", "slippage_usd")
    costs += ("funding_usd", "funding_status", "halted_share", "verdict_reason")
    rows = [(name.replace("_", " "), facts[name]) for name in names]
    return rows + [(name.replace("_", " "), facts["backtest"][name]) for name in costs]


def sample_run() -> str:
    """Run the job on the embedded market."""
    shutil.rmtree(WORK / "sample", ignore_errors=True)
    facts = solalpha("run", "--source", "sample", "--data-dir", WORK / "sample")
    seconds = sum(facts["seconds"].values())
    return section(
        "The embedded market",
        "solalpha run --source sample --data-dir build/evidence/sample --json",
        f"A simulated year with its edge planted at full size; the steps "
        f"took {seconds:.0f} s. It shows that the machinery works, nothing about SOL.",
        run_rows(facts),
    )


def real_run(real: Path) -> str:
    """Run the job on real candles, funding and headlines."""
    data_dir = WORK / "real"
    shutil.rmtree(data_dir, ignore_errors=True)
    lines = []
    for coin in ("SOL", "BTC"):
        for kind, file in (("candles", f"{coin}/1h"), ("funding", coin)):
            place = f"{kind}/hyperliquid/{file}.parquet"
            solalpha(
                "ingest", kind, "--coin", coin, real / place, "--data-dir", data_dir
            )
            lines.append(
                f"solalpha ingest {kind} --coin {coin} $SOLALPHA_REAL_DATA/{place} "
                "--data-dir build/evidence/real"
            )
    solalpha("ingest", "headlines", real / HEADLINES, "--data-dir", data_dir)
    lines += [
        f"solalpha ingest headlines $SOLALPHA_REAL_DATA/{HEADLINES} "
        "--data-dir build/evidence/real",
        "solalpha run --source lake --data-dir build/evidence/real --json",
    ]
    facts = solalpha("run", "--source", "lake", "--data-dir", data_dir)
    return section(
        "Real candles, funding and headlines",
        "\n".join(lines),
        "Hyperliquid's hourly candles and settled funding of SOL and BTC, headlines "
        "for part of the time, no order flow. One model, one period, a few trades: "
        "an interval this wide supports no claim.",
        run_rows(facts),
    )


def placebo(edge: int) -> str:
    """Run the whole job in many simulated markets of one edge."""
    command = ["audit", "placebo", "--seeds", str(WORLDS), "--edge", str(edge)]
    command += ["--days", str(WORLD_DAYS)]
    facts = solalpha(*command, "--work-dir", ROOT / "build" / "placebo")
    title = "No edge to find" if edge == 0 else "A planted edge"
    text = (
        "Efficient markets: the expected price return less funding is zero at every "
        "bar. The 95 % interval of the out-of-sample AUC should hold 0.5 in about 19 "
        "of 20 worlds (fewer: it is too narrow), and no policy should gain "
        "before fees and slippage (mean gain: "
        "fraction of the starting equity, funding included, with a 95 % interval)."
        if edge == 0
        else "The same markets with the edge at full size: the AUC's lower bound "
        "should lie above 0.5 in all of them."
    )
    rows = [(name.replace("_", " "), value) for name, value in facts.items()]
    return section(title, "solalpha " + " ".join(command), text, rows)


def sentiment(real: Path) -> str:
    """Compare the lexicon with human scores."""
    parts = []
    for kind in ("headline", "post"):
        file = LABELLED / f"task1_{kind}_ABSA_train.json"
        pairs = labelled_pairs(json.loads((real / file).read_text()))
        wanted = WORK / f"{kind}s.json"
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.write_text(json.dumps(pairs))
        facts = solalpha("score", "--evaluate", wanted, "--scorer", "lexicon")
        names = ("pearson", "macro_f1", "accuracy", "majority_rate")
        parts += [
            (f"{kind}s ({len(pairs)}): {name.replace('_', ' ')}", facts[name])
            for name in names
        ]
    return section(
        "The lexicon against human scores",
        "solalpha score --evaluate build/evidence/headlines.json --scorer lexicon",
        "FiQA-2018 task 1, the mean of the human scores where a text has several.",
        parts,
    )


def labelled_pairs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return text and mean human score of each labelled sentence."""
    return [
        {
            "text": record["sentence"],
            "score": sum(float(item["sentiment_score"]) for item in record["info"])
            / len(record["info"]),
        }
        for record in document.values()
    ]
