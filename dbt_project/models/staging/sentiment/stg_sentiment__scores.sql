-- Sentiment of headlines, one file per scoring run. A score is a function of the text
-- and the scorer's version, so the moment of scoring is no part of what was knowable;
-- of two versions the later run counts.
with source as (

    {{ source_rows('scores/*/*.parquet', [
        {'name': 'headline_id', 'type': 'varchar'},
        {'name': 'scorer', 'type': 'varchar'},
        {'name': 'scorer_version', 'type': 'varchar'},
        {'name': 'probability_positive', 'type': 'double'},
        {'name': 'probability_negative', 'type': 'double'},
        {'name': 'probability_neutral', 'type': 'double'},
        {'name': 'score', 'type': 'double'},
        {'name': 'is_abstained', 'type': 'boolean'},
        {'name': 'scored_at', 'type': 'timestamp'},
    ]) }}

)

select
    headline_id,
    scorer,

    scorer_version,

    probability_positive,
    probability_negative,
    probability_neutral,
    score,

    is_abstained,

    scored_at,
from source
qualify
    row_number() over (
        partition by headline_id, scorer
        order by scored_at desc, scorer_version desc, score desc
    ) = 1
