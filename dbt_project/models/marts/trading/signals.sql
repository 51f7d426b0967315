-- A prediction beside the filters of the same bar. The filters are causal; the
-- predictions come from fits that a cut of the data would not repeat.
with predictions as (

    select
        coin,
        bar_closed_at,
        model_id,
        kind,
        experiment,
        probability_up,
    from {{ ref('predictions') }}

),

regimes as (

    select
        coin,
        bar_closed_at,
        regime,
        regime_hysteresis,
        volatility_regime,
        funding_regime,
    from {{ ref('regimes') }}

),

sentiment_bars as (

    select
        coin,
        bar_closed_at,
        sentiment_decayed,
    from {{ ref('sentiment_bars') }}
    where scorer = '{{ var('sentiment_scorer') }}'

),

quality_bars as (

    select
        coin,
        bar_closed_at,
        verdict,
    from {{ ref('quality_bars') }}

)

select
    predictions.coin,
    predictions.bar_closed_at,
    predictions.model_id,
    predictions.kind,

    predictions.experiment,
    regimes.volatility_regime,
    regimes.funding_regime,
    quality_bars.verdict as quality_verdict,

    predictions.probability_up,
    regimes.regime,
    regimes.regime_hysteresis,
    sentiment_bars.sentiment_decayed,

    {{ decided_at('predictions.bar_closed_at') }} as decided_at,
from predictions
left join regimes
    on
        predictions.coin = regimes.coin
        and predictions.bar_closed_at = regimes.bar_closed_at
left join sentiment_bars
    on
        predictions.coin = sentiment_bars.coin
        and predictions.bar_closed_at = sentiment_bars.bar_closed_at
left join quality_bars
    on
        predictions.coin = quality_bars.coin
        and predictions.bar_closed_at = quality_bars.bar_closed_at
