{#
    Exponential means, exact and fast, for several series at once.

    A recursion e_t = q * e_(t-1) + a * x_t, q = 1 - a, is not a window function, and
    one step a row is slow. But it is linear: j rows into a block of rows it equals what
    it gives from 0 at the block's start plus q^j times the value before the block. So
    all blocks of all coins take their steps at once, as many steps as a block has rows;
    then the blocks are chained, one step a block.

    A block begins at a multiple of its length, and a row reads only rows before it: no
    number of threads and no row appended or withheld changes a bit of another.

    rows: CTE or relation with coin, bar_closed_at and the series. A series may be null
        before its first known value; a null after it makes all later means null.
    means: list of ema(...), wilder(...) and, after the two means that it reads,
        ema_of_difference(...)
    kept: further columns of rows that the result has too
    number: column of rows that counts a coin's rows from 1 in the order of
        bar_closed_at, where they have one; it saves counting

    Gives coin, bar_closed_at, `kept` and one column per mean, null before the first
    `bars` known values, whose simple mean is the seed.
#}
{% macro exponential_means(rows, means, kept=[], number=none) %}
    {%- set block = block_rows() %}
    {%- set plain = means | rejectattr('minuend', 'defined') | list %}
    {%- set differences = means | selectattr('minuend', 'defined') | list %}
    {#- A union goes by position: one order for all. #}
    {%- set means = plain + differences %}
    with recursive rows_numbered as (

        select
            coin,
            bar_closed_at,
            {%- for name in kept %}
            {{ name }},
            {%- endfor %}
            {%- for mean in plain %}
            {{ mean.value }} as {{ mean.name }}_value,
            {%- endfor %}
            {{
                number or 'row_number() over (partition by coin order by bar_closed_at)'
            }} - 1 as row_index,
        from {{ rows }}

    ),

    first_rows_found as (

        select
            coin,
            {%- for mean in plain %}
            min(case when {{ mean.name }}_value is not null then row_index end)
                as {{ mean.name }}_first,
            {%- endfor %}
        from rows_numbered
        group by coin

    ),

    first_values_summed as (

        select
            rows_numbered.coin,
            {%- for mean in plain %}
            {%- set first = 'first_rows_found.' ~ mean.name ~ '_first' %}
            {{ first }} + {{ mean.bars - 1 }} as {{ mean.name }}_seed_row,
            sum(
                case
                    when rows_numbered.row_index < {{ first }} + {{ mean.bars }}
                        then rows_numbered.{{ mean.name }}_value
                end
            ) over so_far as {{ mean.name }}_total,
            {%- endfor %}
            rows_numbered.row_index,
        from rows_numbered
        inner join first_rows_found
            on rows_numbered.coin = first_rows_found.coin
        where
            rows_numbered.row_index
            < greatest(
                {%- for mean in plain %}
                first_rows_found.{{ mean.name }}_first + {{ mean.bars }},
                {%- endfor %}
                1
            )
        window so_far as (
            partition by rows_numbered.coin
            order by rows_numbered.row_index
            rows between unbounded preceding and current row
        )

    ),

    seeds_measured as (

        select
            coin,
            {%- for mean in plain %}
            min({{ mean.name }}_seed_row) as {{ mean.name }}_seed_row,
            max_by({{ mean.name }}_total, row_index) / {{ double(mean.bars) }}
                as {{ mean.name }}_seed,
            {%- endfor %}
        from first_values_summed
        group by coin

    ),

    coins_numbered as (

        select
            coin,
            {%- for mean in plain %}
            {{ mean.name }}_seed_row,
            {{ mean.name }}_seed,
            {%- endfor %}
            {%- for mean in differences %}
            {%- set minuend_row = mean.minuend.name ~ '_seed_row' %}
            {%- set subtrahend_row = mean.subtrahend.name ~ '_seed_row' %}
            case
                when {{ minuend_row }} >= {{ subtrahend_row }} then {{ minuend_row }}
                when {{ minuend_row }} < {{ subtrahend_row }} then {{ subtrahend_row }}
            end as {{ mean.name }}_first,
            {%- endfor %}
            -- One whole number for coin and row joins faster than the two.
            row_number() over (order by coin) * {{ coin_stride() }} as coin_key,
        from seeds_measured

    ),

    terms_measured as (

        select
            {%- for mean in plain %}
            {%- set seed_row = 'coins_numbered.' ~ mean.name ~ '_seed_row' %}
            case
                when rows_numbered.row_index > {{ seed_row }}
                    then rows_numbered.{{ mean.name }}_value * {{ double(mean.rate) }}
                when rows_numbered.row_index = {{ seed_row }}
                    then coins_numbered.{{ mean.name }}_seed
                else 0.0e0
            end as {{ mean.name }}_term,
            {%- endfor %}
            {%- for mean in differences %}
            rows_numbered.row_index - coins_numbered.{{ mean.name }}_first + 1
                as {{ mean.name }}_number,
            {%- endfor %}
            rows_numbered.row_index % {{ block }} as block_row,
            coins_numbered.coin_key + rows_numbered.row_index as row_key,
        from rows_numbered
        inner join coins_numbered
            on rows_numbered.coin = coins_numbered.coin

    ),

    steps_taken as (

        select
            {%- for mean in plain %}
            {{ mean.name }}_term as {{ mean.name }}_state,
            {%- endfor %}
            {%- for mean in differences %}
            {{ difference_step(
                mean, '0.0e0',
                mean.minuend.name ~ '_term', mean.subtrahend.name ~ '_term',
                mean.name ~ '_number'
            ) }} as {{ mean.name }}_state,
            {%- endfor %}
            row_key,
        from terms_measured
        where block_row = 0

        union all

        select
            {%- for mean in plain %}
            {{ plain_step(mean) }} as {{ mean.name }}_state,
            {%- endfor %}
            {%- for mean in differences %}
            {{ difference_step(
                mean, 'steps_taken.' ~ mean.name ~ '_state',
                plain_step(mean.minuend), plain_step(mean.subtrahend),
                'terms_measured.' ~ mean.name ~ '_number'
            ) }} as {{ mean.name }}_state,
            {%- endfor %}
            terms_measured.row_key,
        from steps_taken
        inner join terms_measured
            on steps_taken.row_key + 1 = terms_measured.row_key
        where terms_measured.block_row > 0

    ),

    block_ends as (

        select
            {%- for mean in means %}
            {{ mean.name }}_state,
            {%- endfor %}
            row_key,
        from steps_taken
        where row_key % {{ block }} = {{ block - 1 }}

    ),

    blocks_chained as (

        select
            {%- for mean in means %}
            0.0e0 as {{ mean.name }}_carry,
            {%- endfor %}
            coin_key as row_key,
        from coins_numbered

        union all

        select
            {%- for mean in plain %}
            {{ double(mean.keep ** block) }} * blocks_chained.{{ mean.name }}_carry
            + block_ends.{{ mean.name }}_state as {{ mean.name }}_carry,
            {%- endfor %}
            {%- for mean in differences %}
            {{ double(mean.keep ** block) }} * blocks_chained.{{ mean.name }}_carry
            + {{ double(passed_on(mean, mean.minuend, block)) }}
            * blocks_chained.{{ mean.minuend.name }}_carry
            - {{ double(passed_on(mean, mean.subtrahend, block)) }}
            * blocks_chained.{{ mean.subtrahend.name }}_carry
            + block_ends.{{ mean.name }}_state as {{ mean.name }}_carry,
            {%- endfor %}
            block_ends.row_key + 1 as row_key,
        from blocks_chained
        inner join block_ends
            on blocks_chained.row_key + {{ block - 1 }} = block_ends.row_key

    ),

    decays_measured as (

        select
            row_index as block_row,
            {%- for mean in means %}
            power({{ double(mean.keep) }}, row_index + 1) as {{ mean.name }}_decay,
            {%- endfor %}
        from rows_numbered
        where row_index < {{ block }}
        group by row_index

    ),

    rows_keyed as (

        select
            rows_numbered.coin,
            rows_numbered.bar_closed_at,
            {%- for name in kept %}
            rows_numbered.{{ name }},
            {%- endfor %}
            {%- for mean in plain %}
            rows_numbered.row_index >= coins_numbered.{{ mean.name }}_seed_row
                as {{ mean.name }}_is_known,
            {%- endfor %}
            {%- for mean in differences %}
            -- A later seed would have been taken from a block not yet chained.
            rows_numbered.row_index
            >= coins_numbered.{{ mean.name }}_first + {{ mean.bars - 1 }}
            and coins_numbered.{{ mean.name }}_first <= {{ block - mean.bars }}
                as {{ mean.name }}_is_known,
            {%- endfor %}
            rows_numbered.row_index % {{ block }} as block_row,
            coins_numbered.coin_key + rows_numbered.row_index as row_key,
        from rows_numbered
        inner join coins_numbered
            on rows_numbered.coin = coins_numbered.coin

    )

    select
        rows_keyed.coin,
        rows_keyed.bar_closed_at,
        {%- for name in kept %}
        rows_keyed.{{ name }},
        {%- endfor %}
        {%- for mean in means %}
        case
            when rows_keyed.{{ mean.name }}_is_known
                then
                    steps_taken.{{ mean.name }}_state
                    + decays_measured.{{ mean.name }}_decay
                    * blocks_chained.{{ mean.name }}_carry
                    {%- if mean in differences %}
                    + {{ passed_on_by_row(mean, mean.minuend) }}
                    * blocks_chained.{{ mean.minuend.name }}_carry
                    - {{ passed_on_by_row(mean, mean.subtrahend) }}
                    * blocks_chained.{{ mean.subtrahend.name }}_carry
                    {%- endif %}
        end as {{ mean.name }},
        {%- endfor %}
    from rows_keyed
    inner join steps_taken
        on rows_keyed.row_key = steps_taken.row_key
    inner join decays_measured
        on rows_keyed.block_row = decays_measured.block_row
    -- Every block has its row; an engine may build a left join on the few rows only.
    left join blocks_chained
        on rows_keyed.row_key - rows_keyed.block_row = blocks_chained.row_key
{% endmacro %}


{# State of a mean one row on. #}
{% macro plain_step(mean) -%}
    {{ double(mean.keep) }} * steps_taken.{{ mean.name }}_state
    + terms_measured.{{ mean.name }}_term
{%- endmacro %}


{# State of a mean of a difference, whose `number`-th known value is this row's. #}
{% macro difference_step(mean, state, minuend, subtrahend, number) -%}
    case
        when {{ number }} > {{ mean.bars }}
            then
                {{ double(mean.keep) }} * {{ state }}
                + {{ double(mean.rate) }} * (({{ minuend }}) - ({{ subtrahend }}))
        when {{ number }} > 0
            then
                {{ state }}
                + (({{ minuend }}) - ({{ subtrahend }})) / {{ double(mean.bars) }}
        else 0.0e0
    end
{%- endmacro %}


{#
    What a mean of a difference has, `steps` rows on, of a mean that it reads and that
    was 1: the sum over k of rate * q^(steps - k) * p^k, p and q the shares kept.
#}
{% macro passed_on(mean, read, steps) %}
    {%- if read.keep == mean.keep -%}
        {{- return(mean.rate * steps * mean.keep ** steps) -}}
    {%- endif -%}
    {{- return(
        mean.rate * read.keep * (read.keep ** steps - mean.keep ** steps)
        / (read.keep - mean.keep)
    ) -}}
{% endmacro %}

{# The same for as many steps as the row is into its block. #}
{% macro passed_on_by_row(mean, read) -%}
    {%- if read.keep == mean.keep -%}
        {{ double(mean.rate) }} * (decays_measured.block_row + 1)
        * decays_measured.{{ mean.name }}_decay
    {%- else -%}
        {{ double(mean.rate * read.keep / (read.keep - mean.keep)) }} * (
            decays_measured.{{ read.name }}_decay
            - decays_measured.{{ mean.name }}_decay
        )
    {%- endif -%}
{%- endmacro %}


{# An exponential moving average of `value`, rate 2 / (bars + 1). #}
{% macro ema(name, value, bars) %}
    {{- return(exponential_mean(name, value, bars, 2 / divisor(bars + 1))) -}}
{% endmacro %}


{# Wilder's smoothing of `value` (1978), rate 1 / bars. #}
{% macro wilder(name, value, bars) %}
    {{- return(exponential_mean(name, value, bars, 1 / divisor(bars))) -}}
{% endmacro %}


{#
    An exponential moving average of the difference of two means of the same list, such
    as the signal of MACD. Their series must be known early enough that its seed lies
    in the first block; else it is null.
#}
{% macro ema_of_difference(name, minuend, subtrahend, bars) %}
    {%- if bars + [minuend.bars, subtrahend.bars] | max > block_rows() -%}
        {{- exceptions.raise_compiler_error(
            name ~ ' needs ' ~ (bars + [minuend.bars, subtrahend.bars] | max)
            ~ ' bars to start; expected at most ' ~ block_rows()
        ) -}}
    {%- endif -%}
    {%- set mean = ema(name, none, bars) -%}
    {{- return(dict(mean, minuend=minuend, subtrahend=subtrahend)) -}}
{% endmacro %}


{% macro exponential_mean(name, value, bars, rate) %}
    {%- if execute and bars < 2 -%}
        {{- exceptions.raise_compiler_error(
            name ~ ' averages ' ~ bars ~ ' bars; expected 2 or more'
        ) -}}
    {%- endif -%}
    {{- return({
        'name': name, 'value': value, 'bars': bars, 'rate': rate, 'keep': 1 - rate,
    }) -}}
{% endmacro %}


{#
    Rows of a block of exponential_means: steps are this many plus one per block, fewest
    at the root of the number of rows; a year of minutes has 525,600.
#}
{% macro block_rows() %}
    {{- return(512) -}}
{% endmacro %}


{# Rows that a coin may have in the keys of exponential_means, a multiple of a block. #}
{% macro coin_stride() %}
    {{- return(1099511627776) -}}
{% endmacro %}


{# A number as a literal of type DOUBLE; without an exponent it would be a DECIMAL. #}
{% macro double(number) -%}
    {{ number if 'e' in number | string else number ~ 'e0' }}
{%- endmacro %}
