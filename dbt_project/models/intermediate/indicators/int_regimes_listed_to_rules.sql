-- Every rule's regime of every bar as a row; null where the rule cannot tell.
with regimes as (

    select
        coin,
        {%- for column in regime_rules().values() %}
        {{ column }},
        {%- endfor %}
        bar_closed_at,
        decided_at,
    from {{ ref('regimes') }}

)

{% for rule, column in regime_rules().items() %}
select
    coin,
    '{{ rule }}' as rule,
    cast({{ column }} as varchar) as regime,
    bar_closed_at,
    decided_at,
from regimes
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
