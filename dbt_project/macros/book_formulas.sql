{#
    Expressions over one wide book snapshot. Terms are added from the best level down,
    in one fixed order, so that the same book gives the same bits everywhere. Levels
    that are absent count as no size; a side without levels gives null.
    side: 'bid' or 'ask'; depth: levels from the best.
#}
{% macro book_size(side, level) -%}
    cast({{ side }}_size_{{ level }}_base as double)
{%- endmacro %}

{% macro book_price(side, level) -%}
    cast({{ side }}_price_{{ level }} as double)
{%- endmacro %}


{# Sum over levels of one term per level; a term that is null counts as 0. #}
{% macro sum_of_levels(terms) -%}
    (
        {%- for term in terms %}
        coalesce({{ term }}, 0)
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}
    )
{%- endmacro %}


{# Base units within `depth` levels; 0 where the side is empty. #}
{% macro book_volume(side, depth) -%}
    {%- set terms = [] -%}
    {%- for level in range(1, depth + 1) -%}
        {%- do terms.append(book_size(side, level)) -%}
    {%- endfor -%}
    {{ sum_of_levels(terms) }}
{%- endmacro %}


{# Orders within `depth` levels; 0 where the venue gave no counts. #}
{% macro book_orders(side, depth) -%}
    {%- set terms = [] -%}
    {%- for level in range(1, depth + 1) -%}
        {%- do terms.append('count_' ~ side ~ '_orders_' ~ level) -%}
    {%- endfor -%}
    {{ sum_of_levels(terms) }}
{%- endmacro %}


{# Sum over levels of price times size, quote units. #}
{% macro book_notional(side, depth) -%}
    {%- set terms = [] -%}
    {%- for level in range(1, depth + 1) -%}
        {%- do terms.append(
            book_price(side, level) ~ ' * ' ~ book_size(side, level)
        ) -%}
    {%- endfor -%}
    {{ sum_of_levels(terms) }}
{%- endmacro %}


{# Sum over levels of squared size: numerator of the concentration. #}
{% macro book_squares(side, depth) -%}
    {%- set terms = [] -%}
    {%- for level in range(1, depth + 1) -%}
        {%- do terms.append(book_size(side, level) ~ ' * ' ~ book_size(side, level)) -%}
    {%- endfor -%}
    {{ sum_of_levels(terms) }}
{%- endmacro %}


{# Base units in levels at least as large as their own threshold. #}
{% macro book_large_volume(side, depth) -%}
    {%- set terms = [] -%}
    {%- for level in range(1, depth + 1) -%}
        {%- do terms.append(
            'case when ' ~ book_size(side, level) ~ ' >= large_' ~ side ~ '_size_'
            ~ level ~ '_base then ' ~ book_size(side, level) ~ ' end'
        ) -%}
    {%- endfor -%}
    {{ sum_of_levels(terms) }}
{%- endmacro %}


{# Fraction of mid by which a level lies away from it, positive on both sides. #}
{% macro book_distance(side, level) -%}
    {%- if side == 'bid' -%}
        ((mid_price - {{ book_price(side, level) }}) / nullif(mid_price, 0))
    {%- else -%}
        (({{ book_price(side, level) }} - mid_price) / nullif(mid_price, 0))
    {%- endif -%}
{%- endmacro %}


{#
    Slope of a book side: least squares, through the mid, of cumulative size on
    distance: sum(distance * cumulative size) / sum(distance squared), base units per
    fraction of mid. Reads distance_<side>_<level> and cumulative_<side>_<level>.
#}
{% macro book_slope(side, depth) -%}
    {%- set products = [] -%}
    {%- set squares = [] -%}
    {%- for level in range(1, depth + 1) -%}
        {%- set distance = 'distance_' ~ side ~ '_' ~ level -%}
        {%- do products.append(
            distance ~ ' * cumulative_' ~ side ~ '_' ~ level
        ) -%}
        {%- do squares.append(distance ~ ' * ' ~ distance) -%}
    {%- endfor -%}
    {{ safe_divide(sum_of_levels(products), sum_of_levels(squares)) }}
{%- endmacro %}


{# (a - b) / (a + b), in [-1, 1]; null where both are 0 or either is unknown. #}
{% macro imbalance(a, b) -%}
    {{ safe_divide('(' ~ a ~ ') - (' ~ b ~ ')', '(' ~ a ~ ') + (' ~ b ~ ')') }}
{%- endmacro %}
