{#
    Statistics of the last `bars` rows of a coin, this row included, over rows in the
    order of bar_closed_at: a frame of rows, never of times, so the rows must be the
    contiguous grid of bars or what the caller means by a bar. An unknown value is
    left out; the result is null when too few are known.
#}
{% macro last_bars(bars) -%}
    over (
        partition by coin
        order by bar_closed_at
        rows between {{ bars - 1 }} preceding and current row
    )
{%- endmacro %}


{# Known values that a window of `bars` needs: `window_min_share` of it, rounded up. #}
{% macro least_known(bars) -%}
    {{- return((var('window_min_share') * bars) | round(0, 'ceil') | int) -}}
{%- endmacro %}


{# function: an aggregate of one argument, e.g. 'avg', 'stddev_samp', 'max'. #}
{% macro rolling(function, value, bars) -%}
    {{ rolling_of(function, value, bars, least_known(bars)) }}
{%- endmacro %}

{# The same where every one of the `bars` values must be known. #}
{% macro rolling_full(function, value, bars) -%}
    {{ rolling_of(function, value, bars, bars) }}
{%- endmacro %}

{% macro rolling_of(function, value, bars, least) -%}
    case
        when count({{ value }}) {{ last_bars(bars) }} >= {{ least }}
            then {{ function }}({{ value }}) {{ last_bars(bars) }}
    end
{%- endmacro %}


{#
    The same over rows that all have a price and carry their number `bar_number` in the
    coin, from 1; of `value` only the first `unknown` rows are null. No count is taken.
#}
{% macro rolling_priced(function, value, bars, unknown) -%}
    case
        when bar_number >= {{ bars + unknown }}
            then {{ function }}({{ value }}) {{ last_bars(bars) }}
    end
{%- endmacro %}


{# function: an aggregate of a dependent and an explaining value, e.g. 'regr_slope'. #}
{% macro rolling_pair(function, dependent, explaining, bars) -%}
    case
        when
            regr_count({{ dependent }}, {{ explaining }}) {{ last_bars(bars) }}
            >= {{ least_known(bars) }}
            then {{ finite(
                function ~ '(' ~ dependent ~ ', ' ~ explaining ~ ') ' ~ last_bars(bars)
            ) }}
    end
{%- endmacro %}


{# The value, null where it is no number or infinite: a constant has no slope. #}
{% macro finite(value) -%}
    case when abs({{ value }}) <= 1e300 then {{ value }} end
{%- endmacro %}


{# Quantile of the known among the last `bars`, when at least `least` are known. #}
{% macro rolling_quantile(value, quantile, bars, least) -%}
    case
        when count({{ value }}) {{ last_bars(bars) }} >= {{ least }}
            then {{ quantile_of(value, quantile) }} {{ last_bars(bars) }}
    end
{%- endmacro %}


{# Value `bars` rows earlier in the same coin. #}
{% macro bars_ago(value, bars) -%}
    lag({{ value }}, {{ bars }}) over (partition by coin order by bar_closed_at)
{%- endmacro %}


{# Range of a bar and the close before (Wilder 1978); null in the first bar. #}
{% macro true_range() -%}
    case
        when previous_close is not null
            then greatest(high, previous_close) - least(low, previous_close)
    end
{%- endmacro %}


{# Log of a ratio of two positive quantities; null where either is not positive. #}
{% macro log_ratio(numerator, denominator) -%}
    case
        when ({{ numerator }}) > 0 and ({{ denominator }}) > 0
            then ln(({{ numerator }}) / ({{ denominator }}))
    end
{%- endmacro %}


{# Root of a mean over bars times the number of bars: a volatility over the window. #}
{% macro window_volatility(mean_of_squares, bars) -%}
    case
        when {{ mean_of_squares }} >= 0 then sqrt({{ mean_of_squares }} * {{ bars }})
    end
{%- endmacro %}


{# Horizons of the trailing log returns, bars; the number is part of the name. #}
{% macro return_horizons() -%}
    {{- return([1, 2, 4, 12, 24, 72, 168]) -}}
{%- endmacro %}


{# Lags of the benchmark coin's one-bar return, bars; the number is part of the name. #}
{% macro benchmark_lags() -%}
    {{- return([1, 2, 4]) -}}
{%- endmacro %}
