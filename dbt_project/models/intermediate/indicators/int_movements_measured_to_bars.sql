-- Directional movement (Wilder 1978), the stochastic oscillator (Lane 1984), the change
-- of on-balance volume (Granville 1963) and the deviation of the close, over bars with
-- a price, as in int_prices_averaged_to_bars. On-balance volume's level depends on where
-- history starts; its change over a span, as a share of the span's volume, does not.
with bars as (

    select
        coin,
        high,
        low,
        close,
        volume,
        bar_closed_at,
    from {{ ref('bars') }}
    where has_price

),

bars_paired as (

    select
        coin,
        high,
        low,
        close,
        volume,
        {{ bars_ago('high', 1) }} as previous_high,
        {{ bars_ago('low', 1) }} as previous_low,
        {{ bars_ago('close', 1) }} as previous_close,
        row_number() over (partition by coin order by bar_closed_at) as bar_number,
        bar_closed_at,
    from bars

),

movements_measured as (

    select
        coin,
        high,
        low,
        close,
        -- A comparison with null is null, so the first bar has no movement.
        case
            when
                high - previous_high > previous_low - low
                and high > previous_high
                then high - previous_high
            when previous_close is not null then 0.0e0
        end as upward_movement,
        case
            when
                previous_low - low > high - previous_high
                and low < previous_low
                then previous_low - low
            when previous_close is not null then 0.0e0
        end as downward_movement,
        {{ true_range() }} as true_range,
        case when previous_close is not null then volume end as counted_volume,
        case
            when close > previous_close then volume
            when close < previous_close then -volume
            when close = previous_close then 0 * volume
        end as signed_volume,
        bar_number,
        bar_closed_at,
    from bars_paired

),

windows_measured as (

    select
        coin,
        {{ rolling_priced('stddev_samp', 'close', var('volatility_bars'), 0) }}
            as close_deviation,
        {{ in_percent(safe_divide(
            'close - ' ~ rolling_priced('min', 'low', var('stochastic_bars'), 0),
            rolling_priced('max', 'high', var('stochastic_bars'), 0) ~ ' - '
            ~ rolling_priced('min', 'low', var('stochastic_bars'), 0)
        )) }} as stochastic_fast_k,
        {{ safe_divide(
            rolling('sum', 'signed_volume', var('obv_bars')),
            rolling('sum', 'counted_volume', var('obv_bars'))
        ) }} as obv_change,
        upward_movement,
        downward_movement,
        true_range,
        bar_number,
        bar_closed_at,
    from movements_measured

),

movements_smoothed as (

    {{ exponential_means('windows_measured', [
        wilder('mean_upward', 'upward_movement', var('adx_bars')),
        wilder('mean_downward', 'downward_movement', var('adx_bars')),
        wilder('mean_range', 'true_range', var('adx_bars')),
    ], kept=[
        'close_deviation', 'stochastic_fast_k', 'obv_change', 'bar_number',
    ], number='bar_number') }}

),

directions_measured as (

    select
        coin,
        close_deviation,
        stochastic_fast_k,
        {{ rolling_full(
            'avg', 'stochastic_fast_k', var('stochastic_smooth_bars')
        ) }} as stochastic_slow_k,
        obv_change,
        {{ in_percent(safe_divide('mean_upward', 'mean_range')) }} as plus_di,
        {{ in_percent(safe_divide('mean_downward', 'mean_range')) }} as minus_di,
        -- Without any movement there is no direction: 0, and not unknown.
        case
            when mean_upward + mean_downward > 0
                then {{ in_percent(
                    'abs(mean_upward - mean_downward) / (mean_upward + mean_downward)'
                ) }}
            when mean_upward + mean_downward <= 0 then 0.0e0
        end as directional_index,
        bar_number,
        bar_closed_at,
    from movements_smoothed

),

directions_smoothed as (

    {{ exponential_means('directions_measured', [
        wilder('adx', 'directional_index', var('adx_bars')),
    ], kept=[
        'close_deviation',
        'stochastic_fast_k',
        'stochastic_slow_k',
        'obv_change',
        'plus_di',
        'minus_di',
    ], number='bar_number') }}

)

select
    coin,
    bar_closed_at,

    adx,
    plus_di,
    minus_di,
    stochastic_fast_k,
    stochastic_slow_k,
    {{ rolling_full('avg', 'stochastic_slow_k', var('stochastic_smooth_bars')) }}
        as stochastic_slow_d,
    obv_change,
    close_deviation,
from directions_smoothed
