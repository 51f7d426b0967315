"""The whole simulated market of some days, before it is written anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solalpha.raw.sample import calibration as c
from solalpha.raw.sample.contexts import Prints, prints_of_quotes, prints_of_trades
from solalpha.raw.sample.draws import Floats
from solalpha.raw.sample.flow import Flow, simulate_flow
from solalpha.raw.sample.latent import Latent, simulate_latent
from solalpha.raw.sample.news import News, NewsDraws, simulate_news
from solalpha.raw.sample.prices import CoinModel, Market, simulate_market
from solalpha.raw.sample.trades import Trades, simulate_trades
from solalpha.raw.sample.truth import Announced, auc, outcomes, probability_up

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Hold a simulated market; hours and minutes count from its start.

    Attributes
    ----------
    market, benchmark : prices of the traded coin and of the coin beside it
    trades, prints, benchmark_prints : what was traded
    probability : ndarray of shape (n_hours,), true P(up) at each hourly close
    """

    latent: Latent
    market: Market
    benchmark: Market
    flow: Flow
    trades: Trades
    prints: Prints
    benchmark_prints: Prints
    news: News
    news_draws: NewsDraws
    announced: Announced
    probability: Floats

    @property
    def close(self) -> Floats:
        """Return the mid at each hour's close, ten-thousandths of a dollar."""
        last = slice(c.HOUR_MINUTES - 1, None, c.HOUR_MINUTES)
        return np.asarray((self.market.bid[last] + self.market.ask[last]) / 2.0)

    @property
    def bayes_auc(self) -> float:
        """Return the AUC of the true probabilities; NaN under 25 hours."""
        ahead = self.market.hours - c.HORIZON_H
        if ahead < 1:
            return float("nan")
        return auc(self.probability[:ahead], outcomes(self.close))


def simulate_world(
    *,
    trade_coin: str,
    benchmark_coin: str,
    days: int,
    seed: int,
    edge: float,
    start_hour: int,
    outages_per_year: float,
) -> World:
    """Simulate both coins, their order flow and the headlines.

    Parameters
    ----------
    outages_per_year
        Mean number of times that books and trades stop together for some minutes.
    start_hour
        Hours since the epoch at which the sample starts (UTC).
    """
    latent = simulate_latent(
        days=days, seed=seed, start_hour=start_hour, outages_per_year=outages_per_year
    )
    market = simulate_market(latent, trade_coin_model(trade_coin), seed=seed, edge=edge)
    benchmark = simulate_market(
        latent, benchmark_model(benchmark_coin), seed=seed, edge=0.0
    )
    flow = simulate_flow(latent, market, seed=seed)
    trades = simulate_trades(
        market,
        flow,
        latent.activity,
        seed=seed,
        start_day=start_hour // c.DAY_HOURS,
    )
    news, draws, announced = simulate_news(latent, market, seed=seed, edge=edge)
    return World(
        latent=latent,
        market=market,
        benchmark=benchmark,
        flow=flow,
        trades=trades,
        prints=prints_of_trades(market, trades),
        benchmark_prints=prints_of_quotes(benchmark, seed=seed),
        news=news,
        news_draws=draws,
        announced=announced,
        probability=probability_up(
            latent, market, announced, edge=edge, start_hour=start_hour
        ),
    )


def trade_coin_model(coin: str) -> CoinModel:
    """Return the fixed numbers of the traded coin, simulated under this name."""
    return CoinModel(
        coin=coin,
        index=0,
        start_usd=c.TRADE_COIN_START_USD,
        hour_sd=c.TRADE_COIN_HOUR_SD,
        spread_bps=c.TRADE_COIN_SPREAD_BPS,
        context_min=c.TRADE_COIN_CONTEXT_MIN,
        open_interest=c.TRADE_COIN_OPEN_INTEREST,
    )


def benchmark_model(coin: str) -> CoinModel:
    """Return the fixed numbers of the coin beside it."""
    return CoinModel(
        coin=coin,
        index=1,
        start_usd=c.BENCHMARK_START_USD,
        hour_sd=c.BENCHMARK_HOUR_SD,
        spread_bps=c.BENCHMARK_SPREAD_BPS,
        context_min=c.BENCHMARK_CONTEXT_MIN,
        open_interest=c.BENCHMARK_OPEN_INTEREST,
    )
