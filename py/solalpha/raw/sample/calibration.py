"""Fixed numbers of the simulated market, with units.

They describe the world that is simulated, not a choice of a strategy: nothing
outside this package reads them. Volatilities are chosen near those of SOL and BTC
in 2024 and 2025; the planted effect is chosen so that the best possible
probability of the next day's direction has AUC 0.65 at edge 1.
"""

from __future__ import annotations

from typing import Final

TRADE_COIN_START_USD: Final = 170.0
BENCHMARK_START_USD: Final = 60_000.0

HOUR_S: Final = 3600
DAY_HOURS: Final = 24
HOUR_MINUTES: Final = 60
QUARTER_MINUTES: Final = 15
DAY_MINUTES: Final = 1440
YEAR_DAYS: Final = 365.0

# --- volatility: standard deviation of an hour's return, before jumps --------
TRADE_COIN_HOUR_SD: Final = 0.0077
BENCHMARK_HOUR_SD: Final = 0.0042
SLOW_VOLATILITY_HALF_LIFE_H: Final = 240.0
SLOW_VOLATILITY_SD: Final = 0.32  # of the log of the standard deviation
FAST_VOLATILITY_HALF_LIFE_H: Final = 4.0
FAST_VOLATILITY_SD: Final = 0.30
BRIEF_VOLATILITY_HALF_LIFE_MIN: Final = 40.0
BRIEF_VOLATILITY_SD: Final = 0.29
REGIME_MEAN_H: Final = 160.0  # mean hours between draws of a regime
REGIME_LOG_VOLATILITY: Final = (0.22, -0.30, 0.02)  # bear, flat, bull
# Volatility of each hour of the day (UTC) over the day's: New York opens at 13 or 14.
SEASON: Final = (
    *(1.08, 1.07, 1.00, 0.93, 0.87, 0.84, 0.84, 0.83, 0.88, 0.84, 0.82, 0.85),
    *(0.94, 1.29, 1.42, 1.29, 1.19, 1.17, 1.05, 1.02, 1.01, 1.00, 0.94, 0.82),
)
WEEKEND_LOG_VOLATILITY: Final = -0.25
TAIL_DEGREES: Final = 7.0  # degrees of freedom of the Student-t minute shocks
COIN_CORRELATION: Final = 0.70  # of the minute shocks of the two coins
MINUTE_RETURN_CAP: Final = 0.15  # symmetric bound on one minute's shock

# --- jumps -------------------------------------------------------------------
JUMP_PROBABILITY_PER_H: Final = 0.02
JUMP_SD: Final = 1.2  # in units of the hour's standard deviation
JUMP_SHARED: Final = 0.5  # share of jumps that move the benchmark too

# --- the planted state -------------------------------------------------------
STATE_HALF_LIFE_H: Final = 6.0
STATE_DRIFT: Final = 0.2010  # hour drift per unit of state and of hour sd, at edge 1
REGIME_DRIFT: Final = 0.016  # hour drift in bull, minus it in bear, in hour sd
HORIZON_H: Final = 24  # hours that the true probability looks ahead

# --- what shows of it in the order flow --------------------------------------
BOOK_SIGNAL: Final = 0.65  # log of bid over ask size per unit of state
BOOK_SLOW_NOISE_SD: Final = 0.15  # in units of state
BOOK_SLOW_NOISE_HALF_LIFE_H: Final = 3.0
BOOK_FAST_NOISE_SD: Final = 0.35
BOOK_FAST_NOISE_HALF_LIFE_MIN: Final = 3.0
BOOK_PAST_RETURN: Final = 0.05  # log ratio per standardised move of recent minutes
PAST_RETURN_HALF_LIFE_MIN: Final = 5.0
TRADE_SIGNAL: Final = 0.50  # log-odds of a buy per unit of state
TRADE_PAST_RETURN: Final = 0.10  # log-odds per standardised move of recent minutes
TRADE_PAST_HALF_LIFE_MIN: Final = 8.0
TRADE_CHASE: Final = 0.40  # the same for the move of the minute before the order
TRADE_IMPACT: Final = 1.20  # log-odds per standardised jump that the order sets off
# Long memory of signs: parts whose half-lives are spread out fall like a power law.
TRADE_MEMORY_HALF_LIVES_MIN: Final = (1.5, 12.0, 100.0, 800.0)
TRADE_MEMORY_SDS: Final = (0.45, 0.32, 0.24, 0.18)  # log-odds

# --- quotes ------------------------------------------------------------------
TRADE_COIN_SPREAD_BPS: Final = 0.34
BENCHMARK_SPREAD_BPS: Final = 0.2
SPREAD_VOLATILITY_POWER: Final = 0.9
SPREAD_NOISE: Final = 0.40  # sd of the log
BOOK_SIZE_BASE: Final = 650.0  # median size of the best level in base units
BOOK_SIZE_VOLATILITY_POWER: Final = -0.5
# Median size of each level over that of the best, and the sd of its log.
BOOK_PROFILE: Final = (
    *(1.00, 0.80, 1.15, 1.45, 1.85, 2.20, 2.35, 2.60, 3.00, 3.30),
    *(3.10, 2.90, 2.85, 2.85, 2.90, 2.90, 2.95, 2.85, 2.85, 2.95),
)
BOOK_SIZE_NOISE: Final = (1.70, 1.30, 1.10, 1.00, 0.90, *(0.80,) * 15)
ORDER_SIZE_BASE: Final = 120.0  # mean size of a resting order in base units
BOOK_SIZE_MOST: Final = 200_000.0  # base units of a level
TICK_MARGIN: Final = 0.02  # the tick is the one valid this far above the price

# --- trades ------------------------------------------------------------------
# One order in about sixty of the venue's is simulated, with the size of a real one.
BURSTS_LEAST: Final = 0.15  # first orders of a burst per minute, however calm
BURSTS_PER_MIN: Final = 0.46  # besides these, at median volatility
BURST_FOLLOWERS: Final = 1.0  # mean orders that follow the first within seconds
BURST_GAP_S: Final = 2.5  # mean seconds between orders of a burst
TRADES_VOLATILITY_POWER: Final = 1.0
ACTIVITY_SD: Final = 0.75  # of the log volume, beside what volatility explains
ACTIVITY_HALF_LIFE_H: Final = 72.0
ACTIVITY_IN_COUNTS: Final = 0.4  # share of it in the number of orders; else in sizes
TRADE_SIZE_MEDIAN: Final = 2.2  # base units of an order
TRADE_SIZE_SD: Final = 1.65  # of the log
TRADE_SIZE_IMPACT: Final = 0.30  # log size per unit of the jump that it sets off
TRADE_SIZE_MOST: Final = 5_000.0  # base units
FILLS_BEYOND_FIRST: Final = 1.00  # mean, of an order of median size
FILLS_SIZE_POWER: Final = 0.30
FILLS_SHAPE: Final = 0.40  # of the gamma that mixes their mean
FILLS_MOST: Final = 40
SWEEP_SIZE: Final = 400.0  # base units of an order that take one tick each
JUMP_PER_ORDER: Final = 0.08  # sd of the jump of an order, in minute sd
PASSING_IMPACT: Final = 0.4e-4  # of the price, each order, besides that jump
PASSING_HALF_LIFE_S: Final = 8.0
# --- outages: books and trades stop together ----------------------------------
OUTAGE_MIN: Final = (5.0, 12.0)  # least, and mean beyond it
OUTAGE_MOST_MIN: Final = 45.0
OUTAGE_EDGE_MIN: Final = 3  # minutes at both ends of an hour that have none
OUTAGE_FREE_DAYS: Final = 3  # days at the end of a sample that have none

# --- premium and funding -----------------------------------------------------
BASIS_MEAN: Final = 0.00025
SLOW_BASIS_SD: Final = 0.00060
SLOW_BASIS_HALF_LIFE_H: Final = 260.0
FAST_BASIS_SD: Final = 0.00042
FAST_BASIS_HALF_LIFE_H: Final = 6.0
BASIS_PAST_RETURN: Final = 0.00005  # per standardised return of the hour before
BASIS_MOST_RETURN: Final = 4.0  # beyond this the return counts no more
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
