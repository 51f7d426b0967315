"""Order-flow statistics and windows of bars against NumPy and plain loops.

The rows' own columns come from ``test_market_order_flow``; here they become bars.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import HOURS, START, Lake, complete, make_lake, write_lake
from tests.dbt.test_market_order_flow import order_flow
from tests.dbt.test_market_trade_flow import Trade, _buckets, _trades, _widths

from solalpha.config import load_parameters

SHORT, LONG, KYLE, BUCKETS = 8, 20, 10, 7
VARIABLES = {
    "realised_short_bars": SHORT,
    "realised_long_bars": LONG,
    "kyle_bars": KYLE,
    "vpin_buckets": BUCKETS,
    "flow_half_life_medium_bars": 2.5,
    "flow_half_life_slow_bars": 6.0,
    "extreme_imbalance": 0.2,
    "extreme_depth_spread_5": 0.001,
}
MODELS = (
    "int_order_flow_measured_to_bars",
    "int_order_flow_decayed_to_bars",
    "int_volume_buckets_aligned_to_bars",
)
NUMBERS = load_parameters({name: str(value) for name, value in VARIABLES.items()})
BOUNDS = {
    "spread_bps": NUMBERS.extreme_spread_bps,
    "concentration_imbalance": NUMBERS.extreme_concentration,
    "depth_spread_5_pct": NUMBERS.extreme_depth_spread_5,
    "vwap_mid_5_bps": NUMBERS.extreme_vwap_mid_bps,
    "vwap_mid_10_bps": NUMBERS.extreme_vwap_mid_bps,
    "microprice_5_bps": NUMBERS.extreme_microprice_bps,
    "order_size_imbalance": NUMBERS.extreme_order_size,
}
Columns = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def lake() -> Lake:
    return make_lake()


@pytest.fixture(scope="module")
def data_dir(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("order_flow_features")
    write_lake(lake, folder, until=None, seed=6)
    select = [f"+{name}" for name in MODELS]
    run_dbt(folder, ["run", "--select", *select], variables=VARIABLES)
    return folder


def _known(lake: Lake, table: str) -> pl.DataFrame:
    # Rows known at their own bar's decision, with the number of the bar they lie in.
    closed = pl.col("event_at").dt.truncate("1h") + pl.duration(seconds=3630)
    return (
        complete(table, lake.frames[table])
        .filter(pl.col("available_at") <= closed)
        .sort("event_at", "sequence")
        .with_columns(
            us=pl.col("event_at").dt.epoch("us"),
            known_us=pl.col("available_at").dt.epoch("us"),
            bar=(pl.col("event_at") - START).dt.total_hours(),
        )
    )


@pytest.fixture(scope="module")
def books(lake: Lake) -> tuple[pl.DataFrame, Columns]:
    """The known books and their columns, row by row."""
    frame = _known(lake, "book_snapshots")
    rows = order_flow(frame)
    sizes = {}
    for side in ("bid", "ask"):
        volume, orders = (
            frame.select(
                pl.sum_horizontal(
                    pl.col(f"{side}_{kind}_{level}").cast(float).fill_null(0)
                    for level in range(1, 11)
                )
            )
            .to_series()
            .to_numpy()
            for kind in ("size", "count")
        )
        sizes[side] = volume / orders
        rows[f"{side}_best"] = frame[f"{side}_size_1"].cast(float).to_numpy()
    rows["order_size"] = sizes["bid"] + sizes["ask"]
    rows["order_size_imbalance"] = (sizes["bid"] - sizes["ask"]) / rows["order_size"]
    for depth in (5, 10):
        gap = rows[f"vwap_mid_{depth}"] - rows["mid_price"]
        rows[f"vwap_mid_{depth}_bps"] = 1e4 * gap / rows["mid_price"]
    rows["microprice_5_bps"] = rows["spread_bps"] / 2 * rows["depth_imbalance_5"]
    best = rows["bid_best"] + rows["ask_best"]
    rows["queue_imbalance"] = (rows["bid_best"] - rows["ask_best"]) / best
    weighted = (
        frame["ask_price_1"].cast(float).to_numpy() * rows["bid_best"]
        + frame["bid_price_1"].cast(float).to_numpy() * rows["ask_best"]
    ) / best
    rows["microprice_bps"] = 1e4 * (weighted / rows["mid_price"] - 1)
    return frame, rows


def _statistics(name: str, values: np.ndarray, hours: np.ndarray) -> dict[str, float]:
    # hours: time into the bar, so that a slope is a change over one bar.
    known = ~np.isnan(values)
    if not known.any():
        return {}
    x, t = values[known], hours[known]
    bound = BOUNDS.get(name, NUMBERS.extreme_imbalance)
    return {
        "mean": float(np.mean(x)),
        "last": float(x[-1]),
        "deviation": float(np.std(x)),
        "slope": float(np.polyfit(t, x, 1)[0]),
        "extreme": float(np.mean(np.abs(x) >= bound)),
    }


def _bars(data_dir: Path, model: str) -> pl.DataFrame:
    found = read(
        data_dir, f"select * from {model} where coin = 'SOL' order by bar_closed_at"
    )
    opened = pl.col("bar_closed_at") - START.replace(tzinfo=None)
    return found.with_columns(bar=opened.dt.total_hours() - 1)


SHAPED = (
    "spread_bps",
    "depth_imbalance_5",
    "depth_imbalance_10",
    "depth_imbalance_20",
    "ofi_ratio",
    "order_count_imbalance_5",
    "order_count_imbalance_10",
    "order_size_imbalance",
    "slope_imbalance",
    "concentration_imbalance",
    "depth_spread_5_pct",
    "toxicity_imbalance",
    "vwap_mid_5_bps",
    "vwap_mid_10_bps",
    "microprice_5_bps",
)


@pytest.mark.parametrize("name", SHAPED)
def test_five_statistics_of_books_match_numpy(
    data_dir: Path, books: tuple[pl.DataFrame, Columns], name: str
) -> None:
    frame, rows = books
    found = _bars(data_dir, "int_order_flow_aggregated_to_bars")
    assert found.height == HOURS - 11
    bars = frame["bar"].to_numpy()
    hours = (frame["us"].to_numpy() % 3_600_000_000) / 3.6e9
    shares = set()
    for row in found.iter_rows(named=True):
        inside = bars == row["bar"]
        for statistic, value in _statistics(
            name, rows[name][inside], hours[inside]
        ).items():
            # Sums keep 12 decimals, squares and products 9.
            assert row[f"{name}_{statistic}"] == pytest.approx(
                value, rel=1e-9, abs=2e-9
            ), (statistic, row["bar"])
        shares.add(row[f"{name}_extreme"])
    assert (
        len(shares) > 1 or name == "spread_bps"
    )  # the spread is never below its bound


def test_adopted_files_have_the_same_statistics(data_dir: Path, lake: Lake) -> None:
    frame = lake.adopted["2024-03"].filter(
        pl.col("timestamp") < pl.col("timestamp").min() + 3_600_000
    )
    found = read(
        data_dir,
        """
        select * from int_order_flow_aggregated_to_bars
        where coin = 'ETH' and bar_closed_at = timestamp '2024-03-01 01:00:00'
        """,
    ).row(0, named=True)
    bid, ask = frame["best_bid"].to_numpy(), frame["best_ask"].to_numpy()
    imbalance = frame["depth_imbalance_5"].to_numpy()
    spread_bps = 1e4 * (ask - bid) / ((ask + bid) / 2)
    hours = (frame["timestamp"].to_numpy() % 3_600_000) / 3.6e6
    for name, values in (
        ("depth_imbalance_5", imbalance),
        ("spread_bps", spread_bps),
        ("microprice_5_bps", spread_bps * imbalance / 2),
    ):
        for statistic, value in _statistics(name, values, hours).items():
            actual = found[f"{name}_{statistic}"]
            assert actual == pytest.approx(value, rel=1e-9, abs=2e-9), statistic
    assert found["queue_imbalance_mean"] is None


def test_queues_and_flow_in_units_of_depth_match_numpy(
    data_dir: Path, books: tuple[pl.DataFrame, Columns]
) -> None:
    frame, rows = books
    found = _bars(data_dir, "int_order_flow_aggregated_to_bars")
    bars = frame["bar"].to_numpy()
    for row in found.iter_rows(named=True):
        inside = bars == row["bar"]
        for name in ("queue_imbalance", "microprice_bps"):
            values = rows[name][inside]
            # The weighted mid loses digits where it is taken from the mid.
            assert row[f"{name}_mean"] == pytest.approx(np.mean(values), abs=1e-9)
            assert row[f"{name}_last"] == pytest.approx(values[-1], abs=1e-9)
        depth = np.mean(rows["bid_best"][inside] + rows["ask_best"][inside]) / 2
        events = np.nansum(rows["ofi_event"][inside])
        assert row["ofi_to_depth"] == pytest.approx(events / depth, rel=1e-9)


def _trade_bars(lake: Lake) -> Columns:
    frame = _known(lake, "trades")
    found: Columns = {
        name: np.full(HOURS + 1, np.nan)
        for name in ("volume", "signed", "count", "squares", "notional")
    }
    for bar in frame["bar"].unique():
        rows = frame.filter(pl.col("bar") == bar)
        size = rows["size"].cast(float).to_numpy()
        sign = np.where(rows["aggressor_side"].to_numpy() == "buy", 1, -1)
        found["volume"][bar] = size.sum()
        found["signed"][bar] = (sign * size).sum()
        found["count"][bar] = len(size)
        found["squares"][bar] = (size**2).sum()
        found["notional"][bar] = (size * rows["price"].cast(float).to_numpy()).sum()
    return found


def _rolled(values: np.ndarray, bars: int) -> np.ndarray:
    found = np.full(len(values), np.nan)
    for i in range(len(values)):
        last = values[max(0, i - bars + 1) : i + 1]
        known = last[~np.isnan(last)]
        if len(known) >= math.ceil(0.9 * bars):
            found[i] = known.mean()
    return found


def _slopes(y: np.ndarray, x: np.ndarray, bars: int) -> np.ndarray:
    found = np.full(len(y), np.nan)
    for i in range(len(y)):
        ys, xs = (v[max(0, i - bars + 1) : i + 1] for v in (y, x))
        known = ~(np.isnan(ys) | np.isnan(xs))
        if known.sum() >= math.ceil(0.9 * bars):
            found[i] = np.polyfit(xs[known], ys[known], 1)[0]
    return found


def _assert_columns(found: pl.DataFrame, expected: Columns, tolerance: float) -> None:
    bars = found["bar"].to_numpy()
    for name, values in expected.items():
        actual = found[name].cast(float).fill_null(np.nan).to_numpy()
        np.testing.assert_allclose(
            actual,
            values[bars],
            rtol=tolerance,
            atol=tolerance,
            equal_nan=True,
            err_msg=name,
        )
        assert np.isfinite(actual).sum() > SHORT, name


def test_windows_of_trades_match_plain_loops(data_dir: Path, lake: Lake) -> None:
    trades = _trade_bars(lake)
    returns = _bars(data_dir, "int_returns_measured_to_bars")
    moves = np.full(HOURS + 1, np.nan)
    moves[returns["bar"].to_numpy()] = (
        returns["return_1"].cast(float).fill_null(np.nan).to_numpy()
    )
    volume, signed = trades["volume"], trades["signed"]
    size = volume / trades["count"]
    root = np.sign(signed) * np.sqrt(np.abs(signed))
    illiquidity = np.abs(moves) / trades["notional"]
    expected = {
        "trade_imbalance_short": _rolled(signed, SHORT) / _rolled(volume, SHORT),
        "trade_imbalance_long": _rolled(signed, LONG) / _rolled(volume, LONG),
        "signed_volume_to_mean": signed / _rolled(volume, SHORT),
        "trade_size_to_mean": np.log(size / _rolled(size, SHORT)),
        "kyle_lambda": _slopes(moves, signed, KYLE) * _rolled(volume, KYLE),
        "kyle_lambda_long": _slopes(moves, signed, LONG) * _rolled(volume, LONG),
        "hasbrouck_lambda_long": _slopes(moves, root, LONG)
        * np.sqrt(_rolled(volume, LONG)),
        "amihud_ratio": _rolled(illiquidity, SHORT) / _rolled(illiquidity, LONG),
    }
    _assert_columns(_bars(data_dir, MODELS[0]), expected, 1e-9)
    shares = {"trade_size_concentration": trades["squares"] / volume**2}
    _assert_columns(_bars(data_dir, "int_trade_flow_aggregated_to_bars"), shares, 1e-9)


def test_windows_of_books_match_plain_loops(
    data_dir: Path, books: tuple[pl.DataFrame, Columns]
) -> None:
    frame, rows = books
    bars = frame["bar"].to_numpy()

    def per_bar(values: np.ndarray, function: str = "nanmean") -> np.ndarray:
        found = np.full(HOURS + 1, np.nan)
        for bar in np.unique(bars):
            found[bar] = getattr(np, function)(values[bars == bar])
        return found

    bid = rows["bid_volume_5"]
    ask = bid * (1 - rows["depth_imbalance_5"]) / (1 + rows["depth_imbalance_5"])
    slope = rows["bid_slope"] * 2 / (1 + rows["slope_imbalance"])
    book, size = per_bar(slope), per_bar(rows["order_size"])
    depth = per_bar(rows["bid_best"] + rows["ask_best"]) / 2
    flow = per_bar(rows["ofi_event"], "nansum") / depth
    expected = {
        "book_volume_5_log_ratio": np.log(per_bar(bid) / per_bar(ask)),
        "bid_volume_5_variation": per_bar(bid, "std") / per_bar(bid),
        "ask_volume_5_variation": per_bar(ask, "std") / per_bar(ask),
        "book_slope_to_mean": np.log(book / _rolled(book, SHORT)),
        "order_size_to_mean": np.log(size / _rolled(size, SHORT)),
        "ofi_to_depth_short": _rolled(flow, SHORT),
        "ofi_ratio_short": _rolled(per_bar(rows["ofi_ratio"]), SHORT),
    }
    _assert_columns(_bars(data_dir, MODELS[0]), expected, 1e-9)


def _decayed(values: np.ndarray, half_life: float) -> np.ndarray:
    # The weights written out: the first bars alike, then halving with each half-life.
    rate = 1 - 0.5 ** (1 / half_life)
    seed = max(2, math.ceil(2 / rate - 1))
    found = np.full(len(values), np.nan)
    for t in range(seed - 1, len(values)):
        age = np.arange(t, -1, -1)
        weights = rate * (1 - rate) ** age
        weights[:seed] = (1 - rate) ** (t - seed + 1) / seed
        found[t] = np.sum(weights * values[: t + 1])
    return found


def test_decayed_flow_matches_weights_written_out(
    data_dir: Path, lake: Lake, books: tuple[pl.DataFrame, Columns]
) -> None:
    frame, rows = books
    grid = _bars(data_dir, "int_returns_measured_to_bars")["bar"].to_numpy()
    trades = _trade_bars(lake)
    bars = frame["bar"].to_numpy()
    ratio = np.full(HOURS + 1, np.nan)
    for bar in np.unique(bars):
        ratio[bar] = np.nanmean(rows["ofi_ratio"][bars == bar])
    expected: Columns = {}
    for speed, half_life in (("fast", 1.0), ("medium", 2.5), ("slow", 6.0)):
        for name, above, below in (
            ("ofi_ratio", ratio, ~np.isnan(ratio)),
            ("trade_imbalance", trades["signed"], trades["volume"]),
        ):
            known = _decayed(~np.isnan(above[grid]), half_life)
            parts = [
                _decayed(np.nan_to_num(v[grid]), half_life) for v in (above, below)
            ]
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(known >= 0.9, parts[0] / parts[1], np.nan)
            expected[f"{name}_{speed}"] = np.full(HOURS + 1, np.nan)
            expected[f"{name}_{speed}"][grid] = values
    found = _bars(data_dir, MODELS[1])
    assert found["bar"].to_list() == grid.tolist()
    _assert_columns(found, expected, 1e-12)


def test_vpin_of_bars_matches_buckets_filled_one_by_one(
    data_dir: Path, lake: Lake
) -> None:
    found = _bars(data_dir, MODELS[2])
    trades: list[Trade] = _trades(_known(lake, "trades"), [])
    declared = _widths(trades, _exact_usd())
    full = _buckets(trades, declared)
    known = 0
    for row in found.iter_rows(named=True):
        closed: datetime = row["bar_closed_at"].replace(tzinfo=UTC)
        us = int(closed.timestamp()) * 1_000_000
        last = [bucket for bucket in full if bucket[0] < us][-BUCKETS:]
        is_trailing = all(width != _exact_usd() for _, _, width in last)
        if len(last) < BUCKETS or not is_trailing:
            assert row["vpin"] is None
            continue
        value = sum(signed for _, signed, _ in last) / sum(w for _, _, w in last)
        assert row["vpin"] == pytest.approx(float(value), rel=1e-12)
        known += 1
    assert known > 15


def _exact_usd() -> Fraction:
    return Fraction(str(NUMBERS.vpin_bucket_usd))
