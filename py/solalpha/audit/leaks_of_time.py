"""Leaks that ignore when a row arrived: the rule of available times, broken once each.

They can be seen only on a lake with late rows.
"""

from __future__ import annotations

from solalpha.audit.leaks import Leak, leak

_ON_TIME = "available_at <= {{ decided_at('bar_closed_at') }}"
_FIRST_READING = "order by available_at, ingest_id"
_LAST_READING = "order by available_at desc, ingest_id"
_STAGING = "models/staging"
_BARS = "models/intermediate/bars"
_FLOW = "models/intermediate/order_flow"
_PERPETUAL = "models/intermediate/perpetual"

_DECISION = (
    leak(
        "late_trades_counted_in_their_bar",
        f"{_BARS}/int_trades_aggregated_to_bars.sql",
        "available_at\n        <= {{ decided_at(bar_closed_at('event_at')) }} as",
        "true as",
    ),
    leak(
        "late_candles_counted_in_their_bar",
        f"{_BARS}/int_candles_aggregated_to_bars.sql",
        f"{_ON_TIME} as is_on_time",
        "true as is_on_time",
    ),
    leak(
        "late_quotes_counted_in_their_bar",
        "macros/quote_statistics.sql",
        "available_at\n        <= {{ decided_at(bar_closed_at('event_at')) }} as",
        "true as",
        ("int_book_quotes_aggregated_to_bars",),
    ),
    leak(
        "late_books_counted_in_their_bar",
        f"{_FLOW}/int_book_snapshots_measured_to_order_flow.sql",
        "where available_at <= {{ decided_at(bar_closed_at('event_at')) }}",
        "where true",
    ),
    leak(
        "books_of_the_next_minutes",
        f"{_FLOW}/int_book_order_flow_aggregated_to_bars.sql",
        "{{ bar_closed_at('event_at') }} as bar_closed_at,",
        "{{ bar_closed_at(seconds_after('event_at', -600)) }} as bar_closed_at,",
    ),
    leak(
        "trades_of_the_next_minutes",
        f"{_BARS}/int_trades_aggregated_to_bars.sql",
        "        available_at,\n        {{ bar_closed_at('event_at') }} as",
        "        available_at,\n        "
        "{{ bar_closed_at(seconds_after('event_at', -600)) }} as",
    ),
)

_AS_OF = (
    leak(
        "next_row_of_the_as_of_join",
        "macros/as_of_join.sql",
        "{{ left }}.{{ moment }} {{ '>' if is_strict else '>=' }}",
        "{{ left }}.{{ moment }} {{ '<' if is_strict else '<=' }}",
        ("int_asset_contexts_aligned_to_bars",),
    ),
    leak(
        "nearest_row_of_the_as_of_join",
        f"{_PERPETUAL}/int_asset_contexts_aligned_to_bars.sql",
        "        event_at,\n        available_at,\n    from {{ ref('stg_",
        "        {{ seconds_after('event_at', -1800) }} as event_at,\n"
        "        {{ seconds_after('available_at', -1800) }} as available_at,\n"
        "    from {{ ref('stg_",
    ),
    leak(
        "as_of_join_by_event_time",
        "macros/as_of_bar.sql",
        "{{ bar_first_deciding('available_at') }}",
        "{{ bar_first_deciding('event_at') }}",
        ("int_asset_contexts_aligned_to_bars", "int_perpetuals_measured_to_bars"),
    ),
    leak(
        "funding_before_it_was_settled",
        f"{_PERPETUAL}/int_funding_rates_aligned_to_hours.sql",
        "    event_at,\n    available_at,\nfrom hours_due",
        "    event_at,\n    event_at as available_at,\nfrom hours_due",
    ),
    leak(
        "funding_of_the_coming_hour",
        f"{_PERPETUAL}/int_perpetuals_measured_to_bars.sql",
        "        event_at,\n        available_at,\n    from funding_hours",
        "        {{ seconds_after('event_at', -7200) }} as event_at,\n"
        "        {{ seconds_after('available_at', -7200) }} as available_at,\n"
        "    from funding_hours",
    ),
    leak(
        "funding_sum_before_its_parts_arrived",
        f"{_PERPETUAL}/int_funding_rates_measured_to_hours.sql",
        "max(available_at){{ known }} over {{ name }}_window",
        "available_at",
    ),
    leak(
        "news_by_publication_time",
        "models/intermediate/sentiment/int_headlines_matched_to_scores.sql",
        "{{ bar_first_deciding('headlines.available_at') }}",
        "{{ bar_first_deciding('headlines.event_at') }}",
    ),
    leak(
        "news_of_the_next_hours",
        "models/intermediate/sentiment/int_headlines_matched_to_scores.sql",
        "    greatest(\n        {{ bar_closed_at('headlines.event_at') }},\n"
        "        {{ bar_first_deciding('headlines.available_at') }}\n    )",
        "    {{ bar_closed_at(seconds_after('headlines.event_at', -14400)) }}",
    ),
)

_REVISIONS = tuple(
    leak(f"last_reading_of_{name}", path, _FIRST_READING, _LAST_READING)
    for name, path in {
        "headlines": f"{_STAGING}/news/stg_news__headlines.sql",
        "funding": f"{_STAGING}/hyperliquid/stg_hyperliquid__funding_rates.sql",
        "contexts": f"{_STAGING}/hyperliquid/stg_hyperliquid__asset_contexts.sql",
        "candles": f"{_STAGING}/hyperliquid/stg_hyperliquid__candles.sql",
    }.items()
)

LEAKS_OF_TIME: tuple[Leak, ...] = (*_DECISION, *_AS_OF, *_REVISIONS)
