"""Score the headlines that a scorer's present version has not scored yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.raw import lake, storage
from solalpha.sentiment.scorer import Scorer, scorer_named

Progress = Callable[[str, int, int], None]
# One file per this many texts: a killed run loses no more than one of them.
_PART_TEXTS = 2048

_TYPES: dict[str, type[pl.DataType] | pl.DataType] = {
    "headline_id": pl.String,
    "scorer": pl.String,
    "scorer_version": pl.String,
    "probability_positive": pl.Float64,
    "probability_negative": pl.Float64,
    "probability_neutral": pl.Float64,
    "score": pl.Float64,
    "is_abstained": pl.Boolean,
    "scored_at": pl.Datetime("us", "UTC"),
}
_VALUES = (
    "probability_positive",
    "probability_negative",
    "probability_neutral",
    "score",
    "is_abstained",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """Count what a run did; scored plus cached is every headline of the lake.

    ``cached`` headlines had a score of this version, or share their title with one
    that had. ``abstained`` are those among the scored of which the scorer knew no word.
    """

    scorer: str
    scorer_version: str
    scored: int
    cached: int
    abstained: int


def score_missing(
    paths: Paths,
    parameters: Parameters,
    scorer: str | None = None,
    *,
    scored_at: datetime,
    progress: Progress | None = None,
) -> ScoreSummary:
    """Score the headlines of the lake that have no score of this version.

    Parameters
    ----------
    paths
        Raw headlines are read there and ``scores/<scorer>/`` is written.
    parameters
        Names the scorer where ``scorer`` is None.
    scorer
        ``lexicon`` or ``finbert``.
    scored_at
        Aware time to store with the scores.
    progress
        Called with a name, texts done and texts in all.

    Raises
    ------
    ConfigError
        If the scorer is unknown or its extra or weights are missing.
    DataError
        If a stored score file is damaged.
    """
    headlines = lake.read(paths, "headlines").select("headline_id", "title")
    chosen = scorer_named(scorer or parameters.sentiment_scorer)
    return score_headlines(
        paths.scores / chosen.name,
        headlines,
        chosen,
        scored_at=scored_at,
        progress=progress,
    )


def score_headlines(
    folder: Path,
    headlines: pl.DataFrame,
    scorer: Scorer,
    *,
    scored_at: datetime,
    progress: Progress | None,
) -> ScoreSummary:
    """Score the rows of ``headlines`` that ``folder`` holds no score for.

    Parameters
    ----------
    folder
        Where the scorer's files are; new ones are added, none is changed.
    headlines
        headline_id and title; one row per headline.
    scorer
        Who scores; only rows of its present version count as scored.
    scored_at, progress
        See ``score_missing``.
    """
    texts = headlines.unique("headline_id", keep="first", maintain_order=True)
    texts = texts.with_columns(_text_hash(texts["title"]).alias("text_hash"))
    stored = stored_scores(folder, scorer)
    known = texts.join(stored, on="headline_id", maintain_order="left").unique(
        "text_hash", keep="first", maintain_order=True
    )
    missing = texts.join(stored, on="headline_id", how="anti")
    twins = missing.join(known.select("text_hash", *_VALUES), on="text_hash")
    fresh = missing.join(known, on="text_hash", how="anti")
    if not twins.is_empty():
        _write(folder, twins, scorer, scored_at)
    distinct = fresh.unique("text_hash", keep="first", maintain_order=True)
    abstained = 0
    for start in range(0, distinct.height, _PART_TEXTS):
        if progress is not None:
            progress(f"score {scorer.name}", start, distinct.height)
        scored = _scored(distinct.slice(start, _PART_TEXTS), scorer)
        rows = fresh.join(scored.drop("headline_id", "title"), on="text_hash")
        _write(folder, rows, scorer, scored_at)
        abstained += int(scored["is_abstained"].sum())
    if progress is not None:
        progress(f"score {scorer.name}", distinct.height, distinct.height)
    return ScoreSummary(
        scorer=scorer.name,
        scorer_version=scorer.version,
        scored=distinct.height,
        cached=texts.height - distinct.height,
        abstained=abstained,
    )


def stored_scores(folder: Path, scorer: Scorer) -> pl.DataFrame:
    """Return the stored scores of the scorer's present version, one per headline.

    Raises
    ------
    DataError
        If a file is damaged.
    """
    files = sorted(folder.glob("part-*.parquet"))
    if not files:
        return pl.DataFrame(schema=_TYPES).select("headline_id", *_VALUES)
    try:
        table = pl.concat([pl.read_parquet(file) for file in files], how="vertical")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{folder} holds a file that is no score file: {error}"
        ) from error
    return (
        table.filter(pl.col("scorer_version") == scorer.version)
        .unique("headline_id", keep="first", maintain_order=True)
        .select("headline_id", *_VALUES)
    )


def _text_hash(titles: pl.Series) -> pl.Series:
    hashes = [
        hashlib.sha256(str(title or "").strip().encode()).hexdigest()
        for title in titles
    ]
    return pl.Series(hashes, dtype=pl.String)


def _scored(rows: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    found = scorer.score([str(title or "").strip() for title in rows["title"]])
    return rows.with_columns(
        pl.Series("probability_positive", found.positive).fill_nan(None),
        pl.Series("probability_negative", found.negative).fill_nan(None),
        pl.Series("probability_neutral", found.neutral).fill_nan(None),
        pl.Series("score", found.score()).fill_nan(None),
        pl.Series("is_abstained", found.is_abstained),
    )


def _write(
    folder: Path, rows: pl.DataFrame, scorer: Scorer, scored_at: datetime
) -> None:
    frame = rows.with_columns(
        pl.lit(scorer.name).alias("scorer"),
        pl.lit(scorer.version).alias("scorer_version"),
        pl.lit(scored_at).cast(_TYPES["scored_at"]).alias("scored_at"),
    )
    ordered = frame.select(list(_TYPES)).cast(_TYPES).sort("headline_id")  # type: ignore[arg-type]
    storage.write_part(folder, ordered)
