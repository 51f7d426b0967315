from __future__ import annotations

import numpy as np
import pytest

from solalpha.audit import stylised as st


def test_kurtosis_of_two_values_is_two_below_the_normal_one() -> None:
    assert st.excess_kurtosis(np.tile([-1.0, 1.0], 50)) == pytest.approx(-2.0)


def test_tail_index_finds_the_exponent_of_a_power_law() -> None:
    # Quantiles of P(x > s) = s^-3, so that the sample has no noise of its own.
    share = (np.arange(20_000) + 0.5) / 20_000
    values = share ** (-1.0 / 3.0)
    signed = np.concatenate((values, -values))
    assert st.tail_index(signed, 0.05) == pytest.approx(3.0, abs=0.1)


def test_tail_index_is_unknown_for_a_short_tail() -> None:
    assert np.isnan(st.tail_index(np.arange(100.0), 0.05))
    assert np.isnan(st.tail_index(np.empty(0), 0.05))


def test_autocorrelation_of_a_wave_follows_its_period() -> None:
    wave = np.tile([1.0, 1.0, -1.0, -1.0], 100)
    assert st.autocorrelation(wave, 4) == pytest.approx(1.0)
    assert st.autocorrelation(wave, 2) == pytest.approx(-1.0)
    assert st.autocorrelation(wave, 1) == pytest.approx(0.0, abs=0.01)
    assert np.isnan(st.autocorrelation(np.ones(100), 1))
    assert np.isnan(st.autocorrelation(wave[:20], 1))


def test_decay_exponent_tells_long_memory_from_short() -> None:
    rng = np.random.default_rng(3)
    shocks = rng.standard_normal((4, 200_000))
    long = np.zeros(200_000)
    for part, half_life in enumerate((2.0, 16.0, 128.0, 1024.0)):
        phi = 0.5 ** (1.0 / half_life)
        weights = phi ** np.arange(min(8000, int(12 * half_life)))
        made = np.convolve(shocks[part], weights)[: long.size]
        long += made / made.std()
    lags = (1, 2, 4, 8, 16, 32, 64)
    short = shocks[0, 1:] + shocks[0, :-1] * 0.9
    assert 0.1 < st.decay_exponent(long, lags) < 0.6
    assert not st.decay_exponent(short, (1, 2, 3, 4, 5)) < 1.0


def test_elasticity_is_the_power_between_two_series() -> None:
    driver = np.linspace(1.0, 5.0, 200)
    assert st.elasticity(driver, 3.0 * driver**-0.5) == pytest.approx(-0.5)
    assert np.isnan(st.elasticity(driver[:50], driver[:50]))


def test_hour_profile_gives_each_hour_of_the_day_its_share() -> None:
    hours = np.arange(240)
    sizes = np.where(hours % 24 == 14, 3.0, 1.0)
    profile = st.hour_profile(hours, sizes)
    assert profile.shape == (24,)
    # The mean is 26 / 24.
    assert profile[14] == pytest.approx(3.0 * 24 / 26)
    assert profile[0] == pytest.approx(24 / 26)
    assert np.isnan(st.hour_profile(hours[:5], sizes[:5])[20])


def test_weekend_is_saturday_and_sunday() -> None:
    # 1970-01-01 was a Thursday: days 2 and 3 of the epoch are the weekend.
    hours = np.arange(24 * 7 * 4)
    day = hours // 24 % 7
    sizes = np.where((day == 2) | (day == 3), 1.0, 2.0)
    assert st.weekend_share(hours, sizes) == pytest.approx(0.5)


def test_response_is_the_move_of_the_mid_an_orders_way() -> None:
    # Each buy lifts the mid by 1 bp for good; half spreads of 2 bps are no move.
    sign = np.ones(100)
    mid = 100.0 * (1.0 + 1e-4) ** np.arange(100)
    price = mid * (1.0 + 2e-4)
    at_s = np.arange(100.0)
    found, pairs = st.response(
        at_s, price, sign, half_spread=2e-4, bounds_s=(0.0, 2.0), neighbours=10
    )
    assert found == pytest.approx(1.0, abs=1e-3)
    assert pairs == 99
    later, _ = st.response(
        at_s, price, sign, half_spread=2e-4, bounds_s=(2.0, 4.0), neighbours=10
    )
    assert later == pytest.approx(2.5, abs=1e-2)


def test_response_of_a_bounce_between_the_quotes_is_none() -> None:
    sign = np.tile([1.0, -1.0], 50)
    price = 100.0 * (1.0 + sign * 2e-4)
    found, _ = st.response(
        np.arange(100.0),
        price,
        sign,
        half_spread=2e-4,
        bounds_s=(0.0, 9.0),
        neighbours=8,
    )
    assert found == pytest.approx(0.0, abs=1e-3)
    assert np.isnan(
        st.response(
            np.arange(9.0),
            price[:9],
            sign[:9],
            half_spread=0.0,
            bounds_s=(0.0, 2.0),
            neighbours=8,
        )[0]
    )
