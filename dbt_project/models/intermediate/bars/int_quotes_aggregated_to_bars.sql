-- Mid prices of each bar, per source: adopted order flow and our own recorded books.
-- Twice: from rows known at the decision, and from all rows (`final_`).
with adopted as (

    select
        coin,
        source,
        bar_closed_at,
        {%- for name in quote_statistic_names() %}
        {{ name }},
        {%- endfor %}
    from {{ ref('int_lakehouse_quotes_aggregated_to_bars') }}

),

own as (

    select
        coin,
        source,
        bar_closed_at,
        {%- for name in quote_statistic_names() %}
        {{ name }},
        {%- endfor %}
    from {{ ref('int_book_quotes_aggregated_to_bars') }}

)

{% for rows in ['adopted', 'own'] %}
select
    coin,
    source,
    bar_closed_at,

    {%- for name in quote_statistic_names() %}
    {{ name }},
    {%- endfor %}
from {{ rows }}
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
