-- Adopted rows beside our own book at or before them, for the overlap of both: evenly
-- spaced pairs, so that years of overlap cost no more than a day. No overlap, no rows,
-- and our own books are not measured again.
{%- set overlapping = overlapping_files() %}
{%- set own_columns = order_flow_columns() | selectattr('is_own') | list %}
{%- if overlapping | length == 0 %}
{%- set columns = [
    {'name': 'coin', 'type': 'varchar'}, {'name': 'pair_number', 'type': 'bigint'},
] %}
{%- for column in own_columns %}
{%- for side in ['adopted', 'own'] %}
{%- do columns.append({'name': side ~ '_' ~ column['name'], 'type': 'double'}) %}
{%- endfor %}
{%- endfor %}
-- depends_on: {{ ref('stg_lakehouse__order_flow') }}
-- depends_on: {{ ref('int_book_snapshots_quoted_to_rows') }}
-- depends_on: {{ ref('int_book_snapshots_measured_to_order_flow') }}
{{ empty_rows(columns + [{'name': 'event_at', 'type': 'timestamp'}]) }}
{%- else %}
with adopted as (

    select
        coin,
        sequence,
        {%- for column in own_columns %}
        {{ column['name'] }},
        {%- endfor %}
        event_at,
    from {{ ref('stg_lakehouse__order_flow') }}
    where file_path in {{ text_list(overlapping) }}

),

books_ranked as (

    select
        coin,
        source,
        sequence,
        event_at,
        rank() over (
            partition by coin, {{ bar_closed_at('event_at') }}
            order by {{ source_rank('source') }}, source
        ) as place,
    from {{ ref('int_book_snapshots_quoted_to_rows') }}
    where
        mid_price is not null
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}

),

books as (

    select
        coin,
        source,
        max(sequence) as sequence,
        event_at,
    from books_ranked
    where place = 1
    group by coin, source, event_at

),

moments as (

    select
        coin,
        sequence,
        event_at,
    from adopted

),

moments_matched as (

    select
        moments.coin,
        moments.sequence,
        books.source as book_source,
        books.sequence as book_sequence,
        moments.event_at,
        books.event_at as book_at,
    from moments
    {{ as_of_join('moments', 'books', 'books', ['coin'], 'event_at', 'event_at') }}

),

pairs_numbered as (

    select
        coin,
        sequence,
        book_source,
        book_sequence,
        row_number() over (partition by coin order by event_at, sequence)
            as pair_number,
        count(*) over (partition by coin) as count_pairs,
        event_at,
        book_at,
    from moments_matched
    where
        {{ seconds_between('book_at', 'event_at') }} <= {{ var('agreement_max_age_s') }}

),

pairs_spaced as (

    select
        coin,
        sequence,
        book_source,
        book_sequence,
        pair_number,
        event_at,
        book_at,
    from pairs_numbered
    where
        pair_number
        % cast(ceil(count_pairs / {{ double(var('agreement_rows')) }}) as bigint)
        = 0

),

own as (

    select
        coin,
        source,
        sequence,
        {%- for column in own_columns %}
        {{ column['name'] }},
        {%- endfor %}
        event_at,
    from {{ ref('int_book_snapshots_measured_to_order_flow') }}

)

select
    pairs_spaced.coin,
    pairs_spaced.pair_number,

    {%- for column in own_columns %}
    adopted.{{ column['name'] }} as adopted_{{ column['name'] }},
    own.{{ column['name'] }} as own_{{ column['name'] }},
    {%- endfor %}

    pairs_spaced.event_at,
from pairs_spaced
inner join adopted
    on
        pairs_spaced.coin = adopted.coin
        and pairs_spaced.event_at = adopted.event_at
        and pairs_spaced.sequence = adopted.sequence
inner join own
    on
        pairs_spaced.coin = own.coin
        and pairs_spaced.book_source = own.source
        and pairs_spaced.book_at = own.event_at
        and pairs_spaced.book_sequence = own.sequence
{%- endif %}
