-- No feature is infinite or not a number: what cannot be computed is null.
select
    coin,
    bar_closed_at,
from {{ ref('features') }}
where
    false
    {%- for feature in feature_names() %}
    or (abs({{ feature }}) <= 1e300) is false
    {%- endfor %}
