-- Unbroken runs of one regime, for every rule: how long regimes last and what the price
-- did within them. A bar where the regime is unknown belongs to no spell and ends none.
-- A spell's length is known only once the next one has begun; the last one is open.
with regimes_listed as (

    select
        coin,
        rule,
        regime,
        bar_closed_at,
        decided_at,
    from {{ ref('int_regimes_listed_to_rules') }}
    where regime is not null

),

bars as (

    select
        coin,
        close,
        bar_closed_at,
    from {{ ref('bars') }}

),

regimes_priced as (

    select
        regimes_listed.coin,
        regimes_listed.rule,
        regimes_listed.regime,
        bars.close,
        regimes_listed.bar_closed_at,
        regimes_listed.decided_at,
    from regimes_listed
    inner join bars
        on
            regimes_listed.coin = bars.coin
            and regimes_listed.bar_closed_at = bars.bar_closed_at

),

changes_found as (

    select
        coin,
        rule,
        regime,
        close,
        coalesce(
            regime <> lag(regime) over (partition by coin, rule order by bar_closed_at),
            true
        ) as is_start,
        bar_closed_at,
        decided_at,
    from regimes_priced

),

spells_numbered as (

    select
        coin,
        rule,
        regime,
        close,
        count(case when is_start then 1 end) over (
            partition by coin, rule
            order by bar_closed_at
            rows between unbounded preceding and current row
        ) as spell_number,
        bar_closed_at,
        decided_at,
    from changes_found

),

spells_summarised as (

    select
        coin,
        rule,
        spell_number,
        max(regime) as regime,
        count(*) as count_bars,
        min_by(close, bar_closed_at) as first_close,
        max_by(close, bar_closed_at) as last_close,
        min(bar_closed_at) as started_at,
        max(bar_closed_at) as ended_at,
        min(decided_at) as decided_at,
    from spells_numbered
    group by coin, rule, spell_number

)

select
    coin,
    rule,
    started_at,

    regime,
    spell_number,
    count_bars,
    {{ log_ratio('last_close', 'first_close') }} as price_return,

    lead(decided_at) over spells is null as is_open,

    ended_at,
    lead(decided_at) over spells as known_at,
from spells_summarised
window spells as (partition by coin, rule order by spell_number)
