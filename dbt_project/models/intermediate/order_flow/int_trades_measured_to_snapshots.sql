-- Trade-based order flow beside each recorded book: since the book before, over the
-- trailing window, and since midnight UTC. Null, never 0, where no trades were being
-- recorded: the last trade may be stale_after_s old at most, at both ends. Null too
-- where a trade that a column counts arrived after the book's row.
{{ config(materialized='view') }}
{%- set stale = var('stale_after_s') %}
with books as (

    select
        coin,
        source,
        sequence,
        best_bid,
        best_ask,
        mid_price,
        event_at,
    from {{ ref('int_book_snapshots_quoted_to_rows') }}
    where available_at <= {{ decided_at(bar_closed_at('event_at')) }}

),

books_lagged as (

    select
        coin,
        source,
        sequence,
        mid_price - lag(mid_price) over books as mid_change,
        event_at,
        case
            when
                mid_price is not null
                and lag(mid_price) over books is not null
                and {{ seconds_between('lag(event_at) over books', 'event_at') }}
                <= {{ stale }}
                then lag(event_at) over books
        end as previous_at,
        {{ seconds_after('event_at', -var('trade_window_s')) }} as window_opened_at,
        {{ seconds_after('event_at', -var('vpin_max_age_s')) }} as vpin_opened_at,
    from books
    window books as (partition by coin, source order by event_at, sequence)

),

trades as (

    select
        coin,
        source,
        volume_so_far,
        signed_volume_so_far,
        signed_volume_of_day,
        count_trades_so_far,
        effective_spread_units_so_far,
        count_matched_so_far,
        event_at,
    from {{ ref('int_trades_cumulated_to_moments') }}

),

buckets as (

    select
        coin,
        source,
        vpin,
        event_at,
        first_filled_at,
    from {{ ref('int_volume_buckets_measured_to_moments') }}

),

awaits as (

    select
        coin,
        source,
        sequence,
        event_at,
        awaited_at,
    from {{ ref('int_trades_awaited_to_snapshots') }}

),

trades_joined as (

    select
        books_lagged.coin,
        books_lagged.source,
        books_lagged.sequence,
        books_lagged.mid_change,
        latest.volume_so_far - previous.volume_so_far as volume,
        latest.signed_volume_so_far - previous.signed_volume_so_far as signed_volume,
        latest.volume_so_far - earlier.volume_so_far as window_volume,
        latest.signed_volume_so_far - earlier.signed_volume_so_far
            as window_signed_volume,
        latest.count_trades_so_far - earlier.count_trades_so_far as window_trades,
        latest.effective_spread_units_so_far - earlier.effective_spread_units_so_far
            as window_spread_units,
        latest.count_matched_so_far - earlier.count_matched_so_far as window_matched,
        case
            when latest.event_at >= {{ day_opened_at('books_lagged.event_at') }}
                then latest.signed_volume_of_day
            else 0
        end as signed_volume_of_day,
        case
            when buckets.first_filled_at >= books_lagged.vpin_opened_at
                then buckets.vpin
        end as vpin,
        {{ seconds_between('latest.event_at', 'books_lagged.event_at') }}
        <= {{ stale }} as is_recorded,
        {{ seconds_between('previous.event_at', 'books_lagged.previous_at') }}
        <= {{ stale }} as is_previous_recorded,
        {{ seconds_between('earlier.event_at', 'books_lagged.window_opened_at') }}
        <= {{ stale }} as is_window_recorded,
        awaits.awaited_at,
        books_lagged.previous_at,
        books_lagged.window_opened_at,
        books_lagged.event_at,
    from books_lagged
    left join awaits
        on
            books_lagged.coin = awaits.coin
            and books_lagged.source = awaits.source
            and books_lagged.event_at = awaits.event_at
            and books_lagged.sequence = awaits.sequence
    {{ as_of_join(
        'books_lagged', 'trades', 'latest', ['coin', 'source'], 'event_at', 'event_at'
    ) }}
    {{ as_of_join(
        'books_lagged', 'trades', 'previous', ['coin', 'source'], 'previous_at',
        'event_at'
    ) }}
    {{ as_of_join(
        'books_lagged', 'trades', 'earlier', ['coin', 'source'], 'window_opened_at',
        'event_at'
    ) }}
    {{ as_of_join(
        'books_lagged', 'buckets', 'buckets', ['coin', 'source'], 'event_at',
        'event_at'
    ) }}

),

trades_measured as (

    select
        coin,
        source,
        sequence,
        mid_change,
        case when is_recorded and is_previous_recorded then cast(volume as double) end
            as trade_volume,
        case
            when is_recorded and is_previous_recorded
                then cast(signed_volume as double)
        end as signed_volume,
        case when is_recorded then cast(signed_volume_of_day as double) end as cvd,
        case
            when is_recorded and is_window_recorded
                then {{ safe_divide(
                    'cast(window_signed_volume as double)',
                    'cast(window_volume as double)'
                ) }}
        end as trade_imbalance,
        case
            when is_recorded and is_window_recorded
                then cast(window_trades as double) / {{ var('trade_window_s') }}
        end as trade_arrival_rate,
        case
            when is_recorded and is_window_recorded
                then {{ unscaled(safe_divide(
                    'cast(window_spread_units as double)', 'window_matched'
                ), effective_spread_digits()) }}
        end as effective_spread_bps,
        case when is_recorded then vpin end as vpin,
        awaited_at,
        previous_at,
        window_opened_at,
        event_at,
    from trades_joined

),

slopes_measured as (

    select
        coin,
        source,
        sequence,
        trade_volume,
        signed_volume,
        cvd,
        trade_imbalance,
        trade_arrival_rate,
        effective_spread_bps,
        vpin,
        {{ exact_slope_over(
            'mid_change', 'signed_volume', 'impact', var('impact_min_snapshots')
        ) }} as kyle_lambda,
        awaited_at is null as is_complete,
        coalesce(awaited_at <= previous_at, awaited_at is null)
            as is_complete_since_previous,
        coalesce(awaited_at <= window_opened_at, awaited_at is null)
            as is_window_complete,
        coalesce(awaited_at < {{ day_opened_at('event_at') }}, awaited_at is null)
            as is_day_complete,
        coalesce(
            awaited_at <= min(
                case when signed_volume is not null then previous_at end
            ) over impact,
            awaited_at is null
        ) as is_impact_complete,
        event_at,
    from trades_measured
    window impact as (
        partition by coin, source
        order by {{ epoch_us('event_at') }}
        {{ seconds_preceding(var('impact_window_s')) }}
    )

)

select
    coin,
    source,
    sequence,

    case when is_complete_since_previous then trade_volume end as trade_volume,
    case when is_complete_since_previous then signed_volume end as signed_volume,
    case when is_day_complete then cvd end as cvd,
    case when is_window_complete then trade_imbalance end as trade_imbalance,
    case when is_window_complete then trade_arrival_rate end as trade_arrival_rate,
    case when is_window_complete then effective_spread_bps end as effective_spread_bps,
    case when is_complete then vpin end as vpin,
    case when is_impact_complete then kyle_lambda end as kyle_lambda,

    event_at,
from slopes_measured
