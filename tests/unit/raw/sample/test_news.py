from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from solalpha.raw.sample import titles
from solalpha.raw.sample.world import World

Worlds = Callable[[int, int, float], World]
SEEDS = (21, 22, 23, 24)


def frame(simulated: World, start_us: int) -> pl.DataFrame:
    return titles.headline_frame(
        simulated.news, simulated.news_draws, start_us=start_us, delay_s=300
    )


def test_headlines_are_knowable_after_they_are_published(
    world: Worlds, start_us: int
) -> None:
    rows = frame(world(360, 21, 1.0), start_us)
    assert rows["headline_id"].n_unique() == rows.height
    assert (rows["available_at"] > rows["published_at"]).all()
    seen = rows.drop_nulls("first_seen_at")
    assert (seen["available_at"] == seen["first_seen_at"]).all()
    unseen = rows.filter(pl.col("first_seen_at").is_null())
    assert 0 < unseen.height < rows.height / 4
    delay = (unseen["available_at"] - unseen["published_at"]).dt.total_seconds()
    assert (delay == 300).all()


def test_some_headlines_repeat_under_another_source(
    world: Worlds, start_us: int
) -> None:
    rows = frame(world(360, 21, 1.0), start_us).sort("published_at")
    again = rows.group_by_dynamic("published_at", every="2h").agg(
        repeated=pl.col("title").is_duplicated().sum(),
        sources=pl.col("news_source").n_unique(),
    )
    assert again.filter((pl.col("repeated") > 1) & (pl.col("sources") > 1)).height > 20


def test_titles_use_words_of_their_tone(world: Worlds, start_us: int) -> None:
    simulated = world(360, 21, 1.0)
    rows = frame(simulated, start_us)
    for tone in (-1, 0, 1):
        chosen = rows["title"].filter(pl.Series(simulated.news.tone == tone))
        assert chosen.len() > 100
        for title in chosen.unique():
            assert any(title.endswith(cause) for cause in titles.CAUSES[tone])
            assert any(f" {verb} " in title for verb in titles.VERBS[tone])


@pytest.mark.parametrize(("edge", "low", "high"), [(0.0, 0.4, 0.6), (1.0, 0.82, 0.97)])
def test_announcements_name_the_jump_in_proportion_to_the_edge(
    world: Worlds, edge: float, low: float, high: float
) -> None:
    right: list[bool] = []
    for seed in SEEDS:
        simulated = world(360, seed, edge)
        told, jumps = simulated.announced, simulated.latent.jumps
        sign = dict(zip(jumps.minute.tolist(), jumps.units > 0.0, strict=True))
        assert (told.published_minute < told.jump_minute).all()
        right += [
            bool(sign[minute]) == (tone > 0)
            for minute, tone in zip(
                told.jump_minute.tolist(), told.tone.tolist(), strict=True
            )
        ]
    assert len(right) > 100
    assert low < np.mean(right) < high


def test_most_toned_headlines_near_a_jump_follow_it(world: Worlds) -> None:
    simulated = world(360, 21, 1.0)
    jumps, news = simulated.latent.jumps, simulated.news
    minute = news.published_s // 60
    before = after = 0
    for at in jumps.minute.tolist():
        before += int(((minute > at - 90) & (minute < at)).sum())
        after += int(((minute > at) & (minute < at + 90)).sum())
    assert after > 2 * before
