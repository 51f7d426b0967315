"""The trader's own case: order-flow files in its layout, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.integration.program import Answer, Done

from solalpha.raw.schemas import ORDER_FLOW_COLUMNS

Program = Callable[..., Answer]
START = datetime(2025, 4, 1, tzinfo=UTC)
DAYS = 75
STEP_S = 300
# No row shows that the last hour is over, so its bar is not closed yet.
BARS = DAYS * 24 - 1


# Columns that may lie below 0; volumes, prices, shares and distances may not.
SIGNED = ("imbalance", "ofi", "ret", "roc", "diff", "lead", "strength", "trend")


def write_lakehouse(root: Path) -> None:
    """Write a random walk's quotes and noise columns, one file a month."""
    draw = np.random.default_rng(11)
    count = DAYS * 86_400 // STEP_S
    mid = 150.0 * np.exp(np.cumsum(draw.normal(0.0, 0.0015, count)))
    columns = {
        name: draw.uniform(-1.0, 1.0, count)
        if any(word in name for word in SIGNED)
        else draw.uniform(0.5, 1.0, count)
        for name in ORDER_FLOW_COLUMNS
        if name != "timestamp"
    }
    columns |= {
        "best_bid": mid - 0.01,
        "best_ask": mid + 0.01,
        "mid_price": mid,
        "spread": np.full(count, 0.02),
        "spread_bps": 200.0 / mid,
    }
    moments = [START + timedelta(seconds=STEP_S * n) for n in range(count)]
    # What pandas writes: nanoseconds with a zone.
    time = pl.Series("timestamp", moments).cast(pl.Datetime("ns", "UTC"))
    frame = pl.DataFrame({"timestamp": time, **columns})
    months = frame.group_by(pl.col("timestamp").dt.strftime("year=%Y/month=%m"))
    for (month,), part in months:
        folder = root / "consolidated" / "SOL" / str(month)
        folder.mkdir(parents=True)
        part.sort("timestamp").write_parquet(folder / "part-0.parquet")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Done:
    """Adopt a lakehouse and run the whole job on it."""
    root = tmp_path_factory.mktemp("lakehouse")
    write_lakehouse(root)
    data_dir = root / "data"
    adopted = program("ingest", "lakehouse", root, "--data-dir", data_dir, "--json")
    assert adopted.code == 0, adopted.err
    assert adopted.json["added"] == 3
    again = program("ingest", "lakehouse", root, "--data-dir", data_dir, "--json")
    assert (again.json["added"], again.json["duplicate"]) == (0, 3)
    answer = program("run", "--source", "lake", "--data-dir", data_dir, "--json")
    assert answer.code == 0, answer.err
    return Done(data_dir=data_dir, facts=answer.json)


def query(program: Program, ran: Done, sql: str) -> list[dict[str, object]]:
    answer = program("query", sql, "--data-dir", ran.data_dir, "--json")
    assert answer.code == 0, answer.err
    return answer.json["rows"]


def test_bars_come_from_the_mid(program: Program, ran: Done) -> None:
    rows = query(
        program,
        ran,
        "select price_source, count(*) as bars, count(volume) as volumes "
        "from bars group by all",
    )
    assert rows == [{"price_source": "mid", "bars": BARS, "volumes": 0}]


def test_groups_without_a_source_are_named(ran: Done) -> None:
    assert ran.facts["bars"] == BARS
    absent = set(ran.facts["absent_groups"])
    assert {"perpetual", "sentiment"} <= absent
    assert not {"technical", "order_flow", "volatility", "calendar"} & absent


def test_funding_is_unknown_and_never_zero(program: Program, ran: Done) -> None:
    assert ran.facts["backtest"]["funding_status"] == "unknown"
    assert ran.facts["verdict"] != "BEATS"
    rows = query(
        program,
        ran,
        "select count(funding_rate_last) as known, count(*) as bars from features",
    )
    assert rows == [{"known": 0, "bars": BARS}]
    rows = query(
        program,
        ran,
        "select count(funding_rate) as rates, count(*) as bars from bars_final",
    )
    assert rows[0]["rates"] == 0


def test_own_columns_of_the_trader_are_features(program: Program, ran: Done) -> None:
    rows = query(
        program,
        ran,
        "select count(depth_imbalance_5_mean) as book, count(*) as bars from features",
    )
    assert rows == [{"book": BARS, "bars": BARS}]
