-- How many bars may be traded on?
select
    coin,
    verdict,
    count(*) as count_bars,
    round(count(*) / sum(count(*)) over (partition by coin), 4) as bar_share,
from {{ ref('quality_bars') }}
group by coin, verdict
order by coin, verdict
