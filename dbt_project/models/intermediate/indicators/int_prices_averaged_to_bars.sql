-- The averages behind the paper's ten features (Pillai, Ajith, Sumesh 2026) and its
-- regime. Bars without a price are left out, as an indicator library is fed, so a gap
-- stretches a window instead of emptying it.
with bars as (

    select
        coin,
        high,
        low,
        close,
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
        {{ bars_ago('close', 1) }} as previous_close,
        row_number() over (partition by coin order by bar_closed_at) as bar_number,
        bar_closed_at,
    from bars

),

moves_measured as (

    select
        coin,
        close,
        {{ safe_divide('close', 'previous_close') }} - 1 as simple_return,
        -- A comparison with null is null, so the first bar has neither gain nor loss.
        case
            when close >= previous_close then close - previous_close
            when close < previous_close then 0.0e0
        end as gain,
        case
            when close >= previous_close then 0.0e0
            when close < previous_close then previous_close - close
        end as loss,
        {{ true_range() }} as true_range,
        bar_number,
        bar_closed_at,
    from bars_paired

),

windows_measured as (

    select
        coin,
        close,
        gain,
        loss,
        true_range,
        {{ rolling_priced('avg', 'close', var('bollinger_bars'), 0) }}
            as bollinger_mean,
        {{ rolling_priced('stddev_pop', 'close', var('bollinger_bars'), 0) }}
            as bollinger_deviation,
        {{ rolling_priced('stddev_samp', 'simple_return', var('volatility_bars'), 1) }}
            as return_deviation,
        {{ rolling_priced('avg', 'simple_return', var('regime_bars'), 1) }}
            as regime_mean_return,
        {{ rolling_priced('stddev_samp', 'simple_return', var('regime_bars'), 1) }}
            as regime_return_deviation,
        bar_number,
        bar_closed_at,
    from moves_measured

),

{%- set macd_fast = ema('macd_fast', 'close', var('macd_fast_bars')) %}
{%- set macd_slow = ema('macd_slow', 'close', var('macd_slow_bars')) %}

prices_smoothed as (

    {{ exponential_means('windows_measured', [
        ema('ema_fast', 'close', var('ema_fast_bars')),
        ema('ema_slow', 'close', var('ema_slow_bars')),
        macd_fast,
        macd_slow,
        ema_of_difference(
            'macd_signal', macd_fast, macd_slow, var('macd_signal_bars')
        ),
        wilder('mean_gain', 'gain', var('rsi_bars')),
        wilder('mean_loss', 'loss', var('rsi_bars')),
        wilder('average_true_range', 'true_range', var('atr_bars')),
    ], kept=[
        'close',
        'bollinger_mean',
        'bollinger_deviation',
        'return_deviation',
        'regime_mean_return',
        'regime_return_deviation',
        'bar_number',
    ], number='bar_number') }}

)

select
    coin,
    bar_closed_at,

    close,
    ema_fast,
    ema_slow,
    macd_fast - macd_slow as macd_line,
    macd_signal,
    mean_gain,
    mean_loss,
    average_true_range,
    bollinger_mean,
    bollinger_deviation,
    return_deviation,
    regime_mean_return,
    regime_return_deviation,
    bar_number,
from prices_smoothed
