-- By decided_at, not by the bar's label: a bar that has closed is not known before
-- its decision.
create macro {schema}.as_of(table_name, coin, moment) as table
select facts.*
from query_table('{schema}.' || table_name) as facts
where facts.coin = coin and facts.decided_at <= moment
order by facts.decided_at desc
limit 1
