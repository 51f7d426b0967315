"""A small random lake, written as raw parquet, and dbt run over it."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import yaml

from solalpha.config import load_paths, profiles_dir, project_dir
from solalpha.raw.schemas import table_schema
from solalpha.warehouse import dbt_call

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
BARS = 900
GAPS = (300, 301, 302, 640)  # SOL hours without a candle
MISSING_FUNDING = (500,)  # SOL hours without a settlement
# Means so short that a block of the closed form has 57 rows, and a mean of 300 bars.
SHORT = {
    "ema_fast_bars": 2,
    "ema_slow_bars": 300,
    "macd_fast_bars": 3,
    "macd_slow_bars": 5,
    "macd_signal_bars": 4,
    "rsi_bars": 2,
    "atr_bars": 3,
}
SELECTED = (
    "+features",
    "+regime_spells",
    "+regime_persistence",
    "+funding_by_regime",
    "+funding_costs",
    "+funding_coverage",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What the lake holds, as arrays in the order of bars."""

    closed_at: list[datetime]
    sol: dict[str, np.ndarray]
    btc: dict[str, np.ndarray]
    funding_rate: np.ndarray
    headlines: pl.DataFrame
    scores: pl.DataFrame


def make_market(seed: int = 11, bars: int = BARS) -> Market:
    rng = np.random.default_rng(seed)
    return Market(
        closed_at=[START + (i + 1) * HOUR for i in range(bars)],
        sol=_candles(rng, bars, 100.0, GAPS),
        btc=_candles(rng, bars, 60_000.0, ()),
        funding_rate=np.round(rng.normal(1e-5, 2e-5, bars), 12),
        headlines=_headlines(rng, bars),
        scores=_scores(rng, bars),
    )


def _candles(
    rng: np.random.Generator, bars: int, price: float, gaps: Sequence[int]
) -> dict[str, np.ndarray]:
    close = np.round(price * np.exp(np.cumsum(rng.normal(0, 0.01, bars))), 4)
    opened = np.round(np.r_[price, close[:-1]], 4)
    high = np.round(np.maximum(opened, close) * (1 + rng.uniform(0, 0.004, bars)), 4)
    low = np.round(np.minimum(opened, close) * (1 - rng.uniform(0, 0.004, bars)), 4)
    found = {
        "open": opened,
        "high": np.maximum(high, np.maximum(opened, close)),
        "low": np.minimum(low, np.minimum(opened, close)),
        "close": close,
        "volume": np.round(rng.lognormal(6, 0.5, bars), 2),
    }
    for values in found.values():
        values[list(gaps)] = np.nan
    return found


def _headlines(rng: np.random.Generator, bars: int) -> pl.DataFrame:
    count = bars // 3
    minutes = np.sort(rng.integers(0, bars * 60, count))
    published = [START + timedelta(minutes=int(m)) for m in minutes]
    seen_after = rng.integers(0, 900, count)
    return pl.DataFrame(
        {
            "headline_id": [f"h{i:04d}" for i in range(count)],
            "title": [f"Story {int(k)}, told!" for k in rng.integers(0, 80, count)],
            "published_at": published,
            "available_at": [
                at + timedelta(minutes=int(m))
                for at, m in zip(published, seen_after, strict=True)
            ],
        }
    )


def _scores(rng: np.random.Generator, bars: int) -> pl.DataFrame:
    count = bars // 3
    positive = rng.uniform(0, 0.6, count)
    negative = rng.uniform(0, 0.4, count)
    return pl.DataFrame(
        {
            "headline_id": [f"h{i:04d}" for i in range(count)],
            "scorer": ["lexicon"] * count,
            "scorer_version": ["1"] * count,
            "probability_positive": positive,
            "probability_negative": negative,
            "probability_neutral": 1 - positive - negative,
            "score": np.where(np.arange(count) % 7 == 0, 0.0, positive - negative),
            "is_abstained": np.arange(count) % 7 == 0,
            "scored_at": [START] * count,
        }
    )


def write_market(market: Market, data_dir: Path, *, until: datetime | None) -> None:
    """Write the raw tables; rows available after ``until`` are withheld."""
    closed = pl.Series(market.closed_at, dtype=pl.Datetime("us", "UTC"))
    frames = {
        "candles": pl.concat(
            [
                _candle_rows("SOL", market.sol, closed),
                _candle_rows("BTC", market.btc, closed),
            ]
        ),
        "funding_rates": _funding_rows(market.funding_rate, closed),
        "asset_contexts": _context_rows(market.sol, closed),
        "trades": _trade_rows(market.sol, closed),
        "headlines": _headline_rows(market.headlines),
    }
    for table, frame in frames.items():
        write_raw(data_dir, table, frame, until=until)
    folder = data_dir / "scores" / "lexicon"
    folder.mkdir(parents=True, exist_ok=True)
    market.scores.write_parquet(folder / "part-0.parquet")


def write_raw(
    data_dir: Path, table: str, frame: pl.DataFrame, *, until: datetime | None
) -> None:
    """Complete ``frame`` to the table's schema and write it as one file."""
    columns = table_schema(table).columns
    full = frame.with_columns(
        [
            pl.lit(value).alias(name)
            for name, value in (
                ("source", "file"),
                ("origin", "real"),
                ("ingest_id", "t"),
            )
        ]
    ).with_columns(
        [
            pl.lit(None).alias(n)
            for n in columns
            if n not in frame.columns and n not in ("source", "origin", "ingest_id")
        ]
    )
    full = full.select([pl.col(name).cast(kind) for name, kind in columns.items()])
    if until is not None:
        full = full.filter(pl.col("available_at") <= until)
    folder = data_dir / "raw" / table / "coin=ALL" / "month=2024-03"
    folder.mkdir(parents=True, exist_ok=True)
    full.write_parquet(folder / "part-0.parquet")


def _candle_rows(
    coin: str, candles: Mapping[str, np.ndarray], closed: pl.Series
) -> pl.DataFrame:
    frame = pl.DataFrame({**candles, "event_at": closed})
    return frame.filter(pl.col("close").is_not_nan()).with_columns(
        coin=pl.lit(coin),
        interval=pl.lit("1h"),
        interval_s=pl.lit(3600),
        open_at=pl.col("event_at") - HOUR,
        available_at=pl.col("event_at") + timedelta(seconds=5),
    )


def _funding_rows(rates: np.ndarray, closed: pl.Series) -> pl.DataFrame:
    kept = [i for i in range(len(rates)) if i not in MISSING_FUNDING]
    frame = pl.DataFrame({"funding_rate": rates, "event_at": closed})[kept]
    return frame.with_columns(
        coin=pl.lit("SOL"),
        interval_hours=pl.lit(1),
        event_at=pl.col("event_at") + timedelta(milliseconds=37),
        available_at=pl.col("event_at") + timedelta(seconds=60),
    )


def _context_rows(candles: Mapping[str, np.ndarray], closed: pl.Series) -> pl.DataFrame:
    count = len(closed)
    close = np.nan_to_num(candles["close"], nan=100.0)
    wave = np.sin(np.arange(count))
    return pl.DataFrame(
        {
            "coin": ["SOL"] * count,
            "mark_price": np.round(close * (1 + 1e-4 * wave), 4),
            "oracle_price": close,
            "open_interest": np.round(1e6 * (1 + 0.1 * wave), 2),
            "premium": np.round(2e-4 * wave, 10),
            "funding_rate": np.round(1e-5 * (1 + wave), 12),
            "event_at": closed - timedelta(minutes=10),
            "available_at": closed - timedelta(minutes=9),
        }
    )


def _trade_rows(candles: Mapping[str, np.ndarray], closed: pl.Series) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    count = len(closed)
    parts = [
        pl.DataFrame(
            {
                "coin": ["SOL"] * count,
                "trade_id": np.arange(count) * 4 + k,
                "sequence": np.arange(count) * 4 + k,
                "aggressor_side": np.where(rng.random(count) < 0.5, "buy", "sell"),
                "price": candles["close"],
                "size": np.round(rng.lognormal(2, 1, count), 2),
                "event_at": closed - timedelta(minutes=10 + 15 * (3 - k)),
            }
        )
        for k in range(4)
    ]
    return (
        pl.concat(parts)
        .filter(pl.col("price").is_not_nan())
        .with_columns(available_at=pl.col("event_at") + timedelta(seconds=1))
        # The last trade of an hour is at the candle's close, and the bar's price.
    )


def _headline_rows(headlines: pl.DataFrame) -> pl.DataFrame:
    return headlines.with_columns(
        news_source=pl.lit("wire"),
        event_at=pl.col("published_at"),
    )


def run_dbt(
    data_dir: Path,
    command: Sequence[str],
    *,
    engine_threads: int = 2,
    variables: Mapping[str, object] | None = None,
    project: Path | None = None,
) -> None:
    """Run dbt on ``data_dir`` with DuckDB on so many threads; raise with its log.

    The project is parsed once per process and set of variables, as the program does.
    """
    work = data_dir / "dbt"
    work.mkdir(parents=True, exist_ok=True)
    (data_dir / "warehouse").mkdir(exist_ok=True)
    call = _Call(
        project=project or project_dir(),
        profiles=_profiles(engine_threads),
        target="prod",
        variables=dict(variables or {}),
        paths=load_paths(data_dir),
    )
    done = dbt_call.invoke(call, command, None)
    if not done.success:
        log = (call.log_dir / "dbt.log").read_text(encoding="utf-8")
        raise AssertionError(f"{done.exception}\n{log[-8000:]}")


class _Call(dbt_call.Call):
    # What dbt writes lies apart from what the program would write.
    @property
    def target_dir(self) -> Path:
        return self.paths.data_dir / "dbt" / "target"

    @property
    def log_dir(self) -> Path:
        return self.paths.data_dir / "dbt" / "logs"


@functools.cache
def _profiles(engine_threads: int) -> Path:
    profile = yaml.safe_load((profiles_dir() / "profiles.yml").read_text())
    output = profile["solalpha"]["outputs"]["prod"]
    output["settings"] = {**output["settings"], "threads": engine_threads}
    folder = Path(tempfile.mkdtemp(prefix="solalpha-profiles-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    return folder


def read(data_dir: Path, query: str) -> pl.DataFrame:
    """Return the rows of ``query`` over the warehouse under ``data_dir``."""
    path = data_dir / "warehouse" / "solalpha.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(query).pl()


_built: dict[str, Path] = {}


def built_lake(folder: Path) -> Path:
    """Build the lake once per test session, whichever file asks first."""
    if "lake" not in _built:
        data_dir = folder / "features_lake"
        write_market(make_market(), data_dir, until=None)
        run_dbt(
            data_dir,
            [
                "run",
                "--select",
                *SELECTED,
                "+training_rows",
                "+feature_gaps",
                "+feature_correlations",
            ],
        )
        _built["lake"] = data_dir
    return _built["lake"]


def built_short(data_dir: Path) -> Path:
    """Return a copy of a built lake whose price means follow ``SHORT``."""
    copy = data_dir / "short"
    if not copy.exists():
        shutil.copytree(data_dir / "warehouse", copy / "warehouse")
        run_dbt(
            copy, ["run", "--select", "int_prices_averaged_to_bars"], variables=SHORT
        )
    return copy
