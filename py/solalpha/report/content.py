"""Read from one published version everything that the report shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from solalpha.errors import DataError
from solalpha.warehouse.reader import Reader

# A phone's screen has fewer pixels than a year has hours.
MAX_POINTS = 3000
NEWEST_ORDERS = 25
STRONGEST_PAIRS = 15
TOP_FEATURES = 20
CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Hold the frames behind each section, of one version, one coin and one run.

    ``run`` is the row of ``backtest_runs``; the frames are in time order and empty
    where the section has nothing to show.
    """

    build_id: str
    run: dict[str, Any]
    trial: dict[str, Any]
    coverage: pl.DataFrame
    findings: pl.DataFrame
    verdicts: pl.DataFrame
    gaps: pl.DataFrame
    barred: pl.DataFrame
    correlations: pl.DataFrame
    worths: pl.DataFrame
    confusion: pl.DataFrame
    calibration: pl.DataFrame
    equity: pl.DataFrame
    trades: pl.DataFrame
    context: pl.DataFrame
    orders: pl.DataFrame
    decisions: pl.DataFrame


def read_content(reader: Reader) -> Content:
    """Read the newest backtest's sections.

    Raises
    ------
    DataError
        If the version holds no backtest.
    """
    runs = reader.query("select * from backtest_runs order by created_at desc, run_id")
    if runs.is_empty():
        raise DataError(
            "the published version holds no backtest; run `solalpha backtest` first"
        )
    run = runs.row(0, named=True)
    coin, model_id, run_id = run["coin"], run["model_id"], run["run_id"]
    trials = reader.query(
        "select * from trials where model_id = ? order by created_at desc", [model_id]
    )
    sections = {
        "equity": (_EQUITY, [run_id]),
        "trades": (_TRADES, [run_id]),
        "verdicts": (_VERDICTS, [coin]),
        "gaps": (_GAPS, []),
        "barred": (_BARRED, [coin]),
        "correlations": (_CORRELATIONS, [STRONGEST_PAIRS]),
        "worths": (_WORTHS, [model_id, STRONGEST_PAIRS]),
        "coverage": (_COVERAGE, []),
        "findings": (_FINDINGS, []),
        "confusion": (_JUDGED + _CONFUSION, [model_id]),
        "calibration": (_JUDGED + _CALIBRATION, [model_id]),
        "orders": (_ORDERS, [NEWEST_ORDERS]),
        "decisions": (_DECISIONS, [NEWEST_ORDERS]),
    }
    frames = {
        name: reader.query(sql, values) for name, (sql, values) in sections.items()
    }
    return Content(
        build_id=reader.build_id,
        run=run,
        trial=trials.row(0, named=True) if trials.height else {},
        context=thinned(_context(reader, run)),
        **frames | {"equity": thinned(frames["equity"])},
    )


def thinned(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every n-th row, the last one included, so that at most MAX_POINTS stay."""
    step = -(-frame.height // MAX_POINTS)
    if step <= 1:
        return frame
    offset = (frame.height - 1) % step
    return frame.gather_every(step, offset)


_EQUITY = "select * from backtest_equity where run_id = ? order by bar_closed_at"
_TRADES = "select * from backtest_trades where run_id = ? order by trade_id"
_ORDERS = "select * from orders order by intended_at desc, order_id limit ?"
_DECISIONS = "select * from decisions order by decided_at desc limit ?"
_VERDICTS = """
select
    verdict,
    count(*) as bars,
    min(bar_closed_at) as first_at,
    max(bar_closed_at) as last_at
from quality_bars
where coin = ?
group by all
order by verdict
"""
_GAPS = """
select
    feature_group,
    bool_or(is_source_present) as has_source,
    count(*) as features,
    sum(count_non_null) as filled,
    sum(count_rows) as cells
from feature_gaps
where requirement = 'feature'
group by all
order by all
"""
_BARRED = """
select
    feature,
    column_names,
    reason
from barred_features
where coin = ?
order by feature
"""
_COVERAGE = """
select
    coin,
    source_table,
    source,
    count_rows as rows,
    count_steps_expected as expected,
    count_steps_present as present,
    longest_gap_s,
    first_step_at as first_at,
    last_step_at as last_at
from coverage
order by all
"""
_CORRELATIONS = """
select feature_a, feature_b, correlation
from feature_correlations
order by abs(correlation) desc, feature_a, feature_b
limit ?
"""
_WORTHS = """
select
    worths.feature,
    words.unit,
    worths.contribution as log_loss_saved,
    worths.contribution_low as low,
    worths.contribution_high as high,
    clusters.cluster_name as cluster
from feature_contributions as worths
left join feature_catalogue as words using (feature)
left join feature_clusters as clusters using (feature)
where worths.model_id = ?
order by worths.contribution_rank, worths.feature
limit ?
"""
_FINDINGS = """
select severity, check_name, coin, source, evidence, remedy
from data_quality
where
    check_id = (select max_by(check_id, checked_at) from data_quality)
    and severity <> 'PASS'
order by severity, check_name, coin, source, evidence
"""
_JUDGED = """
with judged as (
    select predictions.probability_up, labels.label_up
    from predictions
    inner join labels using (coin, bar_closed_at)
    where
        predictions.model_id = ?
        and predictions.kind = 'walk_forward'
        and labels.label_up is not null
)
"""
_CONFUSION = """
select
    probability_up >= 0.5 as predicted_up,
    label_up as was_up,
    count(*) as bars
from judged
group by all
order by all
"""
_CALIBRATION = f"""
select
    least(floor(probability_up * {CALIBRATION_BINS}), {CALIBRATION_BINS - 1})
        / {CALIBRATION_BINS} as bin,
    avg(probability_up) as predicted,
    avg(label_up::int) as observed,
    count(*) as bars
from judged
group by bin
order by bin
"""


def _context(reader: Reader, run: dict[str, Any]) -> pl.DataFrame:
    return reader.query(
        "select bars_final.bar_closed_at, bars_final.close, regimes.regime, "
        "sentiment_bars.sentiment_decayed as sentiment from bars_final "
        "left join regimes using (coin, bar_closed_at) "
        "left join sentiment_bars using (coin, bar_closed_at) "
        "where bars_final.coin = ? and bars_final.bar_closed_at between ? and ? "
        "order by bars_final.bar_closed_at",
        [
            run["coin"],
            run["started_at"].replace(tzinfo=None),
            run["ended_at"].replace(tzinfo=None),
        ],
    )
