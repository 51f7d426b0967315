"""The registry of planted defects, and a sample with some of them.

Each defect names the finding of ``check`` that must tell it. The market is drawn
first and clean; a defect then changes its own rows and leaves the others as they
are, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError
from solalpha.raw import lake
from solalpha.raw.sample import marker
from solalpha.raw.sample.defects_books import BOOKS
from solalpha.raw.sample.defects_files import FILES
from solalpha.raw.sample.defects_flow import CONTEXTS, SILENCE, TRADES
from solalpha.raw.sample.defects_lakehouse import LAKEHOUSE
from solalpha.raw.sample.defects_news import HEADLINES
from solalpha.raw.sample.defects_prices import CANDLES, FUNDING
from solalpha.raw.sample.defects_site import Defect, site
from solalpha.raw.sample.marker import SampleSummary
from solalpha.raw.sample.world import Progress
from solalpha.raw.sample.write import write_sample

__all__ = ["DEFECTS", "Defect", "PlantedDefect", "named", "plant", "write_defective"]

# In the order in which they are planted: rows, the lakehouse made from them, files.
DEFECTS: tuple[Defect, ...] = (
    *CANDLES,
    *FUNDING,
    *TRADES,
    *BOOKS,
    *CONTEXTS,
    *HEADLINES,
    SILENCE,
    *LAKEHOUSE,
    *FILES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedDefect:
    """Tell what was planted, where, and which finding must tell it."""

    name: str
    table: str
    check: str
    severity: str
    rows: int
    first_at: datetime | None
    last_at: datetime | None


def named(names: Sequence[str]) -> tuple[Defect, ...]:
    """Return the defects called ``names``, each once, in the registry's order.

    Raises
    ------
    ConfigError
        If there is no defect of a name.
    """
    known = {defect.name for defect in DEFECTS}
    if unknown := sorted(set(names) - known):
        raise ConfigError(
            f"--defect {unknown[0]!r} is unknown; expected one of those that "
            "`solalpha sample --list-defects` prints"
        )
    return tuple(defect for defect in DEFECTS if defect.name in names)


def plant(
    paths: Paths, parameters: Parameters, defects: Sequence[Defect], *, seed: int
) -> tuple[PlantedDefect, ...]:
    """Plant ``defects`` into the clean sample under ``paths``.

    The place of each depends on ``seed`` and its own name alone.

    Raises
    ------
    ConfigError
        If the sample is too short for one of them.
    """
    told: list[PlantedDefect] = []
    with lake.writing(paths):
        for defect in defects:
            done = defect.plant(site(paths, parameters, name=defect.name, seed=seed))
            told.append(
                PlantedDefect(
                    name=defect.name,
                    table=defect.table,
                    check=defect.check,
                    severity=defect.severity,
                    rows=done.rows,
                    first_at=done.first_at,
                    last_at=done.last_at,
                )
            )
    return tuple(told)


def write_defective(
    paths: Paths,
    parameters: Parameters,
    defects: Sequence[Defect],
    *,
    days: int,
    seed: int,
    edge: float,
    book_interval_s: int,
    outages_per_year: float,
    start_at: datetime,
    progress: Progress | None,
) -> tuple[SampleSummary, tuple[PlantedDefect, ...]]:
    """Write a sample into an empty lake and plant ``defects`` in it.

    Afterwards the lake is no clean sample any more, and neither ``sample`` nor
    ``run`` takes it for one.

    Raises
    ------
    ConfigError
        If an argument is outside its range or the sample too short for a defect.
    DataError
        If the lake holds rows already.
    """
    marker.require_empty(paths)
    summary = write_sample(
        paths,
        parameters,
        days=days,
        seed=seed,
        edge=edge,
        book_interval_s=book_interval_s,
        outages_per_year=outages_per_year,
        start_at=start_at,
        progress=progress,
    )
    marker.mark_defects(paths, [defect.name for defect in defects])
    return summary, plant(paths, parameters, defects, seed=seed)
