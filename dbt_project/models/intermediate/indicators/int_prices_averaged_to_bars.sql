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
        case
            when previous_close is not null
                then greatest(high, previous_close) - least(low, previous_close)
        end as true_range,
        bar_number,
        bar_closed_at,
    from bars_paired

),

prices_smoothed as (

    {{ exponential_means('moves_measured', [
        ema('ema_fast', 'close', var('ema_fast_bars')),
        ema('ema_slow', 'close', var('ema_slow_bars')),
        ema('macd_fast', 'close', var('macd_fast_bars')),
        ema('macd_slow', 'close', var('macd_slow_bars')),
        wilder('mean_gain', 'gain', var('rsi_bars')),
        wilder('mean_loss', 'loss', var('rsi_bars')),
        wilder('average_true_range', 'true_range', var('atr_bars')),
    ]) }}

),

macd_measured as (

    select
        coin,
        macd_fast - macd_slow as macd_line,
        bar_closed_at,
    from prices_smoothed

),

macd_smoothed as (

    {{ exponential_means('macd_measured', [
        ema('macd_signal', 'macd_line', var('macd_signal_bars')),
    ]) }}

),

windows_measured as (

    select
        coin,
        close,
        {{ rolling_full('avg', 'close', var('bollinger_bars')) }} as bollinger_mean,
        {{ rolling_full('stddev_pop', 'close', var('bollinger_bars')) }}
            as bollinger_deviation,
        {{ rolling_full('stddev_samp', 'simple_return', var('volatility_bars')) }}
            as return_deviation,
        {{ rolling_full('avg', 'simple_return', var('regime_bars')) }}
            as regime_mean_return,
        {{ rolling_full('stddev_samp', 'simple_return', var('regime_bars')) }}
            as regime_return_deviation,
        bar_number,
        bar_closed_at,
    from moves_measured

)

select
    windows_measured.coin,
    windows_measured.bar_closed_at,

    windows_measured.close,
    prices_smoothed.ema_fast,
    prices_smoothed.ema_slow,
    macd_measured.macd_line,
    macd_smoothed.macd_signal,
    prices_smoothed.mean_gain,
    prices_smoothed.mean_loss,
    prices_smoothed.average_true_range,
    windows_measured.bollinger_mean,
    windows_measured.bollinger_deviation,
    windows_measured.return_deviation,
    windows_measured.regime_mean_return,
    windows_measured.regime_return_deviation,
    windows_measured.bar_number,
from windows_measured
inner join prices_smoothed
    on
        windows_measured.coin = prices_smoothed.coin
        and windows_measured.bar_closed_at = prices_smoothed.bar_closed_at
inner join macd_measured
    on
        windows_measured.coin = macd_measured.coin
        and windows_measured.bar_closed_at = macd_measured.bar_closed_at
inner join macd_smoothed
    on
        windows_measured.coin = macd_smoothed.coin
        and windows_measured.bar_closed_at = macd_smoothed.bar_closed_at
