-- Whether a regime is more than noise: how often its rule leaves it, against what the
-- rule would do on returns without memory, and what the price did in the bar after.
-- Independent returns flip the sign of their mean over n bars with probability
-- arccos(1 - 1/n)/pi a bar (Rice 1944).
with regime_spells as (

    select
        coin,
        rule,
        regime,
        count_bars,
        is_open,
    from {{ ref('regime_spells') }}

),

regimes_listed as (

    select
        coin,
        rule,
        regime,
        bar_closed_at,
    from {{ ref('int_regimes_listed_to_rules') }}
    where regime is not null

),

bars as (

    select
        coin,
        {{ log_ratio(
            'lead(close) over (partition by coin order by bar_closed_at)', 'close'
        ) }} as next_return,
        bar_closed_at,
    from {{ ref('bars') }}

),

regimes_priced as (

    select
        regimes_listed.coin,
        regimes_listed.rule,
        regimes_listed.regime,
        bars.next_return,
    from regimes_listed
    inner join bars
        on
            regimes_listed.coin = bars.coin
            and regimes_listed.bar_closed_at = bars.bar_closed_at

),

returns_averaged as (

    select
        coin,
        rule,
        regime,
        count(next_return) as count_next_returns,
        {{ order_free_mean('next_return', 12) }} as mean_next_return,
        {{ order_free_deviation('next_return', 9) }} as next_return_deviation,
    from regimes_priced
    group by coin, rule, regime

),

spells_counted as (

    select
        coin,
        rule,
        regime,
        cast(sum(count_bars) as bigint) as count_bars,
        count(*) as count_spells,
        count(case when not is_open then 1 end) as count_exits,
        {{ median_of('count_bars') }} as median_spell_bars,
        max(count_bars) as longest_spell_bars,
    from regime_spells
    group by coin, rule, regime

)

select
    spells_counted.coin,
    spells_counted.rule,
    spells_counted.regime,

    spells_counted.count_bars,
    spells_counted.count_spells,
    {{ safe_divide(
        'cast(spells_counted.count_bars as double)',
        'sum(spells_counted.count_bars) over rules'
    ) }} as bar_share,
    {{ safe_divide(
        'cast(spells_counted.count_bars as double)', 'spells_counted.count_spells'
    ) }} as mean_spell_bars,
    cast(spells_counted.median_spell_bars as double) as median_spell_bars,
    spells_counted.longest_spell_bars,
    {{ safe_divide(
        'cast(spells_counted.count_exits as double)', 'spells_counted.count_bars'
    ) }} as exit_rate,
    case
        when spells_counted.rule = 'paper' then acos(
            1 - {{ safe_divide('1.0e0', var('regime_bars')) }}
        ) / pi()
    end as noise_exit_rate,
    returns_averaged.mean_next_return,
    {{ safe_divide(
        'returns_averaged.next_return_deviation',
        'sqrt(returns_averaged.count_next_returns)'
    ) }} as mean_next_return_error,
    returns_averaged.next_return_deviation,
from spells_counted
left join returns_averaged
    on
        spells_counted.coin = returns_averaged.coin
        and spells_counted.rule = returns_averaged.rule
        and spells_counted.regime = returns_averaged.regime
window rules as (partition by spells_counted.coin, spells_counted.rule)
