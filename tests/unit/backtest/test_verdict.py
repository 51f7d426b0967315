import math

import numpy as np
import pytest

from solalpha.backtest import verdict
from solalpha.config import load_parameters

PARAMETERS = load_parameters()
BARS = 4_000


def grown(mean: float, deviation: float, seed: int) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(mean, deviation, BARS)
    return 10_000.0 * np.exp(np.concatenate(([0.0], np.cumsum(steps))))


def judged(equity: np.ndarray, *, trials: int = 1, missing: int = 0):
    daily = equity[::24]
    return verdict.judge(
        equity,
        {
            "buy-and-hold": grown(0.0, 0.001, 1),
            "volatility-targeted hold": grown(0.0, 0.0005, 2),
            "cash": np.full(BARS + 1, 10_000.0),
        },
        daily[1:] / daily[:-1] - 1.0,
        trials=trials,
        missing_funding=missing,
        parameters=PARAMETERS,
    )


def test_a_clear_winner_beats() -> None:
    found = judged(grown(0.0003, 0.001, 3))
    assert found.verdict == "BEATS"
    assert found.dsr > 0.95


def test_a_clear_loser_does_not_beat() -> None:
    assert judged(grown(-0.0003, 0.001, 3)).verdict == "DOES NOT BEAT"


def test_noise_is_inconclusive() -> None:
    assert judged(grown(0.0, 0.001, 4)).verdict == "INCONCLUSIVE"


def test_losing_to_one_benchmark_alone_does_not_beat() -> None:
    equity = grown(0.00005, 0.00001, 5)
    found = verdict.judge(
        equity,
        {"buy-and-hold": grown(0.0005, 0.001, 1), "cash": np.full(BARS + 1, 1e4)},
        equity[24::24] / equity[:-24:24] - 1.0,
        trials=1,
        missing_funding=0,
        parameters=PARAMETERS,
    )
    assert found.verdict == "DOES NOT BEAT"


def test_many_trials_deflate_a_winner() -> None:
    equity = grown(0.00006, 0.001, 6)
    assert judged(equity).verdict == "BEATS"
    deflated = judged(equity, trials=10_000)
    assert deflated.dsr < 0.95
    assert deflated.psr == judged(equity).psr
    assert deflated.verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("mean", [0.0003, -0.0003])
def test_unknown_funding_is_inconclusive_with_the_reason(mean: float) -> None:
    found = judged(grown(mean, 0.001, 3), missing=2)
    assert found.verdict == "INCONCLUSIVE"
    assert found.reason.startswith("funding unknown at 2 edges, charged none")


def test_never_trading_has_no_sharpe_and_beats_nothing() -> None:
    found = judged(np.full(BARS + 1, 10_000.0))
    assert math.isnan(found.dsr)
    assert found.verdict == "INCONCLUSIVE"
    assert "DSR undefined" in found.reason


def test_sharpe_probabilities_of_one_trial_agree() -> None:
    returns = np.random.default_rng(8).normal(0.001, 0.01, 300)
    psr, dsr = verdict.sharpe_probabilities(returns, 1)
    assert psr == dsr
    assert verdict.sharpe_probabilities(returns, 20)[1] < psr
