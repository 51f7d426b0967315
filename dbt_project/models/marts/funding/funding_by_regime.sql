-- What holding one unit of notional earned in funding, by the regime in force: the one
-- of the bar at whose decision the position carried into the settlement was taken.
-- Funding is sticky, so an error that took each settlement for a draw of its own would
-- be far too small: whole blocks of hours are the draws.
with funding_hours as (

    select
        coin,
        funding_rate,
        {{ bounded_integer('funding_rate', 12) }} as rate,
        interval_hours,
        {{ floor_to('funding_hour_at', hours_s(var('carry_block_hours'))) }}
            as block_at,
        {{ bar_opened_at(bar_closed_at_edge('funding_hour_at')) }} as bar_closed_at,
    from {{ ref('funding_hours') }}
    where is_present

),

regimes_listed as (

    select
        coin,
        rule,
        coalesce(regime, 'unknown') as regime,
        bar_closed_at,
    from {{ ref('int_regimes_listed_to_rules') }}

),

funding_costs as (

    select
        coin,
        {%- for span in holding_spans() %}
        cost_long_{{ span }},
        {%- endfor %}
        funding_hour_at as bar_closed_at,
    from {{ ref('funding_costs') }}

),

blocks_summed as (

    select
        regimes_listed.coin,
        regimes_listed.rule,
        regimes_listed.regime,
        count(funding_hours.rate) as count_settlements,
        sum(funding_hours.interval_hours) as count_hours,
        sum(funding_hours.rate) as total,
        count(case when funding_hours.rate > 0 then 1 end) as count_positive,
    from regimes_listed
    inner join funding_hours
        on
            regimes_listed.coin = funding_hours.coin
            and regimes_listed.bar_closed_at = funding_hours.bar_closed_at
    group by
        regimes_listed.coin,
        regimes_listed.rule,
        regimes_listed.regime,
        funding_hours.block_at

),

blocks_compared as (

    select
        coin,
        rule,
        regime,
        count_settlements,
        count_hours,
        total,
        count_positive,
        -- The block's sum less its share of the whole, times the whole's count.
        total * sum(count_settlements) over regime_blocks
        - count_settlements * sum(total) over regime_blocks as excess,
    from blocks_summed
    window regime_blocks as (partition by coin, rule, regime)

),

rules_summarised as (

    select
        coin,
        rule,
        regime,
        cast(sum(count_settlements) as bigint) as count_settlements,
        cast(sum(count_hours) as bigint) as count_hours,
        count(*) as count_blocks,
        {{ value_of_sum('sum(total)', 12) }} as total_rate,
        cast(sum(count_positive) as bigint) as count_positive,
        sum({{ exact_product('excess', 'excess') }}) as excess_squares,
    from blocks_compared
    group by coin, rule, regime

),

costs_averaged as (

    select
        regimes_listed.coin,
        regimes_listed.rule,
        regimes_listed.regime,
        {%- for span in holding_spans() %}
        {{ order_free_mean('funding_costs.cost_long_' ~ span, 12) }}
            as mean_cost_{{ span }},
        {%- endfor %}
    from regimes_listed
    inner join funding_costs
        on
            regimes_listed.coin = funding_costs.coin
            and regimes_listed.bar_closed_at = funding_costs.bar_closed_at
    group by regimes_listed.coin, regimes_listed.rule, regimes_listed.regime

),

errors_estimated as (

    select
        coin,
        rule,
        regime,
        count_settlements,
        count_hours,
        count_blocks,
        total_rate,
        count_positive,
        {{ safe_divide('total_rate', 'count_settlements') }} as mean_rate,
        {{ safe_divide(
            value_of_sum(
                'sqrt(cast(excess_squares as double) * '
                ~ safe_divide('count_blocks', 'count_blocks - 1') ~ ')',
                12
            ),
            'cast(count_settlements as double) * count_settlements'
        ) }} as mean_rate_error,
    from rules_summarised

)

select
    errors_estimated.coin,
    errors_estimated.rule,
    errors_estimated.regime,

    errors_estimated.count_settlements,
    errors_estimated.count_hours,
    errors_estimated.count_blocks,
    errors_estimated.mean_rate as mean_funding_rate,
    errors_estimated.mean_rate_error,
    {{ safe_divide('errors_estimated.mean_rate', 'errors_estimated.mean_rate_error') }}
        as mean_rate_t,
    -errors_estimated.total_rate as carry_long,
    errors_estimated.total_rate as carry_short,
    {{ safe_divide('errors_estimated.total_rate', 'errors_estimated.count_hours') }}
    * {{ hours_per_year() }} as carry_short_annualised,
    {%- for span in holding_spans() %}
    -costs_averaged.mean_cost_{{ span }} as carry_long_{{ span }},
    costs_averaged.mean_cost_{{ span }} as carry_short_{{ span }},
    {%- endfor %}
    {{ safe_divide(
        'cast(errors_estimated.count_positive as double)',
        'errors_estimated.count_settlements'
    ) }} as positive_share,
from errors_estimated
left join costs_averaged
    on
        errors_estimated.coin = costs_averaged.coin
        and errors_estimated.rule = costs_averaged.rule
        and errors_estimated.regime = costs_averaged.regime
