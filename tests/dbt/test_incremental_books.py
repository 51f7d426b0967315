"""Recorded books and trades build day by day; what is built so equals a full build."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from tests.dbt.features_lake import read
from tests.dbt.market_lake import START, complete, make_lake

from solalpha.config import Paths, profiles_dir, project_dir
from solalpha.raw import lake
from solalpha.warehouse.dbt_call import Call, invoke, target_dir

KEYS = {
    "int_book_quotes_aggregated_to_bars": "bar_closed_at",
    "int_book_levels_measured_to_bars": "bar_closed_at",
    "int_book_order_flow_aggregated_to_bars": "bar_closed_at",
    "int_trades_aggregated_to_bars": "bar_closed_at",
    "int_effective_spreads_aggregated_to_bars": "bar_closed_at",
    "int_trades_split_to_volume_buckets": "day_opened_at, bucket_number",
}
MODELS = tuple(KEYS)
VARIABLES = {"vpin_bucket_usd": 20000.0, "vpin_size_days": 1}
DAYS = ("2024-03-01", "2024-03-02", "2024-03-03")
Frames = dict[str, pl.DataFrame]


def _frames() -> Frames:
    made = make_lake().frames
    return {name: complete(name, made[name]) for name in ("book_snapshots", "trades")}


def _append(data_dir: Path, frames: Frames) -> None:
    for table, frame in frames.items():
        rows = frame.drop("ingest_id")
        lake.append(Paths(data_dir=data_dir), table, rows, ingest_id="t")


def _kept(frames: Frames, condition: pl.Expr) -> Frames:
    return {table: frame.filter(condition) for table, frame in frames.items()}


def _of_day(day: str) -> pl.Expr:
    return pl.col("event_at").dt.strftime("%Y-%m-%d") == day


def _call(data_dir: Path) -> Call:
    return Call(
        project=project_dir(),
        profiles=profiles_dir(),
        target="prod",
        variables=VARIABLES,
        paths=Paths(data_dir=data_dir),
    )


def _build(data_dir: Path, models: Sequence[str] = MODELS) -> Frames:
    (data_dir / "warehouse").mkdir(exist_ok=True)
    selected = [f"+{name}" for name in models]
    outcome = invoke(_call(data_dir), ["run", "--select", *selected], None)
    assert outcome.success, outcome.exception or [
        found.message for found in outcome.result.results
    ]
    return _tables(data_dir, models)


def _tables(data_dir: Path, models: Sequence[str] = MODELS) -> Frames:
    return {
        name: read(
            data_dir, f"select * from {name} order by coin, source, {KEYS[name]}"
        )
        for name in models
    }


def _built_anew(data_dir: Path, model: str) -> set[str]:
    # Days that the last build of the model named as changed.
    folder = target_dir(Paths(data_dir=data_dir), "prod") / "compiled"
    [file] = folder.rglob(f"{model}.sql")
    lines = file.read_text().splitlines()
    return {line.split("'")[3] for line in lines if line.strip().startswith("('SOL'")}


def _full(data_dir: Path, folder: Path) -> Frames:
    shutil.copytree(data_dir / "raw", folder / "raw")
    return _build(folder)


def _assert_equal(left: Frames, right: Frames) -> None:
    for name in MODELS:
        assert left[name].height > 0, name
        cells = left[name].drop("fingerprint")
        assert cells.equals(right[name].drop("fingerprint")), name


@pytest.fixture(scope="module")
def frames() -> Frames:
    return _frames()


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory, frames: Frames) -> Path:
    """Return a built data directory of the first two days."""
    data_dir = tmp_path_factory.mktemp("incremental") / "data"
    for day in DAYS[:2]:
        _append(data_dir, _kept(frames, _of_day(day)))
    _build(data_dir)
    return data_dir


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, frames: Frames) -> Frames:
    """Return what a build from nothing makes of all three days."""
    data_dir = tmp_path_factory.mktemp("full") / "data"
    _append(data_dir, frames)
    return _build(data_dir)


@pytest.fixture
def data_dir(two_days: Path, tmp_path: Path) -> Path:
    """Return a copy of it to change."""
    return Path(shutil.copytree(two_days, tmp_path / "data"))


def test_rows_in_any_order_of_arrival_give_the_cells_of_a_full_build(
    tmp_path: Path, frames: Frames, full: Frames
) -> None:
    rng = np.random.default_rng(1)
    data_dir = tmp_path / "data"
    groups = {t: rng.integers(0, 6, frame.height) for t, frame in frames.items()}
    for group in range(6):
        part = {t: f.filter(pl.Series(groups[t] == group)) for t, f in frames.items()}
        _append(data_dir, part)
        if group in (0, 2, 5):
            built = _build(data_dir)
    _assert_equal(built, full)


def test_a_new_day_leaves_the_other_days_unread(
    data_dir: Path, frames: Frames, full: Frames
) -> None:
    before = _tables(data_dir)
    _append(data_dir, _kept(frames, _of_day(DAYS[2])))
    _spoil(data_dir, DAYS[0])
    after = _build(data_dir)
    _assert_equal(after, full)
    for name in MODELS:
        assert _built_anew(data_dir, name) == {DAYS[2]}, name
        old = pl.col("day") <= DAYS[1]
        assert after[name].filter(old).equals(before[name]), name
    assert _build(data_dir)[MODELS[0]].equals(after[MODELS[0]])
    assert all(_built_anew(data_dir, name) == set() for name in MODELS)


def _spoil(data_dir: Path, day: str) -> None:
    # All but the footers of the day's files, so that reading a row fails.
    for path in (data_dir / "raw").glob(f"*/coin=SOL/date={day}/*.parquet"):
        content = bytearray(path.read_bytes())
        tail = 8 + int.from_bytes(content[-8:-4], "little")
        content[4:-tail] = bytes(len(content) - 4 - tail)
        path.write_bytes(content)
        assert pq.read_metadata(path).num_rows > 0
        with pytest.raises(pl.exceptions.PolarsError):
            pl.read_parquet(path, hive_partitioning=False)


def test_late_rows_of_an_old_day_rebuild_it_and_what_reaches_back_to_it(
    tmp_path: Path, frames: Frames, full: Frames
) -> None:
    data_dir = tmp_path / "data"
    evening = _of_day(DAYS[0]) & (pl.col("event_at").dt.hour() >= 23)
    _append(data_dir, _kept(frames, ~evening))
    _build(data_dir)
    _append(data_dir, _kept(frames, evening))
    built = _build(data_dir)
    alone, reaching = {DAYS[0]}, {DAYS[0], DAYS[1]}
    expected = (alone, alone, reaching, alone, reaching, reaching)
    for name, days in zip(MODELS, expected, strict=True):
        assert _built_anew(data_dir, name) == days, name
    _assert_equal(built, full)


def test_a_sealed_day_is_built_once_more_and_moves_no_cell(
    data_dir: Path,
) -> None:
    before = _tables(data_dir)
    paths = Paths(data_dir=data_dir)
    for table in ("book_snapshots", "trades"):
        lake.seal_day(paths, table, "SOL", START.date())
    after = _build(data_dir)
    assert _built_anew(data_dir, MODELS[0]) == {DAYS[0]}
    for name in MODELS:
        cells = before[name].drop("fingerprint")
        assert cells.equals(after[name].drop("fingerprint")), name
    _build(data_dir)
    assert _built_anew(data_dir, MODELS[0]) == set()


def test_a_coin_added_and_a_day_taken_away(
    data_dir: Path, tmp_path: Path, frames: Frames
) -> None:
    other = _kept(frames, _of_day(DAYS[1]))
    _append(
        data_dir,
        {t: frame.with_columns(coin=pl.lit("ETH")) for t, frame in other.items()},
    )
    for table in ("book_snapshots", "trades"):
        shutil.rmtree(data_dir / "raw" / table / "coin=SOL" / f"date={DAYS[0]}")
    built = _build(data_dir)
    assert _built_anew(data_dir, MODELS[0]) == set()
    days = set(built[MODELS[0]].select("coin", "day").iter_rows())
    assert days == {("SOL", DAYS[1]), ("ETH", DAYS[1])}
    _assert_equal(built, _full(data_dir, tmp_path / "full"))


def test_a_row_outside_the_day_of_its_folder_counts_for_no_day(
    data_dir: Path, tmp_path: Path, frames: Frames
) -> None:
    before = _tables(data_dir)
    moved = frames["trades"].filter(_of_day(DAYS[2])).head(50)
    folder = data_dir / f"raw/trades/coin=SOL/date={DAYS[1]}"
    moved.write_parquet(folder / "part-00000000000000aa.parquet")
    after = _build(data_dir)
    assert _built_anew(data_dir, "int_trades_aggregated_to_bars") == {DAYS[1]}
    name = "int_trades_aggregated_to_bars"
    assert after[name].drop("fingerprint").equals(before[name].drop("fingerprint"))
    _assert_equal(after, _full(data_dir, tmp_path / "full"))


def test_a_build_that_was_stopped_between_models_goes_on(
    data_dir: Path, tmp_path: Path, frames: Frames
) -> None:
    _append(data_dir, _kept(frames, _of_day(DAYS[2])))
    _build(data_dir, MODELS[:2])
    late = pl.col("event_at") >= START + timedelta(hours=40)
    shifted = _kept(frames, late & _of_day(DAYS[1]))
    moved = shifted["trades"].with_columns(trade_id=pl.col("trade_id") + 100_000)
    _append(data_dir, {"trades": moved})
    _build(data_dir, MODELS[3:4])
    built = _build(data_dir)
    _assert_equal(built, _full(data_dir, tmp_path / "full"))


_KILLED = """
import sys
from pathlib import Path
from tests.dbt import test_incremental_books as books
books._build(Path(sys.argv[1]))
"""


def test_a_build_that_was_killed_goes_on(
    data_dir: Path, frames: Frames, full: Frames
) -> None:
    _append(data_dir, _kept(frames, _of_day(DAYS[2])))
    log = data_dir / "logs/dbt/dbt.log"
    log.unlink()
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(data_dir)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and _incremental_done(log) < 2:
            threading.Event().wait(0.02)
        process.send_signal(signal.SIGKILL)
    finally:
        process.wait()
    assert process.returncode == -signal.SIGKILL
    built = _build(data_dir)
    _assert_equal(built, full)


def _incremental_done(log: Path) -> int:
    text = log.read_text() if log.exists() else ""
    return text.count("OK created sql incremental model")
