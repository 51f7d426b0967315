"""Funding against the venue's own history, and against plain loops.

Real rates: the venue's recorded reply for BTC, whose rows have the premium, and two
years of SOL, whose rows have not.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import built_lake, make_market, read, run_dbt

from solalpha.config import Paths, load_parameters, real_data_dir
from solalpha.raw.files import ingest_funding

FOLDER = real_data_dir()
REPLY = "payloads/sdk_cassettes_json/test_get_funding_history_None.json"
MODELS = ("+funding_formula_eras", "+funding_costs", "+funding_coverage")
real = pytest.mark.skipif(FOLDER is None, reason="SOLALPHA_REAL_DATA is not set")
SPANS = {"8h": 8, "1d": 24, "7d": 168}


def texts(moments: pl.Series) -> list[str]:
    return moments.dt.strftime("%Y-%m-%d %H:%M").to_list()


def hour_numbers(moments: pl.Series) -> np.ndarray:
    return moments.dt.epoch("s").to_numpy() // 3600


def recorded_rows() -> list[dict[str, object]]:
    """The venue's reply: rate, premium and time of BTC, 2023-05-12 to 2023-07-17."""
    assert FOLDER is not None
    calls = json.loads((FOLDER / REPLY).read_text())
    (rows,) = [
        call["response"]
        for call in calls
        if call["request"]["type"] == "fundingHistory"
    ]
    return [
        {"time": r["time"], "funding_rate": r["fundingRate"], "premium": r["premium"]}
        for r in rows
    ]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert FOLDER is not None
    data_dir = tmp_path_factory.mktemp("funding")
    reply = data_dir / "reply.json"
    reply.write_text(json.dumps(recorded_rows()))
    for coin, file in (
        ("BTC", reply),
        ("SOL", FOLDER / "funding" / "hyperliquid" / "SOL.parquet"),
    ):
        ingest_funding(Paths(data_dir=data_dir), load_parameters(), file, coin=coin)
    run_dbt(data_dir, ["run", "--select", *MODELS])
    return data_dir


def formula(premium: float, clamp: float | None, hours: int) -> float:
    """The venue's formula, written out: per 8 hours, then for the interval."""
    eight = premium
    if clamp is not None:
        eight += min(max(0.0001 - premium, -clamp), clamp)
    return eight * hours / 8


@pytest.mark.real_data
@real
def test_formula_recorded_reply_gives_every_era(history: Path) -> None:
    """All rates but one: an hour of a wild premium, clamped before it was averaged."""
    found = {
        row["era"]: row
        for row in read(
            history, "select * from funding_formula_eras where coin = 'BTC'"
        ).to_dicts()
    }
    counts = {
        era: (r["count_with_premium"], r["count_within"]) for era, r in found.items()
    }
    assert counts == {
        "eight_hourly": (82, 82),
        "hourly_narrow": (212, 212),
        "premium_only": (677, 677),
        "hourly": (67, 66),
    }
    assert found["premium_only"]["resting_share"] == 0.0
    odd = read(history, "select * from funding_formula where not is_within_tolerance")
    assert texts(odd["funding_hour_at"]) == ["2023-07-16 01:00"]
    assert abs(odd["difference"][0]) < 5e-6


@pytest.mark.real_data
@real
def test_formula_recorded_reply_equals_own_arithmetic(history: Path) -> None:
    eras = [
        ("2023-06-08 01:00", 0.0003, 8),
        ("2023-06-16 21:00", 0.0003, 1),
        ("2023-07-15 03:00", None, 1),
        ("2024-01-01 00:00", 0.0005, 1),
    ]
    found = read(
        history,
        "select * from funding_formula where coin = 'BTC' order by funding_hour_at",
    )
    raw = {int(str(r["time"])) // 3_600_000: r for r in recorded_rows()}
    assert len(found) == len(raw) == 1038
    moments = found["funding_hour_at"]
    for row, text, hour in zip(
        found.to_dicts(), texts(moments), hour_numbers(moments), strict=True
    ):
        source = raw[int(hour)]
        _, clamp, hours = next(era for era in eras if text < era[0])
        expected = formula(float(str(source["premium"])), clamp, hours)
        assert row["interval_hours"] == hours
        assert row["settled_rate"] == float(str(source["funding_rate"]))
        assert math.isclose(row["formula_rate"], expected, abs_tol=1e-12)


@pytest.mark.real_data
@real
def test_schedule_two_years_has_three_missing_hours(history: Path) -> None:
    """The venue turned hourly on 2023-06-08 01:00: no hour of that day is a gap."""
    found = read(history, "select * from funding_hours where coin = 'SOL'")
    missing = found.filter(~pl.col("is_present"))["funding_hour_at"].sort()
    assert texts(missing) == [
        "2023-07-02 20:00",
        "2023-08-23 20:00",
        "2024-08-15 13:00",
    ]
    assert found["is_due"].all()
    assert len(found) == 18_781
    eight_hourly = found.filter(pl.col("interval_hours") == 8)["funding_hour_at"]
    assert texts(eight_hourly.sort().tail(1)) == ["2023-06-08 00:00"]


@pytest.mark.real_data
@real
def test_resting_rates_two_years_tell_the_eras(history: Path) -> None:
    """Without a premium: rates rest at the interest but where there was none."""
    found = dict(
        read(
            history,
            "select era, resting_share from funding_formula_eras where coin = 'SOL'",
        ).iter_rows()
    )
    assert found["premium_only"] == 0.0
    assert found["hourly"] > 0.4
    assert min(found["eight_hourly"], found["hourly_narrow"]) > 0.04


def costs(hours: np.ndarray, rates: np.ndarray, at: int, span: int) -> float:
    """Sum of the rates after ``at`` up to ``span`` hours on; NaN where one lacks."""
    if at + span > hours.max():
        return math.nan
    inside = (hours > at) & (hours <= at + span)
    return float(np.sum(rates[inside]))


def assert_costs(found: pl.DataFrame, rows: range) -> int:
    """Compare these rows of the costs with sums of its own; return the known."""
    hours = hour_numbers(found["funding_hour_at"])
    rates = found["funding_rate"].fill_null(np.nan).to_numpy()
    known = 0
    for i in rows:
        for name, span in SPANS.items():
            expected = costs(hours, rates, int(hours[i]), span)
            long, short = (
                found[f"cost_{side}_{name}"][i] for side in ("long", "short")
            )
            assert (long is None) == math.isnan(expected)
            if long is not None:
                known += 1
                assert math.isclose(long, expected, abs_tol=1e-15)
                assert long == -short
    return known


COSTS = (
    "select * from funding_costs "
    "inner join funding_hours using (coin, funding_hour_at) "
    "where coin = 'SOL' order by funding_hour_at"
)


@pytest.mark.real_data
@real
def test_costs_two_years_equal_sums(history: Path) -> None:
    """Across the switch to hourly and the three missing hours."""
    found = read(history, COSTS)
    assert assert_costs(found, range(600)) > 1000
    assert assert_costs(found, range(0, len(found), 37)) > 1400


def test_costs_random_rates_equal_sums(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lake = built_lake(tmp_path_factory.getbasetemp())
    found = read(lake, COSTS)
    assert assert_costs(found, range(len(found))) > 2000


def test_carry_by_regime_equals_a_loop(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Mean, clustered error and share of a regime, each block of hours one draw."""
    lake = built_lake(tmp_path_factory.getbasetemp())
    regimes = read(lake, "select bar_closed_at, regime from regimes where coin = 'SOL'")
    by_hour = dict(
        zip(hour_numbers(regimes["bar_closed_at"]), regimes["regime"], strict=True)
    )
    market = make_market()
    settled = read(
        lake,
        "select * from funding_hours where coin = 'SOL' and is_present "
        "order by funding_hour_at",
    )
    assert len(settled) == len(market.funding_rate) - 1
    rates: list[float] = []
    blocks: list[int] = []
    for hour, rate in zip(
        hour_numbers(settled["funding_hour_at"]), settled["funding_rate"], strict=True
    ):
        if by_hour.get(hour - 1) == 1:
            rates.append(rate)
            blocks.append(hour // 168)
    mean = float(np.mean(rates))
    excess = [
        sum(r - mean for r, b in zip(rates, blocks, strict=True) if b == block)
        for block in set(blocks)
    ]
    count = len(excess)
    error = math.sqrt(sum(e * e for e in excess) * count / (count - 1)) / len(rates)
    (found,) = read(
        lake,
        "select * from funding_by_regime "
        "where coin = 'SOL' and rule = 'paper' and regime = '1'",
    ).to_dicts()
    assert found["count_settlements"] == len(rates)
    assert found["count_blocks"] == count > 3
    assert math.isclose(found["mean_funding_rate"], mean, rel_tol=1e-9)
    assert math.isclose(found["mean_rate_error"], error, rel_tol=1e-9)
    assert math.isclose(found["positive_share"], np.mean(np.array(rates) > 0))
