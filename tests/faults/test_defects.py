"""A slice of the campaign of planted defects; `make defects` is the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.faults.defect_lakes import (
    clean_report,
    copy_of,
    judged,
    make_clean,
    verdict,
)

from solalpha.config import Paths, load_parameters
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake
from solalpha.raw.inventory import table_files
from solalpha.raw.sample import write_sample
from solalpha.raw.sample.defects import DEFECTS, named, plant, write_defective
from solalpha.raw.sample.defects_lakehouse import write_lakehouse
from solalpha.raw.schemas import TABLES
from solalpha.warehouse.quality import Finding

SEED = 3
DAY = datetime(2025, 6, 1, tzinfo=UTC)
PARAMETERS = load_parameters()
# One of each table and kind; each takes a check of the whole lake.
SLICE = ("candle_price_scale", "funding_percent", "book_stale", "lakehouse_unit_step")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return make_clean(tmp_path_factory.mktemp("defects") / "clean", PARAMETERS, SEED)


@pytest.fixture(scope="module")
def known(clean: Paths) -> tuple[Finding, ...]:
    folder = clean.data_dir.parent / "known"
    return clean_report(clean, folder, PARAMETERS).findings


def test_clean_sample_with_a_lakehouse_raises_no_fail(
    known: tuple[Finding, ...],
) -> None:
    assert [finding for finding in known if finding.severity == "FAIL"] == []


@pytest.mark.parametrize("name", SLICE)
def test_planted_defect_is_found(
    name: str, clean: Paths, known: tuple[Finding, ...], tmp_path: Path
) -> None:
    (defect,) = named([name])
    found = verdict(clean, tmp_path, PARAMETERS, defect, seed=SEED, known=known)
    assert found.is_found, found.told


def test_names_are_unique_and_many() -> None:
    names = [defect.name for defect in DEFECTS]
    assert len(set(names)) == len(names) >= 45


def contents(paths: Paths) -> dict[str, bytes]:
    return {
        path.relative_to(paths.raw).as_posix(): path.read_bytes()
        for schema in TABLES.values()
        for path in table_files(paths, schema, None)
    }


def test_defect_leaves_all_other_files_as_they_are(
    clean: Paths, tmp_path: Path
) -> None:
    copied = copy_of(clean, tmp_path / "a")
    before = contents(clean)
    plant(copied, PARAMETERS, named(["book_negative_size"]), seed=SEED)
    after = contents(copied)
    changed = set(before.items()) ^ set(after.items())
    assert len(changed) == 2
    assert len({Path(path).parent for path, _ in changed}) == 1


def test_defect_leaves_the_other_rows_of_its_file_as_they_are(
    clean: Paths, tmp_path: Path
) -> None:
    copied = copy_of(clean, tmp_path / "a")
    (told,) = plant(copied, PARAMETERS, named(["candle_null"]), seed=SEED)
    before, after = (lake.read(paths, "candles") for paths in (clean, copied))
    differing = before.filter(
        pl.Series(
            [
                one != other
                for one, other in zip(before.rows(), after.rows(), strict=True)
            ]
        )
    )
    assert differing.height == told.rows == 3
    assert differing["event_at"].min() == told.first_at
    assert set(differing["coin"]) == {PARAMETERS.trade_coin}


def test_all_defects_together_are_planted_alike_each_time(
    clean: Paths, tmp_path: Path
) -> None:
    trees = []
    for name in ("a", "b"):
        copied = copy_of(clean, tmp_path / name)
        told = plant(copied, PARAMETERS, DEFECTS, seed=SEED)
        assert all(one.rows > 0 for one in told)
        files = contents(copied)
        # The registry names the absolute place of the lakehouse and its moment.
        trees.append({k: v for k, v in files.items() if "adopted" not in k})
    assert trees[0] == trees[1]
    assert judged(copied, PARAMETERS).verdict == "FAIL"


def test_lakehouse_is_written_once(clean: Paths, tmp_path: Path) -> None:
    copied = copy_of(clean, tmp_path / "a")
    first = write_lakehouse(copied, PARAMETERS)
    content = [path.read_bytes() for path in first]
    assert write_lakehouse(copied, PARAMETERS) == first
    assert [path.read_bytes() for path in first] == content
    assert lake.read(copied, "adopted_files").height == len(first) == 3


def test_unknown_defect_is_wrong_usage() -> None:
    with pytest.raises(ConfigError, match="'candle_gaps' is unknown; expected one"):
        named(["candle_gaps"])


def clean_again(paths: Paths) -> None:
    write_sample(
        paths,
        PARAMETERS,
        days=10,
        seed=SEED,
        edge=0.0,
        book_interval_s=3600,
        outages_per_year=0.0,
        start_at=DAY,
        progress=None,
    )


def small(paths: Paths, *names: str, days: int) -> None:
    write_defective(
        paths,
        PARAMETERS,
        named(names),
        days=days,
        seed=SEED,
        edge=0.0,
        book_interval_s=3600,
        outages_per_year=0.0,
        start_at=DAY,
        progress=None,
    )


def test_sample_too_short_for_a_defect_is_wrong_usage(tmp_path: Path) -> None:
    paths = Paths(data_dir=tmp_path)
    with pytest.raises(ConfigError, match=r"--defect lakehouse_drift: .*--days 62"):
        small(paths, "lakehouse_drift", days=2)


def test_lake_with_defects_is_taken_for_no_clean_sample(tmp_path: Path) -> None:
    paths = Paths(data_dir=tmp_path)
    small(paths, "candle_duplicate", days=10)
    with pytest.raises(DataError, match=r"holds a sample .*candle_duplicate"):
        clean_again(paths)
    with pytest.raises(DataError, match="expected an empty lake"):
        small(paths, "candle_duplicate", days=10)
