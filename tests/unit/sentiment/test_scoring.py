from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from solalpha.config import Paths, load_parameters
from solalpha.errors import DataError
from solalpha.sentiment import scoring
from solalpha.sentiment.scorer import Probabilities

NOW = datetime(2025, 1, 1, tzinfo=UTC)
LATER = datetime(2025, 1, 2, tzinfo=UTC)
COLUMNS = [
    "headline_id",
    "scorer",
    "scorer_version",
    "probability_positive",
    "probability_negative",
    "probability_neutral",
    "score",
    "is_abstained",
    "scored_at",
]


class Counting:
    """Score a text by its length and remember what was asked."""

    name = "counting"

    def __init__(self, version: str = "one") -> None:
        self.version = version
        self.asked: list[str] = []

    def score(self, texts: Sequence[str]) -> Probabilities:
        self.asked.extend(texts)
        positive = np.array([0.01 * len(text) or np.nan for text in texts])
        return Probabilities(
            positive=positive,
            negative=0.5 * positive,
            neutral=1 - 1.5 * positive,
            is_abstained=np.isnan(positive),
        )


def headlines(*titles: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"headline_id": [f"id{n}" for n in range(len(titles))], "title": titles},
        schema={"headline_id": pl.String, "title": pl.String},
    )


def run(folder: Path, rows: pl.DataFrame, scorer: Counting) -> scoring.ScoreSummary:
    return scoring.score_headlines(folder, rows, scorer, scored_at=NOW, progress=None)


def stored(folder: Path) -> pl.DataFrame:
    files = sorted(folder.glob("part-*.parquet"))
    return pl.concat([pl.read_parquet(file) for file in files]).sort("headline_id")


def test_scores_are_stored_as_the_tables_expect(tmp_path: Path) -> None:
    found = run(tmp_path, headlines("up", "down"), Counting())
    table = stored(tmp_path)
    assert (found.scored, found.cached, found.abstained) == (2, 0, 0)
    assert table.columns == COLUMNS
    assert table["score"].to_list() == pytest.approx([0.01, 0.02])
    assert table["scored_at"].unique().to_list() == [NOW]


def test_second_run_scores_nothing_and_writes_nothing(tmp_path: Path) -> None:
    rows = headlines("up", "down")
    run(tmp_path, rows, Counting())
    files = sorted(tmp_path.iterdir())
    again = Counting()
    found = run(tmp_path, rows, again)
    assert (found.scored, found.cached) == (0, 2)
    assert again.asked == []
    assert sorted(tmp_path.iterdir()) == files


def test_new_headline_with_a_known_title_is_copied(tmp_path: Path) -> None:
    run(tmp_path, headlines("up"), Counting())
    again = Counting()
    found = run(tmp_path, headlines("up", " up ", "down"), again)
    assert again.asked == ["down"]
    assert (found.scored, found.cached) == (1, 2)
    assert stored(tmp_path)["score"].to_list() == pytest.approx([0.01, 0.01, 0.02])


def test_equal_titles_are_scored_once(tmp_path: Path) -> None:
    scorer = Counting()
    found = run(tmp_path, headlines("up", "up", "down", "up"), scorer)
    assert sorted(scorer.asked) == ["down", "up"]
    assert (found.scored, found.cached) == (2, 2)
    assert stored(tmp_path).height == 4


def test_new_version_scores_again(tmp_path: Path) -> None:
    rows = headlines("up", "down")
    run(tmp_path, rows, Counting("one"))
    found = run(tmp_path, rows, Counting("two"))
    assert (found.scored, found.cached) == (2, 0)
    assert stored(tmp_path).height == 4


def test_unknown_text_is_stored_as_null(tmp_path: Path) -> None:
    found = run(tmp_path, headlines("", None, "up"), Counting())
    table = stored(tmp_path)
    assert found.abstained == 1
    assert table["is_abstained"].to_list() == [True, True, False]
    assert table["score"].to_list() == [None, None, pytest.approx(0.01)]
    assert table["probability_neutral"].null_count() == 2


def test_no_headlines_write_nothing(tmp_path: Path) -> None:
    found = run(tmp_path / "none", headlines(), Counting())
    assert (found.scored, found.cached) == (0, 0)
    assert not (tmp_path / "none").exists()


def test_killed_run_keeps_its_finished_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying(Counting):
        def score(self, texts: Sequence[str]) -> Probabilities:
            if self.asked:
                raise KeyboardInterrupt
            return super().score(texts)

    monkeypatch.setattr(scoring, "_PART_TEXTS", 2)
    rows = headlines("a", "bb", "ccc", "dddd")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, rows, Dying())
    resumed = Counting()
    assert run(tmp_path, rows, resumed).cached == 2
    assert resumed.asked == ["ccc", "dddd"]


def test_progress_ends_at_its_total(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    scoring.score_headlines(
        tmp_path,
        headlines("a", "b"),
        Counting(),
        scored_at=NOW,
        progress=lambda *call: calls.append(call),
    )
    assert calls == [("score counting", 0, 2), ("score counting", 2, 2)]


def test_damaged_score_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part-0.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="is no score file"):
        run(tmp_path, headlines("up"), Counting())


def test_headlines_of_the_lake_are_scored_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = headlines("Solana rallies to record high", "The of and")
    monkeypatch.setattr(scoring.lake, "read", lambda paths, name: table)
    paths = Paths(data_dir=tmp_path)
    first, second = (
        scoring.score_missing(paths, load_parameters(), scored_at=moment)
        for moment in (NOW, LATER)
    )
    assert (first.scorer, first.scored, first.abstained) == ("lexicon", 2, 1)
    assert (second.scored, second.cached) == (0, 2)
    found = stored(paths.scores / "lexicon")
    assert found["score"][0] > 0.5
    assert found["scored_at"].unique().to_list() == [NOW]
