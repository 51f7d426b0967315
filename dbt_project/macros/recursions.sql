{#
    Exponential means by a closed form, for several series at once.

    A recursion e_t = q * e_(t-1) + a * x_t, q = 1 - a, is not a window function, and
    one step a row is slow. Within a block of rows it equals
    q^j * (q * carry + sum(a * x_k * q^-k)), a running sum, where the carry is the
    value at the end of the block before. So only the carries, one row per coin and
    block, are taken step by step. A block is so short that q^-k stays below 1e50.

    rows: CTE or relation with coin, bar_closed_at and the series. A series may be null
        before its first known value, not after it: leave rows without a value out.
    means: list of ema(...) and wilder(...)

    Gives coin, bar_closed_at and one column per mean, null before the first `bars`
    known values, whose simple mean is the seed.
#}
{% macro exponential_means(rows, means) %}
    {%- set block = block_rows(means) %}
    with recursive values_counted as (

        select
            coin,
            bar_closed_at,
            {%- for mean in means %}
            {{ mean.value }} as {{ mean.name }}_value,
            count({{ mean.value }}) over so_far as {{ mean.name }}_number,
            sum({{ mean.value }}) over so_far as {{ mean.name }}_total,
            {%- endfor %}
            row_number() over so_far - 1 as row_index,
        from {{ rows }}
        window so_far as (
            partition by coin
            order by bar_closed_at
            rows between unbounded preceding and current row
        )

    ),

    terms_decayed as (

        select
            coin,
            bar_closed_at,
            row_index,
            cast(floor(row_index / {{ double(block) }}) as bigint) as block_index,
            {%- for mean in means %}
            {%- set number = mean.name ~ '_number' %}
            power({{ double(mean.keep) }}, row_index % {{ block }})
                as {{ mean.name }}_decay,
            case
                when {{ number }} = {{ mean.bars }}
                    then {{ mean.name }}_total / {{ double(mean.bars) }}
                when {{ number }} > {{ mean.bars }}
                    then {{ mean.name }}_value * {{ double(mean.rate) }}
            end as {{ mean.name }}_term,
            {%- endfor %}
        from values_counted

    ),

    terms_summed as (

        select
            coin,
            bar_closed_at,
            block_index,
            {%- for mean in means %}
            {{ mean.name }}_decay,
            {{ mean.name }}_term is not null as {{ mean.name }}_is_known,
            coalesce(
                sum({{ mean.name }}_term / {{ mean.name }}_decay) over so_far, 0.0e0
            ) as {{ mean.name }}_sum,
            {%- endfor %}
        from terms_decayed
        window so_far as ({{ rows_of_block_so_far(block) }})

    ),

    block_ends as (

        select
            coin,
            block_index,
            {%- for mean in means %}
            max_by({{ mean.name }}_sum, bar_closed_at) as {{ mean.name }}_sum,
            {%- endfor %}
        from terms_summed
        group by coin, block_index

    ),

    carries as (

        select
            coin,
            block_index,
            {%- for mean in means %}
            cast(0 as double) as {{ mean.name }}_carry,
            {%- endfor %}
        from block_ends
        where block_index = 0

        union all

        select
            carries.coin,
            carries.block_index + 1 as block_index,
            {%- for mean in means %}
            {{ double(mean.keep ** (block - 1)) }} * (
                {{ double(mean.keep) }} * carries.{{ mean.name }}_carry
                + block_ends.{{ mean.name }}_sum
            ) as {{ mean.name }}_carry,
            {%- endfor %}
        from carries
        inner join block_ends
            on
                carries.coin = block_ends.coin
                and carries.block_index = block_ends.block_index

    )

    select
        terms_summed.coin,
        terms_summed.bar_closed_at,
        {%- for mean in means %}
        case
            when terms_summed.{{ mean.name }}_is_known
                then terms_summed.{{ mean.name }}_decay * (
                    {{ double(mean.keep) }} * carries.{{ mean.name }}_carry
                    + terms_summed.{{ mean.name }}_sum
                )
        end as {{ mean.name }},
        {%- endfor %}
    from terms_summed
    inner join carries
        on
            terms_summed.coin = carries.coin
            and terms_summed.block_index = carries.block_index
{% endmacro %}


{#
    Frame from the first row of a row's block to the row. DuckDB adds in a tree whose
    nodes start with the partition's first row: partitioned by block, the tree and so the
    last bit would depend on how many blocks there are; partitioned by coin it does not.
    Spark adds from left to right, but takes no expression as the bound of a frame.
#}
{% macro rows_of_block_so_far(block) -%}
    {{ return(adapter.dispatch('rows_of_block_so_far')(block)) }}
{%- endmacro %}

{% macro default__rows_of_block_so_far(block) -%}
    partition by coin
    order by bar_closed_at
    rows between (row_index % {{ block }}) preceding and current row
{%- endmacro %}

{% macro spark__rows_of_block_so_far(block) -%}
    partition by coin, block_index
    order by bar_closed_at
    rows between unbounded preceding and current row
{%- endmacro %}


{# An exponential moving average of `value`, rate 2 / (bars + 1). #}
{% macro ema(name, value, bars) %}
    {{- return(exponential_mean(name, value, bars, 2 / (bars + 1))) -}}
{% endmacro %}


{# Wilder's smoothing of `value` (1978), rate 1 / bars. #}
{% macro wilder(name, value, bars) %}
    {{- return(exponential_mean(name, value, bars, 1 / bars)) -}}
{% endmacro %}


{% macro exponential_mean(name, value, bars, rate) %}
    {%- if bars < 2 -%}
        {{- exceptions.raise_compiler_error(
            name ~ ' averages ' ~ bars ~ ' bars; expected 2 or more'
        ) -}}
    {%- endif -%}
    {{- return({
        'name': name, 'value': value, 'bars': bars, 'rate': rate, 'keep': 1 - rate,
    }) -}}
{% endmacro %}


{#
    Rows of a block: 512, or fewer for a short mean. With rate a and q = 1 - a,
    -ln(q) <= a / q, so that q^-rows <= exp(115) < 1e50 for rows <= 115 * q / a.
#}
{% macro block_rows(means) %}
    {%- set lengths = [512] -%}
    {%- for mean in means -%}
        {%- do lengths.append((115 * mean.keep / mean.rate) | int) -%}
    {%- endfor -%}
    {{- return(lengths | min) -}}
{% endmacro %}


{# A number as a literal of type DOUBLE; without an exponent it would be a DECIMAL. #}
{% macro double(number) -%}
    {{ number if 'e' in number | string else number ~ 'e0' }}
{%- endmacro %}
