-- Findings of every run of the data checks on the raw tables.
with stg_results__data_quality as (

    select
        check_id,
        finding_number,

        check_name,
        severity,
        coin,
        source,
        evidence,
        remedy,

        first_at,
        last_at,
        checked_at,
    from {{ ref('stg_results__data_quality') }}

)

select
    check_id,
    finding_number,

    check_name,
    severity,
    coin,
    source,
    evidence,
    remedy,

    first_at,
    last_at,
    checked_at,
from stg_results__data_quality
