"""Compare the simulated market's statistics with those of real recordings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from solalpha.audit import facts
from solalpha.audit.facts import FACTS, Fact
from solalpha.audit.observed import Observed, observe
from solalpha.config import Parameters, load_paths
from solalpha.cycle import source
from solalpha.errors import ConfigError, DataError

REAL_DATA_VARIABLE = "SOLALPHA_REAL_DATA"
OTHER_COINS = ("BTC", "ETH")
_VERDICTS = {True: "near", False: "differs", None: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hold one statistic of the samples and of the recordings.

    ``sample`` is the median over the samples, beside the least and the largest.
    ``real_low`` and ``real_high`` are its least and largest value over the coins
    recorded. ``is_near`` is None where one side is unknown.
    """

    group: str
    name: str
    unit: str
    sample: float | None
    sample_low: float | None
    sample_high: float | None
    real: float | None
    real_low: float | None
    real_high: float | None
    allowed: str
    is_near: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RealismResult:
    """Hold the table; ``count_near`` and ``count_compared`` sum it up.

    ``observations`` maps sample and real to the rows that each table is made of.
    """

    real: str | None
    coin: str
    days: int
    seeds: tuple[int, ...]
    edge: float
    count_near: int
    count_compared: int
    observations: dict[str, dict[str, int]]
    statistics: tuple[Comparison, ...]


def run_realism(
    parameters: Parameters,
    *,
    work_dir: Path,
    days: int,
    seeds: Sequence[int],
    edge: float,
    real: Path | None,
    progress: source.Progress | None,
) -> RealismResult:
    """Measure samples, written where they are not there, beside ``real`` recordings.

    Raises
    ------
    ConfigError
        If there is no seed.
    DataError
        If ``real`` holds nothing of the trade coin or ``work_dir``
        another sample.
    """
    if not seeds:
        raise ConfigError("0 seeds; expected at least one sample")
    coin = parameters.trade_coin
    recorded = [] if real is None else _recorded(real, coin)
    simulated = []
    for number, seed in enumerate(seeds):
        place = load_paths(work_dir / f"days-{days}-seed-{seed}-edge-{edge:g}")
        source.make_sample(
            place,
            parameters,
            days=days,
            seed=seed,
            edge=edge,
            book_interval_s=source.SAMPLE_BOOK_INTERVAL_S,
            outages_per_year=source.SAMPLE_OUTAGES_PER_YEAR,
            progress=None,
        )
        simulated.append(observe(place.data_dir, coin))
        if progress is not None:
            progress("samples", number + 1, len(seeds))
    table = compare(simulated, recorded)
    judged = [row for row in table if row.is_near is not None]
    return RealismResult(
        real=None if real is None else str(real),
        coin=coin,
        days=days,
        seeds=tuple(seeds),
        edge=edge,
        count_near=sum(row.is_near is True for row in judged),
        count_compared=len(judged),
        observations=_observations(simulated[0], recorded),
        statistics=table,
    )


def compare(
    simulated: Sequence[Observed], recorded: Sequence[Observed]
) -> tuple[Comparison, ...]:
    """Return the table; the first of ``recorded`` is the coin that is compared."""
    samples = [facts.measured(one) for one in simulated]
    real = [facts.measured(one) for one in recorded]
    return tuple(_compared(fact, samples, real) for fact in FACTS)


def as_rows(result: RealismResult) -> list[dict[str, str]]:
    """Return the table as a person reads it, numbers with four figures."""
    return [
        {
            "group": row.group,
            "statistic": f"{row.name}, {row.unit}".rstrip(", "),
            "sample (all)": _span(row.sample, row.sample_low, row.sample_high),
            "real (coins)": _span(row.real, row.real_low, row.real_high),
            "near within": row.allowed,
            "verdict": _VERDICTS[row.is_near],
        }
        for row in result.statistics
    ]


def _figures(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _span(value: float | None, low: float | None, high: float | None) -> str:
    span = "" if low is None else f" ({_figures(low)} to {_figures(high)})"
    return f"{_figures(value)}{span}"


def _compared(
    fact: Fact, samples: list[dict[str, float]], real: list[dict[str, float]]
) -> Comparison:
    ours, theirs = _finite(fact, samples), _finite(fact, real)
    sample = median(ours) if ours else None
    compared = real[0][fact.name] if real and _finite(fact, real[:1]) else None
    return Comparison(
        group=fact.group,
        name=fact.name,
        unit=fact.unit,
        sample=sample,
        sample_low=min(ours, default=None),
        sample_high=max(ours, default=None),
        real=compared,
        real_low=min(theirs, default=None),
        real_high=max(theirs, default=None),
        allowed=fact.allowed,
        is_near=None
        if sample is None or compared is None
        else fact.is_near(sample, compared),
    )


def _finite(fact: Fact, found: list[dict[str, float]]) -> list[float]:
    return [one[fact.name] for one in found if math.isfinite(one[fact.name])]


def _observations(
    simulated: Observed, recorded: Sequence[Observed]
) -> dict[str, dict[str, int]]:
    found = {"sample": _sizes(simulated)}
    if recorded:
        found["real"] = _sizes(recorded[0])
    return found


def _sizes(observed: Observed) -> dict[str, int]:
    hours, five, funding = observed.hours, observed.five_minutes, observed.funding
    books, trades = observed.books, observed.trades
    return {
        "hours": 0 if hours is None else hours.close.size,
        "five_minutes": 0 if five is None else five.close.size,
        "funding_hours": 0 if funding is None else funding.size,
        "books": 0 if books is None else books.bid.size,
        "trades": 0 if trades is None else trades.sign.size,
    }


def _recorded(real: Path, coin: str) -> list[Observed]:
    # Other coins widen the range where they were recorded too.
    found = [observe(real, coin)]
    for name in OTHER_COINS:
        if name != coin:
            with suppress(DataError):
                found.append(observe(real, name))
    return found
