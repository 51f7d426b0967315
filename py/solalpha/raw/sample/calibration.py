"""Fixed numbers of the simulated market, with units.

They describe the world that is simulated, not a choice of a strategy: nothing
outside this package reads them. Volatilities are chosen near those of SOL and BTC
in 2024 and 2025; the planted effect is chosen so that the best possible
probability of the next day's direction has AUC 0.65 at edge 1.
"""

from __future__ import annotations

from typing import Final

TRADE_COIN_START_USD: Final = 150.0
BENCHMARK_START_USD: Final = 60_000.0

HOUR_S: Final = 3600
DAY_HOURS: Final = 24
HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 1440

# --- volatility: standard deviation of an hour's return, before jumps --------
TRADE_COIN_HOUR_SD: Final = 0.0066
BENCHMARK_HOUR_SD: Final = 0.0038
SLOW_VOLATILITY_HALF_LIFE_H: Final = 120.0
SLOW_VOLATILITY_SD: Final = 0.28  # of the log of the standard deviation
FAST_VOLATILITY_HALF_LIFE_H: Final = 8.0
FAST_VOLATILITY_SD: Final = 0.18
REGIME_MEAN_H: Final = 160.0  # mean hours between draws of a regime
REGIME_LOG_VOLATILITY: Final = (0.22, -0.30, 0.02)  # bear, flat, bull
SEASON_LOG_VOLATILITY: Final = 0.25  # daily wave, highest at the peak hour
SEASON_SECOND_WAVE: Final = 0.08
SEASON_PEAK_HOUR: Final = 15.0  # UTC
WEEKEND_LOG_VOLATILITY: Final = -0.20
TAIL_DEGREES: Final = 5.0  # degrees of freedom of the Student-t minute shocks
COIN_CORRELATION: Final = 0.70  # of the minute shocks of the two coins
MINUTE_RETURN_CAP: Final = 0.15  # symmetric bound on one minute's shock

# --- jumps -------------------------------------------------------------------
JUMP_PROBABILITY_PER_H: Final = 0.02
JUMP_SD: Final = 3.0  # in units of the hour's standard deviation
JUMP_SHARED: Final = 0.5  # share of jumps that move the benchmark too

# --- the planted state -------------------------------------------------------
STATE_HALF_LIFE_H: Final = 6.0
STATE_DRIFT: Final = 0.2145  # hour drift per unit of state and of hour sd, at edge 1
REGIME_DRIFT: Final = 0.016  # hour drift in bull, minus it in bear, in hour sd
HORIZON_H: Final = 24  # hours that the true probability looks ahead

# --- what shows of it in the order flow --------------------------------------
BOOK_SIGNAL: Final = 0.50  # log of bid over ask size per unit of state
BOOK_SLOW_NOISE_SD: Final = 0.15  # in units of state
BOOK_SLOW_NOISE_HALF_LIFE_H: Final = 3.0
BOOK_FAST_NOISE_SD: Final = 0.35
BOOK_FAST_NOISE_HALF_LIFE_MIN: Final = 3.0
BOOK_PAST_RETURN: Final = 0.05  # log ratio per standardised move of recent minutes
PAST_RETURN_HALF_LIFE_MIN: Final = 5.0
TRADE_SIGNAL: Final = 0.50  # log-odds of a buy per unit of state
TRADE_PAST_RETURN: Final = 0.60  # log-odds per standardised move of the minute
TRADE_NOISE_SD: Final = 0.35  # log-odds, persistent
TRADE_NOISE_HALF_LIFE_MIN: Final = 20.0

# --- quotes ------------------------------------------------------------------
TRADE_COIN_SPREAD_BPS: Final = 0.9
BENCHMARK_SPREAD_BPS: Final = 0.2
SPREAD_VOLATILITY_POWER: Final = 0.7
SPREAD_NOISE: Final = 0.25  # sd of the log
BOOK_SIZE_BASE: Final = 45.0  # median size of a level in base units
BOOK_SIZE_VOLATILITY_POWER: Final = -0.5
BOOK_SIZE_NOISE: Final = 0.55  # sd of the log, each level
ORDER_SIZE_BASE: Final = 14.0  # mean size of a resting order in base units
TICK_MARGIN: Final = 0.02  # the tick is the one valid this far above the price

# --- trades ------------------------------------------------------------------
TRADES_PER_MIN: Final = 1.1  # beside the one that every minute has
TRADE_SIZE_MEDIAN: Final = 2.5  # base units
TRADE_SIZE_SD: Final = 1.2  # of the log
BLOCK_SHARE: Final = 0.02
BLOCK_MULTIPLE: Final = 8.0
SWEEP_SIZE: Final = 60.0  # a trade above this size pays one tick more, base units

# --- premium and funding -----------------------------------------------------
BASIS_MEAN: Final = 0.0001
BASIS_SD: Final = 0.00045
BASIS_HALF_LIFE_H: Final = 20.0
BASIS_PAST_RETURN: Final = 0.00004  # per standardised return of the hour before
BASIS_NOISE_SD: Final = 0.00008  # of each sample of the premium
IMPACT_HALF_SPREAD_BPS: Final = 1.2  # impact price to mid beside half the spread
INTEREST_8H: Final = 0.0001
CLAMP_8H: Final = 0.0005
CAP_PER_H: Final = 0.04
FUNDING_JITTER_MS: Final = 80
TRADE_COIN_CONTEXT_MIN: Final = 5
BENCHMARK_CONTEXT_MIN: Final = 10
TRADE_COIN_OPEN_INTEREST: Final = 5_000_000.0
BENCHMARK_OPEN_INTEREST: Final = 30_000.0
OPEN_INTEREST_SD: Final = 0.20
OPEN_INTEREST_HALF_LIFE_H: Final = 240.0
BENCHMARK_TRADES_PER_H: Final = 4000.0
BENCHMARK_VOLUME_PER_H: Final = 1500.0  # base units

# --- headlines ---------------------------------------------------------------
HEADLINES_PER_H: Final = 0.22
HEADLINE_STATE: Final = 0.45  # log-odds of a positive tone per unit of state
HEADLINE_PAST_RETURN: Final = 0.50  # per standardised return of the day before
HEADLINE_NEUTRAL: Final = 0.35
LEAD_SHARE: Final = 0.35  # share of jumps that a headline announces
LEAD_ACCURACY: Final = 0.80  # P(tone is the jump's sign) is (1 + it x edge) / 2
LEAD_MIN: Final = (10, 120)  # minutes before the jump
FOLLOW_SHARES: Final = (0.95, 0.50, 0.20)  # share of jumps with 1, 2, 3 echoes
FOLLOW_MIN: Final = (3, 90)
FOLLOW_ACCURACY: Final = 0.90
DUPLICATE_SHARE: Final = 0.15
DUPLICATE_MIN: Final = (2, 45)
UNSEEN_SHARE: Final = 0.10  # headlines whose first_seen_at is unknown
