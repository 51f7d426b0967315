-- When the recorder did not hear a channel: a silence that says nothing of the market.
-- A gap is known once the channel speaks again.
-- depends_on: {{ source('raw', 'recording_gaps') }}
with source as (

    {{ source_rows('raw/recording_gaps/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'channel', 'type': 'varchar'},
        {'name': 'gap_from', 'type': 'timestamp'},
        {'name': 'gap_to', 'type': 'timestamp'},
        {'name': 'reason', 'type': 'varchar'},
    ])) }}

)

select
    coin,
    source,
    channel,
    {{ recorded_table('channel') }} as source_table,
    reason,
    origin,
    ingest_id,

    {{ seconds_between('gap_from', 'gap_to') }} as gap_s,

    gap_from as gap_started_at,
    gap_to as gap_ended_at,
    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, channel, gap_from
        order by available_at, ingest_id
    ) = 1
