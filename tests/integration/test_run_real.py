"""The whole job on real candles, funding and headlines, and what they must give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.program import Answer, Done

from solalpha.config import real_data_dir

Program = Callable[..., Answer]
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Done:
    """Ingest the real files twice and run the job on them."""
    found = real_data_dir()
    if found is None:
        pytest.skip("needs SOLALPHA_REAL_DATA, the directory of real market data")
    data_dir = tmp_path_factory.mktemp("real") / "data"
    for added in (True, False):
        for coin in ("SOL", "BTC"):
            ingest(program, data_dir, added, "candles", coin, found)
            ingest(program, data_dir, added, "funding", coin, found)
    answer = program(
        "ingest",
        "headlines",
        found / "news" / "cryptopanic_votes.csv",
        "--data-dir",
        data_dir,
        "--json",
    )
    assert answer.code == 0, answer.err
    answer = program("run", "--source", "lake", "--data-dir", data_dir, "--json")
    assert answer.code == 0, answer.err
    return Done(data_dir=data_dir, facts=answer.json)


def ingest(
    program: Program, data_dir: Path, is_first: bool, kind: str, coin: str, found: Path
) -> None:
    file = {"candles": f"{coin}/1h.parquet", "funding": f"{coin}.parquet"}[kind]
    answer = program(
        "ingest",
        kind,
        "--coin",
        coin,
        found / kind / "hyperliquid" / file,
        "--data-dir",
        data_dir,
        "--json",
    )
    assert answer.code == 0, answer.err
    facts = answer.json
    assert facts["conflicting"] == 0
    assert facts["added"] == (facts["rows_read"] if is_first else 0)


def test_job_prints_the_promised_object(real: Done) -> None:
    facts = real.facts
    assert facts["bars"] == 7793
    assert facts["absent_groups"] == ["order_flow"]
    assert facts["backtest"]["funding_status"] == "known"
    assert facts["quality"] in {"PASS", "WARN"}
    assert facts["verdict"] in {"BEATS", "INCONCLUSIVE", "DOES NOT BEAT"}
    # A daily direction that is guessed far better than this would be a leak.
    assert 0.40 < facts["accuracy"] < 0.60


def test_missing_funding_hours_are_gaps_and_not_zero(
    real: Done, program: Program
) -> None:
    answer = program(
        "query",
        "select funding_hour_at, funding_rate from funding_hours where coin = 'SOL' "
        "and is_due and not is_present order by 1",
        "--data-dir",
        real.data_dir,
        "--json",
    )
    assert answer.json["rows"] == [
        {"funding_hour_at": moment, "funding_rate": None}
        for moment in (
            "2023-07-02T20:00:00Z",
            "2023-08-23T20:00:00Z",
            "2024-08-15T13:00:00Z",
        )
    ]


def test_votes_reach_no_feature(real: Done, program: Program) -> None:
    answer = program(
        "query",
        "select column_name from catalog_columns where model = 'features' "
        "and column_name like '%vote%'",
        "--data-dir",
        real.data_dir,
        "--json",
    )
    assert answer.json["rows"] == []
