-- Mid prices of our own recorded books to bars.
with quotes as (

    {{ quotes_placed(ref('int_book_snapshots_quoted_to_rows')) }}

)

select
    coin,
    source,
    bar_closed_at,

    {{- quote_statistics() }}
from quotes
group by coin, source, bar_closed_at
