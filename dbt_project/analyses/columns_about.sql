-- Which columns speak of funding?
select
    model,
    column_name,
    unit,
    description,
from catalog_columns
where description ilike '%funding%' or column_name like '%funding%'
order by model, position
