-- Size from which a level counts as large: per level, the quantile over a bar's books.
-- A book is judged by the bar before its own, so that the threshold is known in time.
{%- set depth = 10 %}
with book_snapshots as (

    select
        coin,
        source,
        {%- for side in ['bid', 'ask'] %}
        {%- for level in range(1, depth + 1) %}
        {{ side }}_size_{{ level }}_base,
        {%- endfor %}
        {%- endfor %}
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__book_snapshots') }}

)

select
    coin,
    source,
    bar_closed_at,

    {%- for side in ['bid', 'ask'] %}
    {%- for level in range(1, depth + 1) %}
    {{ quantile_of(
        book_size(side, level), var('large_order_quantile')
    ) }} as large_{{ side }}_size_{{ level }}_base,
    {%- endfor %}
    {%- endfor %}
from book_snapshots
where available_at <= {{ decided_at('bar_closed_at') }}
group by coin, source, bar_closed_at
