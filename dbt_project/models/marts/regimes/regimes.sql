-- States of the market as known at each decision. `regime` is the paper's rule, noise
-- and all; the others repair it or add what it lacks. Ranks are trailing: quantiles of
-- the full sample would tell the past about the future.
{%- set least = [var('warmup_bars'), var('trailing_rank_bars')] | min %}
with bars as (

    select
        coin,
        bar_closed_at,
        decided_at,
    from {{ ref('bars') }}

),

averages as (

    select
        coin,
        regime_mean_return,
        bar_closed_at,
    from {{ ref('int_prices_averaged_to_bars') }}

),

regimes_held as (

    select
        coin,
        regime_hysteresis,
        bar_closed_at,
    from {{ ref('int_regimes_held_to_bars') }}

),

returns as (

    select
        coin,
        realised_volatility_short,
        bar_closed_at,
    from {{ ref('int_returns_measured_to_bars') }}

),

perpetuals as (

    select
        coin,
        funding_rate_last,
        open_interest_quadrant_short,
        bar_closed_at,
    from {{ ref('int_perpetuals_measured_to_bars') }}

),

volatilities_ranked as (

    select
        coin,
        realised_volatility_short,
        {{ rolling_quantile(
            'realised_volatility_short',
            var('volatility_low_quantile'),
            var('trailing_rank_bars'),
            least,
        ) }} as low_volatility,
        {{ rolling_quantile(
            'realised_volatility_short',
            var('volatility_high_quantile'),
            var('trailing_rank_bars'),
            least,
        ) }} as high_volatility,
        bar_closed_at,
    from returns

),

funding_ranked as (

    select
        coin,
        funding_rate_last,
        {{ rolling_quantile(
            'funding_rate_last',
            var('funding_high_quantile'),
            var('trailing_rank_bars'),
            least,
        ) }} as high_funding_rate,
        bar_closed_at,
    from perpetuals

)

select
    bars.coin,
    bars.bar_closed_at,

    case
        when volatilities_ranked.realised_volatility_short
            < volatilities_ranked.low_volatility
            then 'low'
        when volatilities_ranked.realised_volatility_short
            > volatilities_ranked.high_volatility
            then 'high'
        when volatilities_ranked.low_volatility is not null
            and volatilities_ranked.realised_volatility_short is not null
            then 'normal'
    end as volatility_regime,
    case
        when funding_ranked.funding_rate_last < 0 then 'negative'
        when funding_ranked.funding_rate_last > funding_ranked.high_funding_rate
            then 'high'
        when funding_ranked.high_funding_rate is not null
            and funding_ranked.funding_rate_last is not null
            then 'normal'
    end as funding_regime,
    {{ quadrant_name('perpetuals.open_interest_quadrant_short') }}
        as positioning_regime,

    case
        when averages.regime_mean_return > 0 then 1
        when averages.regime_mean_return <= 0 then -1
    end as regime,
    averages.regime_mean_return,
    regimes_held.regime_hysteresis,

    bars.decided_at,
from bars
left join averages
    on
        bars.coin = averages.coin
        and bars.bar_closed_at = averages.bar_closed_at
left join regimes_held
    on
        bars.coin = regimes_held.coin
        and bars.bar_closed_at = regimes_held.bar_closed_at
left join volatilities_ranked
    on
        bars.coin = volatilities_ranked.coin
        and bars.bar_closed_at = volatilities_ranked.bar_closed_at
left join funding_ranked
    on
        bars.coin = funding_ranked.coin
        and bars.bar_closed_at = funding_ranked.bar_closed_at
left join perpetuals
    on
        bars.coin = perpetuals.coin
        and bars.bar_closed_at = perpetuals.bar_closed_at
