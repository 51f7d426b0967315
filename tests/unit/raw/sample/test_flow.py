from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solalpha.raw.sample.draws import Floats, generator
from solalpha.raw.sample.orders import day_orders
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


def orders(simulated: World) -> dict[str, Floats]:
    # Fills of one side at one moment are one order.
    trades = simulated.trades
    sign = np.where(trades.is_buy, 1.0, -1.0)
    first = np.flatnonzero(
        (np.diff(trades.at_ms, prepend=-1) != 0) | (np.diff(sign, prepend=0.0) != 0)
    )
    return {
        "at_s": trades.at_ms[first] / 1000.0,
        "price": trades.price[first].astype(np.float64),
        "sign": sign[first],
    }


def memory(sign: Floats, lag: int) -> float:
    centred = sign - sign.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / centred.var())


def test_order_signs_have_a_long_memory(world: Worlds) -> None:
    sign = orders(world(DAYS, SEEDS[0], 0.0))["sign"]
    found = [memory(sign, lag) for lag in (1, 10, 100, 1000)]
    assert 0.05 < found[0] < 0.15
    assert found == sorted(found, reverse=True)
    # A hundred orders on, a process with one short half-life would have forgotten.
    assert found[2] > 0.2 * found[0]


def response(simulated: World, low_s: float, high_s: float) -> float:
    # Mean move of the mid an order's way, in bps, between two orders this far apart.
    found, market = orders(simulated), simulated.market
    half = float(((market.ask - market.bid) / (market.ask + market.bid)).mean())
    mid = found["price"] * (1.0 - found["sign"] * half)
    moves = []
    for step in range(1, 60):
        apart = found["at_s"][step:] - found["at_s"][:-step]
        chosen = (apart >= low_s) & (apart < high_s)
        gain = found["sign"][:-step] * (mid[step:] / mid[:-step] - 1.0)
        moves.append(gain[chosen])
    return float(np.concatenate(moves).mean() * 1e4)


def test_impact_is_felt_at_once_and_decays(world: Worlds) -> None:
    worlds = [world(DAYS, seed, 0.0) for seed in SEEDS]
    at_once = np.mean([response(w, 0.0, 2.0) for w in worlds])
    later = np.mean([response(w, 60.0, 300.0) for w in worlds])
    assert 0.5 < at_once < 1.3
    assert 0.2 < later < 0.85 * at_once


def test_past_orders_move_no_later_minute_without_an_edge(world: Worlds) -> None:
    # The last order of a minute against the move of the next one, in standard errors.
    total, count = 0.0, 0
    for seed in SEEDS:
        simulated = world(DAYS, seed, 0.0)
        found, market = orders(simulated), simulated.market
        minute = (found["at_s"] // 60).astype(np.int64)
        last = np.flatnonzero(np.diff(minute, append=-1) != 0)
        last = last[minute[last] + 1 < market.move.size]
        after = minute[last] + 1
        gain = found["sign"][last] * market.move[after] / market.minute_sd[after]
        total, count = total + float(gain.sum()), count + gain.size
    assert count > 100_000
    assert abs(total) < 3.5 * np.sqrt(count)


def test_prices_of_orders_stand_on_their_side_of_the_mid(world: Worlds) -> None:
    simulated = world(20, 1, 0.0)
    market, flow = simulated.market, simulated.flow
    made = day_orders(
        market, flow, simulated.latent.activity, generator(1, "trades", 4), 4
    )
    assert (np.diff(made.at_ms) >= 0).all()
    assert (made.minute == made.at_ms // 60_000).all()
    assert set(made.minute // 1440) == {4}
    trades = simulated.trades
    chosen = np.isin(trades.at_ms, made.at_ms)
    mid = made.mid[np.searchsorted(made.at_ms, trades.at_ms[chosen])] * 10_000
    tick = market.tick[trades.minute[chosen]]
    toward = np.where(trades.is_buy[chosen], 1.0, -1.0)
    assert (toward * (trades.price[chosen] - mid) > -tick).mean() > 0.99


def test_path_within_a_minute_ends_where_the_minute_ends(world: Worlds) -> None:
    # Orders in a minute's last seconds meet a mid near its closing price.
    simulated = world(20, 1, 0.0)
    market = simulated.market
    made = day_orders(
        market, simulated.flow, simulated.latent.activity, generator(1, "trades", 4), 4
    )
    second = made.at_ms % 60_000 / 1000.0
    sd = market.minute_sd[made.minute]
    left = np.log(market.price[made.minute] / made.mid) / sd
    late, early = second > 54.0, second < 6.0
    assert left[late].std() < 0.5
    assert 0.8 < left[early].std() < 1.3
