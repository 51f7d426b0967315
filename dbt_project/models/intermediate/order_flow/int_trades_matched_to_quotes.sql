-- Each trade beside the last recorded mid before it. Trades and books known at their
-- own bar's decision only, so that a late one changes no neighbour.
{{ config(materialized='view') }}
{{ trades_matched(
    ref('stg_hyperliquid__trades'), ref('int_book_snapshots_quoted_to_rows'),
    'true', 'true'
) }}
