-- One price per bar, from the best source that has one: what spans the bar before what
-- does not, quotes before trades before candles, the finest interval of candles before
-- coarser ones. So a book that was read once in an hour does not stand for its candle,
-- nor the last few trades for its volume. Another venue prices only bars before the
-- first of our own sources. Twice: as known at the decision, and finally. Volume comes
-- from the first source in the same order that has it.
with quotes as (

    {%- for prefix in ['', 'final_'] %}
    select
        coin,
        'mid' as price_source,
        source,
        0 as interval_s,
        {{ prefix }}open as open,
        {{ prefix }}high as high,
        {{ prefix }}low as low,
        {{ prefix }}close as close,
        cast(null as double) as volume,
        {{ prefix }}count_rows as count_rows,
        coalesce({{ prefix }}is_complete, false) as is_complete,
        {{ 'true' if prefix else 'false' }} as is_final,
        bar_closed_at,
    from {{ ref('int_quotes_aggregated_to_bars') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

trades as (

    {%- for prefix in ['', 'final_'] %}
    select
        coin,
        'trades' as price_source,
        source,
        0 as interval_s,
        {{ prefix }}open as open,
        {{ prefix }}high as high,
        {{ prefix }}low as low,
        {{ prefix }}close as close,
        {{ prefix }}volume as volume,
        {{ prefix }}count_rows as count_rows,
        coalesce({{ prefix }}is_complete, false) as is_complete,
        {{ 'true' if prefix else 'false' }} as is_final,
        bar_closed_at,
    from {{ ref('int_trades_aggregated_to_bars') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

candles as (

    {%- for prefix in ['', 'final_'] %}
    select
        coin,
        'candles' as price_source,
        source,
        interval_s,
        {{ prefix }}open as open,
        {{ prefix }}high as high,
        {{ prefix }}low as low,
        {{ prefix }}close as close,
        {{ prefix }}volume as volume,
        {{ prefix }}count_rows as count_rows,
        {{ prefix }}is_complete as is_complete,
        {{ 'true' if prefix else 'false' }} as is_final,
        bar_closed_at,
    from {{ ref('int_candles_aggregated_to_bars') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

candidates_unioned as (

    {%- for kind in ['quotes', 'trades', 'candles'] %}
    select
        coin,
        price_source,
        source,
        interval_s,
        open,
        high,
        low,
        close,
        volume,
        count_rows,
        is_complete,
        is_final,
        bar_closed_at,
    from {{ kind }}
    where count_rows > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

candidates_kept as (

    select
        coin,
        price_source,
        source,
        interval_s,
        open,
        high,
        low,
        close,
        volume,
        count_rows,
        is_complete,
        is_final,
        bar_closed_at,
    from candidates_unioned
    qualify
        {{ is_own_source('source') }}
        or {{ is_before_own_sources('source', also=['is_final']) }}

),

candidates_ranked as (

    select
        coin,
        price_source,
        source,
        open,
        high,
        low,
        close,
        volume,
        count_rows,
        is_final,
        bar_closed_at,
        row_number() over (
            partition by coin, bar_closed_at, is_final
            order by
                is_complete desc,
                {{ price_source_rank('price_source') }},
                {{ source_rank('source') }},
                source,
                interval_s
        ) as place,
    from candidates_kept

),

volumes_chosen as (

    select
        coin,
        is_final,
        bar_closed_at,
        min_by(volume, place) as volume,
    from candidates_ranked
    where volume is not null
    group by coin, is_final, bar_closed_at

)

select
    candidates_ranked.coin,
    candidates_ranked.bar_closed_at,
    candidates_ranked.is_final,

    candidates_ranked.price_source,
    candidates_ranked.source,

    candidates_ranked.open,
    candidates_ranked.high,
    candidates_ranked.low,
    candidates_ranked.close,
    volumes_chosen.volume,
    candidates_ranked.count_rows,
from candidates_ranked
left join volumes_chosen
    on
        candidates_ranked.coin = volumes_chosen.coin
        and candidates_ranked.is_final = volumes_chosen.is_final
        and candidates_ranked.bar_closed_at = volumes_chosen.bar_closed_at
where candidates_ranked.place = 1
