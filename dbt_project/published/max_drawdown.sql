-- One pass that carries the peak and the deepest fall so far; nulls move neither.
create macro {schema}.max_drawdown(equities) as
    case
        when len(equities) > 0
            then struct_extract(
                list_reduce(
                    list_transform(
                        equities,
                        lambda equity: struct_pack(
                            peak := cast(equity as double),
                            deepest := cast(equity - equity as double)
                        )
                    ),
                    lambda before, mark: struct_pack(
                        peak := greatest(before.peak, mark.peak),
                        deepest := least(
                            before.deepest,
                            mark.deepest,
                            mark.peak
                            / nullif(greatest(before.peak, mark.peak), 0)
                            - 1
                        )
                    )
                ),
                'deepest'
            )
    end
