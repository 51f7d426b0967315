-- What holding one unit of notional earned in funding, by the regime in force: the one
-- of the bar at whose decision the position carried into the settlement was taken.
with funding_hours as (

    select
        coin,
        funding_rate,
        interval_hours,
        {{ bar_opened_at(bar_closed_at_edge('funding_hour_at')) }} as bar_closed_at,
    from {{ ref('funding_hours') }}
    where is_present

),

regimes as (

    select
        coin,
        volatility_regime,
        funding_regime,
        regime,
        regime_hysteresis,
        bar_closed_at,
    from {{ ref('regimes') }}

),

hours_labelled as (

    {%- for rule, label in [
        ('paper', 'cast(regimes.regime as varchar)'),
        ('hysteresis', 'cast(regimes.regime_hysteresis as varchar)'),
        ('volatility', 'regimes.volatility_regime'),
        ('funding', 'regimes.funding_regime'),
    ] %}
    select
        funding_hours.coin,
        '{{ rule }}' as rule,
        coalesce({{ label }}, 'unknown') as regime,
        funding_hours.funding_rate,
        funding_hours.interval_hours,
    from funding_hours
    inner join regimes
        on
            funding_hours.coin = regimes.coin
            and funding_hours.bar_closed_at = regimes.bar_closed_at
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

rules_summarised as (

    select
        coin,
        rule,
        regime,
        count(*) as count_settlements,
        cast(sum(interval_hours) as bigint) as count_hours,
        {{ order_free_sum('funding_rate', 12) }} as total_rate,
        {{ order_free_mean('funding_rate', 12) }} as mean_rate,
        count(case when funding_rate > 0 then 1 end) as count_positive,
    from hours_labelled
    group by coin, rule, regime

)

select
    coin,
    rule,
    regime,

    count_settlements,
    count_hours,
    mean_rate as mean_funding_rate,
    -total_rate as carry_long,
    total_rate as carry_short,
    {{ safe_divide('total_rate', 'count_hours') }} * {{ hours_per_year() }}
        as carry_short_annualised,
    {{ safe_divide('cast(count_positive as double)', 'count_settlements') }}
        as positive_share,
from rules_summarised
