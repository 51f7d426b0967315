-- What was the regime when we traded?
select
    trades.trade_id,
    trades.decided_at,
    trades.filled_at,
    trades.side,
    trades.reason,
    regimes.regime,
    regimes.volatility_regime,
    regimes.decided_at as regime_decided_at,
from {{ ref('backtest_trades') }} as trades
asof left join {{ ref('regimes') }} as regimes
    on
        trades.coin = regimes.coin
        and trades.decided_at >= regimes.decided_at
order by trades.run_id, trades.trade_id
