-- For tables that look forward: a label or a late price is used by nobody before
-- its known_at.
create macro {schema}.known_rows(table_name, coin, moment) as table
select facts.*
from query_table('{schema}.' || table_name) as facts
where facts.coin = coin and facts.known_at <= moment
