{# One row per key: no value of the key twice, no part of it null. #}
{% test unique_key(model, columns) %}
select
    {% for column in columns %}
    {{ column }},
    {% endfor %}
    count(*) as count_rows,
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns %}
    or {{ column }} is null
    {% endfor %}
{% endtest %}
