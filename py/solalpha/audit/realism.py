"""Compare the simulated market's statistics with those of real recordings."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from solalpha.audit import facts
from solalpha.audit.facts import FACTS, Fact
from solalpha.audit.observed import Observed, observe
from solalpha.config import Parameters, Paths
from solalpha.cycle import source
from solalpha.errors import DataError

REAL_DATA_VARIABLE = "SOLALPHA_REAL_DATA"
OTHER_COINS = ("BTC", "ETH")
_VERDICTS = {True: "near", False: "differs", None: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hold one statistic of the sample and of the recordings.

    ``real_low`` and ``real_high`` are its least and largest value over the coins
    recorded. ``is_near`` is None where one side is unknown.
    """

    group: str
    name: str
    unit: str
    sample: float | None
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

    sample: str
    real: str | None
    coin: str
    days: int
    seed: int
    edge: float
    count_near: int
    count_compared: int
    observations: dict[str, dict[str, int]]
    statistics: tuple[Comparison, ...]


def run_realism(
    parameters: Parameters,
    *,
    sample_dir: Paths,
    days: int,
    seed: int,
    edge: float,
    real: Path | None,
    progress: source.Progress | None,
) -> RealismResult:
    """Measure a sample, written if it is not there, beside ``real`` recordings.

    Raises
    ------
    DataError
        If ``real`` holds nothing of the trade coin or ``sample_dir`` another sample.
    """
    coin = parameters.trade_coin
    recorded = [] if real is None else _recorded(real, coin)
    source.make_sample(
        sample_dir,
        parameters,
        days=days,
        seed=seed,
        edge=edge,
        book_interval_s=source.SAMPLE_BOOK_INTERVAL_S,
        progress=progress,
    )
    simulated = observe(sample_dir.data_dir, coin)
    table = compare(simulated, recorded)
    judged = [row for row in table if row.is_near is not None]
    return RealismResult(
        sample=simulated.place,
        real=None if real is None else str(real),
        coin=coin,
        days=days,
        seed=seed,
        edge=edge,
        count_near=sum(row.is_near is True for row in judged),
        count_compared=len(judged),
        observations=_observations(simulated, recorded),
        statistics=table,
    )


def compare(simulated: Observed, recorded: list[Observed]) -> tuple[Comparison, ...]:
    """Return the table; the first of ``recorded`` is the coin that is compared."""
    sample = facts.measured(simulated)
    real = [facts.measured(one) for one in recorded]
    return tuple(_compared(fact, sample, real) for fact in FACTS)


def as_rows(result: RealismResult) -> list[dict[str, str]]:
    """Return the table as a person reads it, numbers with four figures."""
    return [
        {
            "group": row.group,
            "statistic": f"{row.name}, {row.unit}".rstrip(", "),
            "sample": _figures(row.sample),
            "real": _figures(row.real),
            "coins recorded": _span(row.real_low, row.real_high),
            "near within": row.allowed,
            "verdict": _VERDICTS[row.is_near],
        }
        for row in result.statistics
    ]


def _figures(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _span(low: float | None, high: float | None) -> str:
    return "-" if low is None else f"{_figures(low)} to {_figures(high)}"


def _compared(
    fact: Fact, sample: dict[str, float], real: list[dict[str, float]]
) -> Comparison:
    found = [known for one in real if (known := _known(one[fact.name])) is not None]
    ours = _known(sample[fact.name])
    theirs = _known(real[0][fact.name]) if real else None
    return Comparison(
        group=fact.group,
        name=fact.name,
        unit=fact.unit,
        sample=ours,
        real=theirs,
        real_low=min(found) if found else None,
        real_high=max(found) if found else None,
        allowed=fact.allowed,
        is_near=None if ours is None or theirs is None else fact.is_near(ours, theirs),
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _observations(
    simulated: Observed, recorded: list[Observed]
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
