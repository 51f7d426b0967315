-- A maximum per element: for lists of a few thousand marks. Longer series are better
-- served by run_drawdowns, or by a window over rows.
create macro {schema}.drawdown(equities) as
    list_transform(
        equities,
        lambda equity, place: equity / nullif(list_max(equities[1:place]), 0) - 1
    )
