"""What shows of the planted state in the order flow, minute by minute.

The pressure in the books and in the trades is made of the state, noise and the
returns of the present and earlier minutes. It is used from the minute after the
return it answers to, so that at edge 0 it explains the past only.
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
    trade : log-odds that a trade's aggressor buys
    """

    book: Floats
    trade: Floats


def simulate_flow(latent: Latent, market: Market, *, seed: int) -> Flow:
    """Return the pressure of books and trades in every minute."""
    days = market.hours // c.DAY_HOURS
    book, trade = daily(seed, "flow", days, _draws)
    minute_sd = np.repeat(market.hour_sd, c.HOUR_MINUTES) / np.sqrt(c.HOUR_MINUTES)
    move = np.clip(market.move / minute_sd, -4.0, 4.0)
    fast = c.BOOK_FAST_NOISE_SD * autoregressive(book, c.BOOK_FAST_NOISE_HALF_LIFE_MIN)
    slow = latent.state + latent.book_noise
    held = c.TRADE_NOISE_SD * autoregressive(trade, c.TRADE_NOISE_HALF_LIFE_MIN)
    recent = trailing_sum(move, c.PAST_RETURN_HALF_LIFE_MIN)
    return Flow(
        book=c.BOOK_SIGNAL * (slow + fast) + c.BOOK_PAST_RETURN * recent,
        trade=c.TRADE_SIGNAL * slow + c.TRADE_PAST_RETURN * move + held,
    )


def _draws(rng: np.random.Generator) -> tuple[Floats, ...]:
    book, trade = rng.standard_normal((2, c.DAY_MINUTES))
    return book, trade
