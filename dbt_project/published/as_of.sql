-- By decided_at, not by the bar's label: a bar that has closed is not known before
-- its decision. A table that looks forward holds later prices in the row of a bar.
create macro {schema}.as_of(table_name, coin, moment) as table
select facts.*
from query_table('{schema}.' || table_name) as facts
where
    facts.coin = coin
    and facts.decided_at <= moment
    and case
        when (
            select models.causality
            from {schema}.catalog_models as models
            where models.model = lower(table_name)
        ) = 'causal' then true
        else error(
            'as_of: expected a causal table, found ' || table_name
            || '; known_rows reads those that look forward'
        )
    end
order by facts.decided_at desc
limit 1
