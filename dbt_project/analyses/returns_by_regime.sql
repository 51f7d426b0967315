-- What followed each regime?
select
    regimes.regime,
    regimes.volatility_regime,
    count(*) as count_bars,
    avg(labels.label_return) as mean_return,
    avg(cast(labels.label_up as integer)) as up_share,
from {{ ref('regimes') }} as regimes
inner join {{ ref('labels') }} as labels
    on
        regimes.coin = labels.coin
        and regimes.bar_closed_at = labels.bar_closed_at
where regimes.coin = 'SOL' and labels.label_return is not null
group by regimes.regime, regimes.volatility_regime
order by regimes.regime, regimes.volatility_regime
