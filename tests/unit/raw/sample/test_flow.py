from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solalpha.raw.sample.draws import Floats
from solalpha.raw.sample.world import World

Worlds = Callable[[int, int, float], World]
SEEDS = (21, 22, 23, 24)
DAYS = 360


def hourly(simulated: World) -> dict[str, Floats]:
    # What an analyst can make of each hour's raw rows; shape (n_hours,) each.
    trades, hours = simulated.trades, simulated.market.hours
    hour = trades.minute // 60
    sign = np.where(trades.is_buy, 1.0, -1.0)
    volume = np.bincount(hour, trades.lots, minlength=hours)
    signed = np.bincount(hour, sign * trades.lots, minlength=hours)
    published = simulated.news.published_s // 3600
    market = simulated.market
    return {
        "book": np.tanh(simulated.flow.book / 2.0).reshape(hours, 60).mean(axis=1),
        "last_book": np.tanh(simulated.flow.book[59::60] / 2.0),
        "trades": signed / volume,
        "tone": np.bincount(published, simulated.news.tone, minlength=hours),
        "basis": market.basis.reshape(hours, -1).mean(axis=1),
        "spread": (market.ask - market.bid).reshape(hours, 60).mean(axis=1),
        "last_return": np.concatenate(([0.0], np.diff(np.log(simulated.close)))),
    }


def forward(simulated: World, ahead: int) -> Floats:
    # Return less funding over the coming hours, in units of the volatility known now.
    market = simulated.market
    paid = np.concatenate(([0.0], np.cumsum(np.log1p(market.funding_rate))))[1:]
    worth = np.log(simulated.close) - paid
    gain = worth[ahead:] - worth[:-ahead]
    return np.asarray(gain / market.hour_sd[:-ahead])


def score(worlds: list[World], column: str, ahead: int) -> float:
    # Correlation with the coming return in standard errors of disjoint windows.
    found = []
    for simulated in worlds:
        values, target = hourly(simulated)[column], forward(simulated, ahead)
        values = values[: target.size]
        found += [
            np.corrcoef(values[first::ahead], target[first::ahead])[0, 1]
            for first in range(ahead)
        ]
    windows = sum(w.market.hours / ahead for w in worlds)
    return float(np.mean(found) * np.sqrt(windows))


def test_no_raw_column_tells_the_future_without_an_edge(world: Worlds) -> None:
    worlds = [world(DAYS, seed, 0.0) for seed in SEEDS]
    for column in hourly(worlds[0]):
        for ahead in (1, 24):
            assert abs(score(worlds, column, ahead)) < 3.5, (column, ahead)


def test_planted_edge_breaks_the_same_bound(world: Worlds) -> None:
    worlds = [world(DAYS, seed, 1.0) for seed in SEEDS]
    for column in ("book", "last_book", "trades"):
        for ahead in (1, 24):
            assert score(worlds, column, ahead) > 3.5, (column, ahead)


def test_flow_answers_to_the_hours_own_return(world: Worlds) -> None:
    simulated = world(DAYS, SEEDS[0], 0.0)
    columns = hourly(simulated)
    own = np.corrcoef(columns["trades"][1:], columns["last_return"][1:])[0, 1]
    assert own > 0.06


def test_book_pressure_shows_the_state(world: Worlds) -> None:
    simulated = world(DAYS, SEEDS[0], 0.0)
    state = simulated.latent.state[59::60]
    assert np.corrcoef(hourly(simulated)["book"], state)[0, 1] > 0.8


def test_trade_signs_persist(world: Worlds) -> None:
    sign = np.where(world(20, 1, 0.0).trades.is_buy, 1.0, -1.0)
    assert np.corrcoef(sign[1:], sign[:-1])[0, 1] > 0.03
