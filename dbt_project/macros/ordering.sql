{#
    One whole number that orders rows by (event_at, sequence), free of ties where the
    pair is unique: microseconds in the high digits, sequence in the low ones.
    sequence: 0 to 9.2e18.
#}
{% macro order_key(event_at='event_at', sequence='sequence') -%}
    {{ return(adapter.dispatch('order_key')(event_at, sequence)) }}
{%- endmacro %}

{% macro default__order_key(event_at, sequence) -%}
    (
        cast({{ epoch_us(event_at) }} as hugeint) * 10000000000000000000
        + {{ sequence }}
    )
{%- endmacro %}

{% macro spark__order_key(event_at, sequence) -%}
    struct({{ event_at }}, {{ sequence }})
{%- endmacro %}


{# Composite order key of several columns, compared from the first to the last. #}
{% macro composite_key(columns) -%}
    {{ return(adapter.dispatch('composite_key')(columns)) }}
{%- endmacro %}

{% macro default__composite_key(columns) -%}
    row({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__composite_key(columns) -%}
    struct({{ columns | join(', ') }})
{%- endmacro %}


{#
    Rank of a source where several have the same thing: adopted order flow, then the
    venue that is traded, files, the simulator, and other venues last.
#}
{% macro source_rank(source) -%}
    case {{ source }}
        when 'lakehouse' then 0
        when 'hyperliquid' then 1
        when 'file' then 2
        when 'simulator' then 3
        else 4
    end
{%- endmacro %}


{#
    Whether rows of a source may price a bar or enter its flow: own sources always;
    another venue's only in bars before the first one that an own source prices, so that
    a gap is never filled with another venue's price. `bar_closed_at` of the row; windows
    over all sources of the coin (and of `also`).
#}
{% macro is_own_source(source) -%}
    {{ source }} in ('lakehouse', 'hyperliquid', 'file', 'simulator')
{%- endmacro %}

{% macro is_before_own_sources(source, also=[]) -%}
    coalesce(
        bar_closed_at
        < min(case when {{ is_own_source(source) }} then bar_closed_at end) over (
            partition by {{ (['coin'] + also) | join(', ') }}
        ),
        true
    )
{%- endmacro %}


{# Rank of what a bar's price comes from: quotes before trades before candles. #}
{% macro price_source_rank(price_source) -%}
    case {{ price_source }}
        when 'mid' then 0
        when 'trades' then 1
        else 2
    end
{%- endmacro %}
