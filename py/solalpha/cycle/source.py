"""Choose between the embedded market and the lake, and prepare the former."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from solalpha.config import Parameters, Paths, load_paths
from solalpha.errors import ConfigError
from solalpha.raw import lake
from solalpha.raw.sample import SampleSummary, defects, write_sample

Progress = Callable[[str, int, int], None]

SAMPLE_DIR = Path("build/sample")
SAMPLE_DAYS = 365
SAMPLE_SEED = 7
SAMPLE_EDGE = 1.0
SAMPLE_BOOK_INTERVAL_S = 60
SAMPLE_OUTAGES_PER_YEAR = 13.0
# A market that ends at midnight UTC ends on a decision bar.
SAMPLE_END = datetime.fromisoformat("2025-07-01T00:00:00+00:00")
_MOST_DAYS = 5000
_PRICE_TABLES = ("candles", "trades", "book_snapshots", "adopted_files")


def holds_bars(paths: Paths) -> bool:
    """Tell whether the lake has any table that bars can be made from."""
    return any(table.table in _PRICE_TABLES for table in lake.tables(paths))


def resolve(source: str | None, data_dir: Path | None) -> tuple[str, Paths]:
    """Return the source's name (``sample`` or ``lake``) and the paths it lives in.

    Without a name it is the lake if that holds bars, else the sample. The sample
    keeps to its own directory unless one is given.

    Raises
    ------
    ConfigError
        If ``source`` is neither name.
    """
    if source not in (None, "sample", "lake"):
        raise ConfigError(f"--source {source!r}; expected sample or lake")
    paths = load_paths(data_dir)
    if source is None:
        source = "lake" if holds_bars(paths) else "sample"
    if source == "sample" and data_dir is None:
        paths = load_paths(SAMPLE_DIR)
    return source, paths


def sample_start(days: int) -> datetime:
    """Return the first moment of a sample of ``days`` days.

    Raises
    ------
    ConfigError
        If there is no such sample.
    """
    if not 1 <= days <= _MOST_DAYS:
        raise ConfigError(f"--days {days}; expected 1 to {_MOST_DAYS}")
    return SAMPLE_END - timedelta(days=days)


def make_sample(
    paths: Paths,
    parameters: Parameters,
    *,
    days: int,
    seed: int,
    edge: float,
    book_interval_s: int,
    outages_per_year: float,
    progress: Progress | None,
) -> SampleSummary:
    """Write the simulated market of ``days`` days that ends at a fixed midnight."""
    return write_sample(
        paths,
        parameters,
        days=days,
        seed=seed,
        edge=edge,
        book_interval_s=book_interval_s,
        outages_per_year=outages_per_year,
        start_at=sample_start(days),
        progress=progress,
    )


def make_defective(
    paths: Paths,
    parameters: Parameters,
    names: Sequence[str],
    *,
    days: int,
    seed: int,
    edge: float,
    book_interval_s: int,
    outages_per_year: float,
    progress: Progress | None,
) -> tuple[SampleSummary, tuple[defects.PlantedDefect, ...]]:
    """Write a new sample with the defects called ``names`` planted in it."""
    return defects.write_defective(
        paths,
        parameters,
        defects.named(names),
        days=days,
        seed=seed,
        edge=edge,
        book_interval_s=book_interval_s,
        outages_per_year=outages_per_year,
        start_at=sample_start(days),
        progress=progress,
    )
