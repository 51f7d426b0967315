"""Titles of the simulated headlines, composed of words by tone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from solalpha.raw.headlines import headline_id
from solalpha.raw.sample.columns import moments
from solalpha.raw.sample.draws import Floats
from solalpha.raw.sample.news import News, NewsDraws

_SECOND_US = 1_000_000

SOURCES: Final = (
    "Chain Ledger",
    "Coin Courier",
    "Digital Asset Daily",
    "Market Wire",
    "The Block Post",
    "Token Times",
)

SUBJECTS: Final = (
    "Solana",
    "SOL",
    "Solana network",
    "Solana ecosystem",
    "SOL token",
    "Solana DeFi",
    "Crypto market",
)

# By tone: 1 positive, 0 neutral, -1 negative.
VERBS: Final = {
    1: (
        "surges",
        "rallies",
        "gains strongly",
        "jumps to a new high",
        "climbs",
        "rebounds",
        "outperforms peers",
        "extends its winning streak",
    ),
    0: (
        "trades sideways",
        "holds steady",
        "is little changed",
        "moves in a narrow range",
        "consolidates",
        "sees average volume",
    ),
    -1: (
        "plunges",
        "tumbles",
        "falls sharply",
        "drops to a new low",
        "slides",
        "suffers heavy losses",
        "underperforms peers",
        "extends its losing streak",
    ),
}

CAUSES: Final = {
    1: (
        "as record inflows boost confidence",
        "after regulators approve a fund",
        "on strong network growth",
        "as a major partnership is announced",
        "after a successful upgrade",
        "as institutional demand improves",
        "on optimism over rising profits of validators",
        "as developers report excellent progress",
    ),
    0: (
        "ahead of a scheduled network meeting",
        "as traders await data",
        "while the foundation publishes its quarterly report",
        "as the community discusses a proposal",
        "before the monthly options expiry",
        "while exchanges update their listings",
    ),
    -1: (
        "as outflows worsen and fear spreads",
        "after an exploit drains a lending protocol",
        "on concerns over a network outage",
        "as regulators file a lawsuit",
        "after a failed upgrade halts blocks",
        "as weak demand hurts sentiment",
        "on losses from forced liquidations",
        "as a large holder defaults",
    ),
}


def headline_frame(
    news: News, draws: NewsDraws, *, start_us: int, delay_s: int
) -> pl.DataFrame:
    """Return the rows of the headlines.

    A headline is knowable when it was first seen, else ``delay_s`` after it was
    published.
    """
    source, title = _texts(news.tone.tolist(), draws.words)
    published = start_us + news.published_s * _SECOND_US
    is_seen = draws.seen_after_s >= 0
    after = np.where(is_seen, draws.seen_after_s, delay_s)
    seen = moments(published + after * _SECOND_US)
    ids = [
        headline_id(text, name, moment)
        for text, name, moment in zip(title, source, moments(published), strict=True)
    ]
    return pl.DataFrame(
        {
            "headline_id": ids,
            "title": title,
            "news_source": source,
            "votes": [str(votes) for votes in draws.votes.tolist()],
            "published_at": moments(published),
            "first_seen_at": seen,
            "event_at": moments(published),
            "available_at": seen,
            "is_seen": is_seen,
        },
        schema_overrides={"title": pl.String, "headline_id": pl.String},
    ).select(
        pl.all().exclude("is_seen", "first_seen_at"),
        pl.when("is_seen").then("first_seen_at").alias("first_seen_at"),
        pl.lit("simulator").alias("source"),
        pl.lit("sample").alias("origin"),
    )


def _texts(tones: list[int], words: Floats) -> tuple[list[str], list[str]]:
    sources: list[str] = []
    titles: list[str] = []
    for tone, (source, subject, verb, cause) in zip(tones, words.tolist(), strict=True):
        sources.append(_pick(SOURCES, source))
        parts = (SUBJECTS, subject), (VERBS[tone], verb), (CAUSES[tone], cause)
        titles.append(" ".join(_pick(choices, at) for choices, at in parts))
    return sources, titles


def _pick(choices: Sequence[str], at: float) -> str:
    return choices[int(at * len(choices))]
