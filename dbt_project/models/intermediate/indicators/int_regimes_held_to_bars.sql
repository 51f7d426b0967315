-- The paper's regime flips about every ten bars on noise. Here a regime is entered only
-- when the mean return is `regime_enter_sigmas` standard errors from zero, is kept
-- until the other side is entered, and lasts at least `regime_dwell_bars`. When a spell
-- may end depends on when it began, so spells are found one after the other; the search
-- for the next end looks forward, but an end takes effect at its own bar, never before.
with recursive averages as (

    select
        coin,
        regime_mean_return,
        regime_return_deviation,
        bar_number,
        bar_closed_at,
    from {{ ref('int_prices_averaged_to_bars') }}

),

sides_signalled as (

    select
        coin,
        case
            when regime_mean_return * sqrt({{ var('regime_bars') }})
                > {{ var('regime_enter_sigmas') }} * regime_return_deviation
                then 1
            when regime_mean_return * sqrt({{ var('regime_bars') }})
                < -{{ var('regime_enter_sigmas') }} * regime_return_deviation
                then -1
        end as side,
        bar_number,
        bar_closed_at,
    from averages

),

ends_found as (

    select
        coin,
        side,
        min(case when side = 1 then bar_number end) over after_dwell as next_up_number,
        min(case when side = -1 then bar_number end) over after_dwell
            as next_down_number,
        bar_number,
        bar_closed_at,
    from sides_signalled
    window after_dwell as (
        partition by coin
        order by bar_closed_at
        rows between {{ var('regime_dwell_bars') }} following and unbounded following
    )

),

first_sides_found as (

    select
        coin,
        min(bar_number) as bar_number,
    from sides_signalled
    where side is not null
    group by coin

),

spells_followed as (

    select
        ends_found.coin,
        ends_found.side,
        ends_found.bar_number,
        case
            when ends_found.side = 1 then ends_found.next_down_number
            else ends_found.next_up_number
        end as end_number,
        1 as spell_number,
    from ends_found
    inner join first_sides_found
        on
            ends_found.coin = first_sides_found.coin
            and ends_found.bar_number = first_sides_found.bar_number

    union all

    select
        ends_found.coin,
        ends_found.side,
        ends_found.bar_number,
        case
            when ends_found.side = 1 then ends_found.next_down_number
            else ends_found.next_up_number
        end as end_number,
        spells_followed.spell_number + 1 as spell_number,
    from spells_followed
    inner join ends_found
        on
            spells_followed.coin = ends_found.coin
            and spells_followed.end_number = ends_found.bar_number

),

spells_counted as (

    select
        ends_found.coin,
        count(spells_followed.coin) over (
            partition by ends_found.coin
            order by ends_found.bar_closed_at
            rows between unbounded preceding and current row
        ) as spell_number,
        ends_found.bar_closed_at,
    from ends_found
    left join spells_followed
        on
            ends_found.coin = spells_followed.coin
            and ends_found.bar_number = spells_followed.bar_number

)

select
    spells_counted.coin,
    spells_counted.bar_closed_at,

    spells_followed.side as regime_hysteresis,
    spells_followed.spell_number,
from spells_counted
left join spells_followed
    on
        spells_counted.coin = spells_followed.coin
        and spells_counted.spell_number = spells_followed.spell_number
