"""What shows of the planted state in the order flow, minute by minute.

The pressure in the books, which show the end of a minute, is made of the state,
noise and the returns of the minute and of earlier ones; that in the trades, which
happen within it, of the state, a long memory and the return of the minute before.
At edge 0 both explain the past only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.draws import Floats, autoregressive, daily, trailing_sum
from solalpha.raw.sample.latent import Latent
from solalpha.raw.sample.prices import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Hold the pressures, each of shape (n_minutes,), positive when buyers press.

    Attributes
    ----------
    book : log of bid size over ask size
    trade : log-odds that an order buys, before what happens within the minute
    """

    book: Floats
    trade: Floats


def simulate_flow(latent: Latent, market: Market, *, seed: int) -> Flow:
    """Return the pressure of books and trades in every minute."""
    days = market.hours // c.DAY_HOURS
    book, memory = daily(seed, "flow", days, _draws)
    move = np.clip(market.move / market.minute_sd, -4.0, 4.0)
    before = np.concatenate(([0.0], move[:-1]))
    trend = trailing_sum(before, c.TRADE_PAST_HALF_LIFE_MIN)
    fast = c.BOOK_FAST_NOISE_SD * autoregressive(book, c.BOOK_FAST_NOISE_HALF_LIFE_MIN)
    slow = latent.state + latent.book_noise
    recent = trailing_sum(move, c.PAST_RETURN_HALF_LIFE_MIN)
    return Flow(
        book=c.BOOK_SIGNAL * (slow + fast) + c.BOOK_PAST_RETURN * recent,
        trade=c.TRADE_SIGNAL * slow
        + c.TRADE_PAST_RETURN * trend
        + _long_memory(memory),
    )


def _draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    parts = len(c.TRADE_MEMORY_SDS)
    return rng.standard_normal(c.DAY_MINUTES), rng.standard_normal(
        (c.DAY_MINUTES, parts)
    )


def _long_memory(shocks: Floats) -> Floats:
    # Parts whose half-lives are spread out fall off together like a power law.
    parts = zip(c.TRADE_MEMORY_SDS, c.TRADE_MEMORY_HALF_LIVES_MIN, strict=True)
    total = np.zeros(len(shocks))
    for part, (sd, half_life) in enumerate(parts):
        total += sd * autoregressive(shocks[:, part], half_life)
    return total
