from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from solalpha.raw.sample.draws import Floats
from solalpha.raw.sample.prices import funding_rate, tick_units
from solalpha.raw.sample.world import World

Worlds = Callable[[int, int, float], World]


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0.0, 0.0000125),  # interest of 0.01 % in 8 hours
        (0.0006, 0.0000125),  # the clamp reaches up to here
        (-0.0004, 0.0000125),  # and down to here
        (0.002, 0.0001875),  # (0.002 - 0.0005) / 8
        (-0.0012, -0.0000875),  # (-0.0012 + 0.0005) / 8
        (0.5, 0.04),  # the cap of an hour
        (-0.5, -0.04),
    ],
)
def test_funding_rate_follows_the_venues_formula(premium: float, rate: float) -> None:
    assert funding_rate(np.array([premium]))[0] == pytest.approx(rate, abs=1e-15)


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        (9.0, 1),
        (9.9, 10),  # a level above 10 dollars needs the coarser tick
        (50.0, 10),
        (98.5, 100),
        (150.0, 100),
        (999.0, 1_000),
        (5_000.0, 1_000),
        (60_000.0, 10_000),
    ],
)
def test_tick_keeps_five_significant_figures(price: float, tick: int) -> None:
    assert tick_units(np.array([price]))[0] == tick


def test_settled_rate_follows_from_the_mean_premium_of_its_hour(world: Worlds) -> None:
    market = world(20, 1, 1.0).market
    by_hour = market.premium.reshape(market.hours, 12)
    np.testing.assert_allclose(market.hour_premium, by_hour.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(
        market.funding_rate, funding_rate(market.hour_premium), atol=1e-12
    )
    assert np.unique(market.funding_rate).size > 10


def test_quotes_stand_around_the_price_on_their_tick(world: Worlds) -> None:
    market = world(20, 1, 1.0).market
    assert (market.ask > market.bid).all()
    assert (market.bid % market.tick == 0).all()
    assert (market.ask % market.tick == 0).all()
    mid = (market.bid + market.ask) / 2.0
    assert (np.abs(mid - market.price * 10_000) <= market.tick / 2 + 1e-6).all()


def test_volatility_is_near_that_of_the_coins(world: Worlds) -> None:
    simulated = world(360, 3, 0.0)
    for market, low, high in (
        (simulated.market, 0.5, 1.2),
        (simulated.benchmark, 0.25, 0.7),
    ):
        yearly = np.diff(np.log(market.price[59::60])).std() * np.sqrt(8760)
        assert low < yearly < high


def _excess(simulated: World) -> Floats:
    # Price return less funding of each hour, over the hour's standard deviation.
    market = simulated.market
    close = market.price[59::60]
    excess = close[1:] / close[:-1] - 1.0 - market.funding_rate[1:]
    return np.asarray(excess / market.hour_sd[1:])


def test_edge_zero_return_less_funding_has_no_mean(world: Worlds) -> None:
    excess = np.concatenate([_excess(world(360, seed, 0.0)) for seed in range(4)])
    assert abs(excess.mean()) < 3.0 * excess.std() / np.sqrt(excess.size)


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_past_returns_tell_nothing(world: Worlds, edge: float) -> None:
    closes = [np.log(world(360, seed, edge).close) for seed in range(4)]
    scaled = [
        np.diff(close) / world(360, seed, edge).market.hour_sd[1:]
        for seed, close in enumerate(closes)
    ]
    for lag in (1, 2, 24):
        pairs = [np.corrcoef(r[lag:], r[:-lag])[0, 1] for r in scaled]
        assert abs(np.mean(pairs)) < 3.5 / np.sqrt(sum(r.size for r in scaled))


def test_funding_growth_is_exactly_the_settled_rate(world: Worlds) -> None:
    market = world(20, 1, 0.0).market
    bare = np.cumsum(market.move)
    grown = np.log(market.price / market.model.start_usd) - bare
    np.testing.assert_allclose(
        np.diff(np.concatenate(([0.0], grown[59::60]))),
        np.log1p(market.funding_rate),
        atol=1e-12,
    )


def test_edge_moves_the_price_but_not_the_noise(world: Worlds) -> None:
    efficient, planted = world(20, 1, 0.0), world(20, 1, 1.0)
    assert (efficient.latent.state == planted.latent.state).all()
    assert (efficient.benchmark.bid == planted.benchmark.bid).all()
    assert not np.allclose(efficient.market.price, planted.market.price)
