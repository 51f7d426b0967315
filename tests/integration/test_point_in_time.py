"""What was known at a moment stays as it was when later data arrive."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.integration.program import Answer

from solalpha.audit.replay import VARIANTS, ReplayResult, replay
from solalpha.audit.rooms import Wish
from solalpha.config import load_parameters, load_paths
from solalpha.raw import lake
from solalpha.sentiment.scoring import score_missing
from solalpha.warehouse import build as dbt

Program = Callable[..., Answer]
END = datetime(2025, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def market(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a scored copy of the last 40 days of the small market."""
    data_dir = tmp_path_factory.mktemp("market") / "data"
    paths, source = load_paths(data_dir), load_paths(sample_dir)
    for table in ("candles", "trades", "funding_rates", "asset_contexts", "headlines"):
        rows = lake.read(source, table)
        recent = rows.filter(pl.col("event_at") > END - timedelta(days=40))
        lake.append(paths, table, recent.drop("ingest_id"), ingest_id="copy")
    books = "book_snapshots"
    for folder in sorted((source.raw / books).glob("coin=*/date=2025-06-*")):
        shutil.copytree(folder, paths.raw / folder.relative_to(source.raw))
    score_missing(paths, load_parameters(), "lexicon", scored_at=END)
    return data_dir


@pytest.fixture(scope="module")
def replayed(market: Path) -> ReplayResult:
    """Withhold what came after a moment, make it noise, and compare."""
    return replay(
        load_paths(market),
        load_parameters(),
        Wish(project=None, days=None, seed=1, plants=True),
        cuts=1,
        variants=VARIANTS,
        jobs=1,
        progress=None,
    )


def test_what_comes_after_a_moment_changes_no_earlier_cell(
    replayed: ReplayResult,
) -> None:
    assert replayed.changed_cells == ()
    assert replayed.changed == 0


def test_replay_compares_every_causal_model_and_real_values(
    replayed: ReplayResult,
) -> None:
    assert replayed.models >= 10
    assert replayed.columns >= 250
    assert replayed.non_null_cells >= 100_000


def test_headline_seen_after_a_decision_never_touches_it(market: Path) -> None:
    paths, parameters = load_paths(market), load_parameters()
    database = dbt.database(paths, dbt.PROD)
    dbt.build(paths, parameters, select="+sentiment_bars", target=dbt.PROD)
    before = sentiment(database)
    # Published in the middle of the window, first seen a week later.
    published = END - timedelta(days=20, minutes=5)
    seen = published + timedelta(days=7)
    late = pl.DataFrame(
        {
            "headline_id": ["f" * 32],
            "title": ["Exchange hacked, tokens crash and investors panic"],
            "news_source": ["late wire"],
            "published_at": [published],
            "first_seen_at": [seen],
            "event_at": [published],
            "available_at": [seen],
            "source": ["simulator"],
            "origin": ["sample"],
        }
    )
    schema = lake.read(paths, "headlines").schema
    typed = late.with_columns(pl.col(name).cast(schema[name]) for name in late.columns)
    lake.append(paths, "headlines", typed, ingest_id="late")
    score_missing(paths, parameters, "lexicon", scored_at=END)
    dbt.build(paths, parameters, select="+sentiment_bars", target=dbt.PROD)
    after = sentiment(database)
    assert after.height == before.height
    decided_before = pl.col("decided_at") < seen.replace(tzinfo=None)
    assert after.filter(decided_before).equals(before.filter(decided_before))


def sentiment(database: Path) -> pl.DataFrame:
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        found: pl.DataFrame = connection.sql(
            "select * from sentiment_bars order by coin, bar_closed_at"
        ).pl()
        return found
