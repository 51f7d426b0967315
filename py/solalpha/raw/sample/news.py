"""Headlines of the simulated market: background, announcements and echoes.

Most headlines follow a jump or the last day's return. Their tone leans with the
planted state a little, and some are out before a jump; how often those name its
right sign rises with the edge, from half of them at edge 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import Floats, Integers, daily
from solalpha.raw.sample.latent import Latent
from solalpha.raw.sample.prices import Market
from solalpha.raw.sample.truth import Announced

# Uniform draws of an hour, by what they decide.
_PUBLISHED, _AT, _NEUTRAL, _TONE, _WORDS = 0, 1, 2, 3, slice(4, 8)
_SEEN, _UNSEEN, _REPEATED, _REPEATED_AT, _VOTES = 8, 9, 10, 11, 12
_LED, _LED_AT, _LED_TONE, _FOLLOWS, _FOLLOWS_AT, _FOLLOWS_TONE = 13, 14, 15, 16, 17, 20
_DRAWS = 23
_MOST_FOLLOWS = 3
_SEEN_S = (60, 1500)
_MOST_VOTES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Hold headlines; arrays of shape (n_headlines,).

    Attributes
    ----------
    published_s : seconds since the start of the sample
    tone : +1 positive, 0 neutral, -1 negative
    hour : hour whose draws decide the rest
    turn : in [0, 1), keeps the draws of headlines of one hour apart
    source_turn : the same for the source; a duplicate differs in this alone
    """

    published_s: Integers
    tone: Integers
    hour: Integers
    turn: Floats
    source_turn: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsDraws:
    """Hold what chance decides of each headline; see ``News`` for the order.

    Attributes
    ----------
    words : ndarray of shape (n_headlines, 4), in [0, 1): source, subject, verb, cause
    seen_after_s : seconds until first seen; negative where that is unknown
    votes : counted long after, unrelated to anything
    """

    words: Floats
    seen_after_s: Integers
    votes: Integers


def simulate_news(
    latent: Latent, market: Market, *, seed: int, edge: float
) -> tuple[News, NewsDraws, Announced]:
    """Draw the headlines, in time order, and list the jumps announced by one."""
    (uniform,) = daily(seed, "news", market.hours // c.DAY_HOURS, _draws)
    lead, announced = _leads(latent, uniform, edge)
    news = _joined(
        _background(latent, market, uniform), lead, _follows(latent, uniform)
    )
    news = _joined(news, _duplicates(news, uniform))
    inside = (news.published_s >= 0) & (news.published_s < market.hours * c.HOUR_S)
    order = np.lexsort((news.source_turn, news.turn, news.published_s))
    news = _taken(news, order[inside[order]])
    own = uniform[news.hour]
    words = (own[:, _WORDS] + news.turn[:, None]) % 1.0
    words[:, 0] = (words[:, 0] + news.source_turn) % 1.0
    seen = _between((own[:, _SEEN] + news.source_turn) % 1.0, _SEEN_S)
    unseen = (own[:, _UNSEEN] + news.turn + news.source_turn) % 1.0 < c.UNSEEN_SHARE
    votes = _MOST_VOTES * ((own[:, _VOTES] + news.turn) % 1.0)
    draws = NewsDraws(
        words=words,
        seen_after_s=np.where(unseen, -1, seen),
        votes=votes.astype(np.int64),
    )
    return news, draws, announced


def _background(latent: Latent, market: Market, uniform: Floats) -> News:
    hour = np.flatnonzero(uniform[:, _PUBLISHED] < c.HEADLINES_PER_H)
    by_hour = market.move.reshape(market.hours, -1).sum(axis=1)
    total = np.concatenate(([0.0], np.cumsum(by_hour / market.hour_sd)))
    past = (total[hour] - total[np.maximum(hour - 24, 0)]) / np.sqrt(24.0)
    odds = (
        c.HEADLINE_STATE * latent.state[c.HOUR_MINUTES * hour]
        + c.HEADLINE_PAST_RETURN * past
    )
    is_positive = uniform[hour, _TONE] < 1.0 / (1.0 + np.exp(-odds))
    tone = np.where(is_positive, 1, -1)
    tone[uniform[hour, _NEUTRAL] < c.HEADLINE_NEUTRAL] = 0
    second = hour * c.HOUR_S + (uniform[hour, _AT] * c.HOUR_S).astype(np.int64)
    return _news(second, tone, hour, 0.0)


def _leads(latent: Latent, uniform: Floats, edge: float) -> tuple[News, Announced]:
    jumps = latent.jumps
    hour = jumps.minute // c.HOUR_MINUTES
    before = _between(uniform[hour, _LED_AT], c.LEAD_MIN)
    led = (uniform[hour, _LED] < c.LEAD_SHARE) & (jumps.minute - before >= 0)
    minute, hour = jumps.minute[led], hour[led]
    is_right = uniform[hour, _LED_TONE] < (1.0 + c.LEAD_ACCURACY * edge) / 2.0
    sign = np.where(jumps.units[led] > 0.0, 1, -1)
    tone = np.where(is_right, sign, -sign)
    published = minute - before[led]
    second = published * 60 + (uniform[hour, _AT] * 60.0).astype(np.int64)
    announced = Announced(published_minute=published, jump_minute=minute, tone=tone)
    return _news(second, tone, hour, 0.37), announced


def _follows(latent: Latent, uniform: Floats) -> News:
    hour = latent.jumps.minute // c.HOUR_MINUTES
    own = uniform[hour]
    sign = np.where(latent.jumps.units > 0.0, 1, -1)
    parts: list[News] = []
    for number in range(_MOST_FOLLOWS):
        wanted = own[:, _FOLLOWS] < c.FOLLOW_SHARES[number]
        minute = latent.jumps.minute + _between(
            own[:, _FOLLOWS_AT + number], c.FOLLOW_MIN
        )
        is_right = own[:, _FOLLOWS_TONE + number] < c.FOLLOW_ACCURACY
        tone = np.where(is_right, sign, -sign)
        second = minute * 60 + (own[:, _AT] * 60.0).astype(np.int64)
        follow = _news(second, tone, hour, 0.13 + 0.17 * number)
        parts.append(_taken(follow, np.flatnonzero(wanted)))
    return _joined(*parts)


def _duplicates(news: News, uniform: Floats) -> News:
    # The same words from another source some minutes later.
    own = uniform[news.hour]
    repeated = np.flatnonzero((own[:, _REPEATED] + news.turn) % 1 < c.DUPLICATE_SHARE)
    copy, own = _taken(news, repeated), own[repeated]
    later = 60 * _between((own[:, _REPEATED_AT] + copy.turn) % 1.0, c.DUPLICATE_MIN)
    return News(
        published_s=copy.published_s + later,
        tone=copy.tone,
        hour=copy.hour,
        turn=copy.turn,
        source_turn=np.full(repeated.size, 0.5),
    )


def _news(second: Integers, tone: Integers, hour: Integers, turn: float) -> News:
    return News(
        published_s=second.astype(np.int64),
        tone=tone.astype(np.int64),
        hour=hour.astype(np.int64),
        turn=np.full(hour.size, turn),
        source_turn=np.zeros(hour.size),
    )


def _taken(news: News, rows: NDArray[np.intp]) -> News:
    return News(
        published_s=news.published_s[rows],
        tone=news.tone[rows],
        hour=news.hour[rows],
        turn=news.turn[rows],
        source_turn=news.source_turn[rows],
    )


def _joined(*parts: News) -> News:
    return News(
        published_s=np.concatenate([part.published_s for part in parts]),
        tone=np.concatenate([part.tone for part in parts]),
        hour=np.concatenate([part.hour for part in parts]),
        turn=np.concatenate([part.turn for part in parts]),
        source_turn=np.concatenate([part.source_turn for part in parts]),
    )


def _between(uniform: Floats, bounds: tuple[int, int]) -> Integers:
    low, high = bounds
    return np.asarray(low + np.floor(uniform * (high - low + 1)), dtype=np.int64)


def _draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    return (rng.random((c.DAY_HOURS, _DRAWS)),)
