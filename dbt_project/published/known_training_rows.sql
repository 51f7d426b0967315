-- What a model fitted at a moment could have learned from; known_rows of one table,
-- for clients before 1.2.
create macro {schema}.known_training_rows(coin, moment) as table
select facts.*
from {schema}.training_rows as facts
where facts.coin = coin and facts.known_at <= moment
order by facts.bar_closed_at
