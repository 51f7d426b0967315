-- By decided_at, not by the bar's label; as_of of one table, for clients before 1.2.
create macro {schema}.as_of_features(coin, moment) as table
select facts.*
from {schema}.features as facts
where facts.coin = coin and facts.decided_at <= moment
order by facts.decided_at desc
limit 1
