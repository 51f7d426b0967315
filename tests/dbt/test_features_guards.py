"""The guards name a feature that says nothing, lost its source or says another's."""

import shutil
from pathlib import Path

import duckdb
import pytest
from tests.dbt.features_lake import built_lake, run_dbt

GUARDS = (
    "assert_features_vary",
    "assert_features_differ",
    "assert_features_follow_their_source",
)
SMALL = {"guard_least_bars": 300, "correlation_least_rows": 50}
PLANTED = """
update features set
    rsi_14 = 50,
    hour_sin = 0,
    macd_to_atr = 3 - 2 * return_1,
    bollinger_position = case when return_4 < 0.01 then return_4 end,
    atr_ratio = return_24 * (1 + 1e-5 * sin(epoch(bar_closed_at))),
    range_position_24 = null,
    fall_from_high_168 = case when epoch(bar_closed_at) % 864000 = 0 then 1 else 0 end,
    realised_volatility_168
    = case when epoch(bar_closed_at) % 864000 = 0 then 1 else 0 end
"""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy a built lake, spoil some features, and build what the guards read."""
    lake = built_lake(tmp_path_factory.getbasetemp())
    copy = tmp_path_factory.mktemp("guards")
    shutil.copytree(lake / "warehouse", copy / "warehouse")
    with duckdb.connect(str(copy / "warehouse" / "solalpha.duckdb")) as connection:
        connection.execute(PLANTED)
    # A failing test of features would keep `build` from what reads it.
    researched = ["run", "--select", "feature_correlations", "feature_gaps"]
    run_dbt(copy, researched, variables=SMALL)
    with pytest.raises(AssertionError, match="Completed with 3 errors"):
        run_dbt(copy, ["test", "--select", *GUARDS], variables=SMALL)
    return copy


def violations(guard: str, compiled: Path, warehouse: Path) -> set[str]:
    sql = next(compiled.rglob(f"compiled/**/{guard}.sql")).read_text(encoding="utf-8")
    path = warehouse / "warehouse" / "solalpha.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return {text for (text,) in connection.execute(sql).fetchall()}


def named(guard: str, compiled: Path, warehouse: Path) -> set[str]:
    return {text.split(" in ")[0] for text in violations(guard, compiled, warehouse)}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_lake(tmp_path_factory.getbasetemp())


def test_constant_is_named_unless_it_is_excused(broken: Path, sound: Path) -> None:
    # hour_sin may be constant: its YAML gives a reason.
    guard = GUARDS[0]
    (found,) = violations(guard, broken, broken) - violations(guard, broken, sound)
    assert found.startswith("rsi_14 is 50.0 in all 697 warm bars")
    assert found.endswith("remove it, or give meta.may_be_constant a reason")


def test_copy_is_named_with_what_it_copies(broken: Path, sound: Path) -> None:
    # Not named: atr_ratio, which is only nearly another, and the two rare flags,
    # which leave their commonest value in too few bars to be judged.
    guard = GUARDS[1]
    assert named(guard, broken, broken) - named(guard, broken, sound) == {
        "return_1 equals macd_to_atr but for scale and shift",
        "return_4 equals bollinger_position",
    }


def test_empty_feature_is_named_with_its_source(broken: Path) -> None:
    # Not named: effective spreads, which need quotes beside the trades that are there.
    (found,) = violations(GUARDS[2], broken, broken)
    assert found.startswith("range_position_24 has no value in 697 warm bars")
    assert "although bars has rows in 896 bars" in found


def test_market_of_one_trade_an_hour_is_found_out(broken: Path, sound: Path) -> None:
    # Bars of one price have no range, and so one direction in one measure: the YAML
    # excuses that. As many trades in every hour are no market.
    assert named(GUARDS[0], broken, sound) == {"trade_arrival_to_mean_24 is 1.0"}
    assert named(GUARDS[2], broken, sound) == set()
