"""Leaks that others have made, as small changes of a model's SQL.

Each is planted alone into a copy of the project, and the replay has to find it. A leak
wraps a model and gives one column a value from its future, or rewrites one place of a
file, which has to occur there exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from solalpha.errors import ConfigError

_BARS = "partition by coin order by bar_closed_at"
_AHEAD = f"({_BARS} rows between 1 following and unbounded following)"
_FROM_NOW = f"({_BARS} rows between current row and unbounded following)"
_WHOLE = "(partition by coin)"
_SAME = "other.coin = leaky.coin and other.bar_closed_at = leaky.bar_closed_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Change one file of a dbt project: ``old`` by ``new``, or wrapped by ``new``.

    ``path`` lies below the project; an empty ``old`` means the whole file, which
    ``new`` names as ``@sql``. ``builds`` names the models to build anew where the file
    is a macro; else it is the file's own model.
    """

    name: str
    path: str
    old: str
    new: str
    builds: tuple[str, ...]

    def patched(self, text: str) -> str:
        """Return the file's text with the leak in it.

        Raises
        ------
        ConfigError
            If the place that it changes does not occur exactly once.
        """
        if not self.old:
            return self.new.replace("@sql", text)
        found = text.count(self.old)
        if found != 1:
            raise ConfigError(
                f"mutant {self.name}: {self.old!r} occurs {found} times in "
                f"{self.path}; expected once"
            )
        return text.replace(self.old, self.new)


def _wrapped(
    name: str, path: str, column: str, expression: str, tail: str = ""
) -> Leak:
    sql = f"select * replace ({expression} as {column}) from (\n@sql\n) as leaky{tail}"
    return leak(name, path, "", sql)


def leak(
    name: str, path: str, old: str, new: str, builds: tuple[str, ...] = ()
) -> Leak:
    """Return the leak that writes ``new`` where ``path`` says ``old``."""
    chosen = builds or (Path(path).stem,)
    return Leak(name=name, path=path, old=old, new=new, builds=chosen)


_FEATURES = "models/marts/features/features.sql"
_TRAINING = "models/marts/features/training_rows.sql"
_LABELS = "models/marts/features/labels.sql"
_REGIMES = "models/marts/regimes/regimes.sql"
_MARKET = "models/marts/market"
_SENTIMENT = "models/marts/sentiment/sentiment_bars.sql"
_PERPETUAL = "models/intermediate/perpetual"
_CONTEXTS = f"{_PERPETUAL}/int_asset_contexts_aligned_to_bars.sql"
_HEADLINES = "models/intermediate/sentiment/int_headlines_matched_to_scores.sql"
_STAGING = "models/staging"
_KNOT = "case when extract('hour' from bar_closed_at) % 4 = 0 then ema_200 end"

# Windows, orders and statistics that reach past their own row.
_WINDOWS = (
    _wrapped(
        "backward_fill",
        _FEATURES,
        "premium_last",
        f"coalesce(premium_last, first_value(premium_last ignore nulls) over {_AHEAD})",
    ),
    _wrapped(
        "centred_window",
        _FEATURES,
        "return_1",
        f"avg(return_1) over ({_BARS} rows between 12 preceding and 12 following)",
    ),
    _wrapped(
        "full_sample_quantile",
        _FEATURES,
        "realised_volatility_24",
        "case when realised_volatility_24 > quantile_cont(realised_volatility_24, "
        f"0.75) over {_WHOLE} then 1e0 else 0e0 end",
    ),
    _wrapped(
        "full_sample_zscore",
        _FEATURES,
        "rsi_14",
        f"(rsi_14 - avg(rsi_14) over {_WHOLE}) / stddev_pop(rsi_14) over {_WHOLE}",
    ),
    _wrapped(
        "full_sample_minimum_and_maximum",
        _FEATURES,
        "return_24",
        f"(return_24 - min(return_24) over {_WHOLE}) "
        f"/ (max(return_24) over {_WHOLE} - min(return_24) over {_WHOLE})",
    ),
    _wrapped(
        "row_shifted_the_wrong_way",
        _FEATURES,
        "return_4",
        f"lead(return_4) over ({_BARS})",
    ),
    _wrapped(
        "rank_over_all_time",
        _FEATURES,
        "return_24",
        "percent_rank() over (partition by coin order by return_24)",
    ),
    _wrapped(
        "last_value_unbounded",
        _FEATURES,
        "ema_50",
        f"close / last_value(close ignore nulls) over {_FROM_NOW}",
    ),
    _wrapped(
        "first_value_of_reversed_order",
        _FEATURES,
        "close_to_ema_50",
        "close / first_value(close) over "
        "(partition by coin order by bar_closed_at desc)",
    ),
    _wrapped(
        "smoothed_forwards_and_backwards",
        _FEATURES,
        "ema_50",
        f"(ema_50 + avg(ema_50) over ({_BARS} "
        "rows between current row and 49 following)) / 2",
    ),
    _wrapped(
        "interpolated_between_known_points",
        _FEATURES,
        "ema_200",
        f"(last_value({_KNOT} ignore nulls) over ({_BARS}) "
        f"+ first_value({_KNOT} ignore nulls) over {_FROM_NOW}) / 2",
    ),
    _wrapped(
        "extremes_of_the_whole_day",
        _FEATURES,
        "atr_14",
        "max(close) over (partition by coin, date_trunc('day', bar_closed_at)) "
        "- min(close) over (partition by coin, date_trunc('day', bar_closed_at))",
    ),
    _wrapped(
        "count_of_all_rows",
        _FEATURES,
        "hour_sin",
        "row_number() over (order by coin, bar_closed_at) / (count(*) over ())::double",
    ),
    _wrapped(
        "full_sample_beta",
        _FEATURES,
        "return_deviation_20",
        f"regr_slope(return_1, return_4) over {_WHOLE}",
    ),
    _wrapped(
        "full_sample_median_regime",
        _REGIMES,
        "regime",
        "case when regime_mean_return > median(regime_mean_return) "
        f"over {_WHOLE} then 1 else -1 end",
    ),
    _wrapped(
        "full_sample_volatility_percentile",
        _REGIMES,
        "volatility_regime",
        "case when cume_dist() over (partition by coin order by regime_mean_return) "
        "> 0.75 then 'high' else 'low' end",
    ),
    _wrapped(
        "regime_of_the_spell_to_come",
        _REGIMES,
        "regime_hysteresis",
        f"last_value(regime_hysteresis) over ({_BARS} "
        "rows between current row and 6 following)",
    ),
    _wrapped(
        "verdict_of_the_future",
        f"{_MARKET}/quality_bars.sql",
        "verdict",
        f"max(verdict) over ({_BARS} rows between current row and 24 following)",
    ),
    _wrapped(
        "price_of_the_next_quote",
        f"{_MARKET}/bars.sql",
        "close",
        f"lead(open) over ({_BARS})",
    ),
    _wrapped(
        "weight_by_all_other_weights",
        _TRAINING,
        "sample_weight",
        f"sample_weight / avg(sample_weight) over {_WHOLE}",
    ),
    _wrapped(
        "rows_dropped_by_what_followed",
        _FEATURES,
        "close",
        "close",
        f" qualify coalesce(lead(close, 3) over ({_BARS}) > close, true)",
    ),
)

# Columns joined from what was not known yet.
_JOINS = (
    _wrapped(
        "label_of_the_same_bar",
        _FEATURES,
        "return_4",
        "(select max(other.label_return) from {{ ref('labels') }} as other "
        f"where {_SAME})",
    ),
    _wrapped(
        "open_of_the_next_bar",
        _FEATURES,
        "close",
        "(select max(other.open) from {{ ref('bars') }} as other "
        "where other.coin = leaky.coin and other.bar_opened_at = leaky.bar_closed_at)",
    ),
    _wrapped(
        "final_volume_in_a_feature",
        _FEATURES,
        "close",
        "(select max(other.final_volume) from "
        "{{ ref('int_trades_aggregated_to_bars') }} as other "
        f"where {_SAME})",
    ),
    _wrapped(
        "final_funding_in_a_feature",
        _FEATURES,
        "funding_rate_last",
        "(select max(other.funding_rate) from {{ ref('bars_final') }} as other "
        f"where {_SAME})",
    ),
    _wrapped(
        "benchmark_leads_instead_of_lags",
        _FEATURES,
        "return_1",
        "(select ln(max(case when other.bar_opened_at = leaky.bar_closed_at then "
        "other.close end) / max(case when other.bar_closed_at = leaky.bar_closed_at "
        "then other.close end)) from {{ ref('bars') }} as other where other.coin = "
        "'{{ var(\"benchmark_coin\") }}')",
    ),
    _wrapped(
        "open_interest_filled_from_the_future",
        _CONTEXTS,
        "open_interest_base",
        f"first_value(open_interest_base ignore nulls) over {_FROM_NOW}",
    ),
    _wrapped(
        "label_known_without_its_horizon",
        _LABELS,
        "known_at",
        "bar_closed_at + interval 30 second",
    ),
    _wrapped(
        "scores_joined_by_title_across_time",
        _HEADLINES,
        "score",
        "avg(score) over (partition by title_key)",
    ),
)

LEAKS = (*_WINDOWS, *_JOINS)
