"""Choose the moments to cut at: in holes, before late rows arrive, and anywhere."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake, timeline

# Before this share of the data there is little warm history to compare.
FIRST_SHARE = 0.3
# Every fourth moment lies in a hole and every fourth before a late row's arrival,
# where the lake has such places.
UNIFORM = "uniform"
KINDS = (UNIFORM, "gap", UNIFORM, "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Name one moment, why it was chosen, and the table whose hole or row it cuts."""

    at: datetime
    kind: str
    table: str


def choose_moments(paths: Paths, *, cuts: int, seed: int) -> tuple[Moment, ...]:
    """Return ``cuts`` random moments in the later part of the lake's time, in order.

    Raises
    ------
    ConfigError
        If ``cuts`` is not positive.
    DataError
        If the lake is empty.
    """
    if cuts < 1:
        raise ConfigError(f"--cuts {cuts}; expected 1 or more")
    first, last = _edges(paths)
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    spans = _spans(paths, first, last)
    found = [
        _moment(draw, spans, KINDS[number % len(KINDS)], first, last)
        for number in range(cuts)
    ]
    return tuple(sorted(found, key=lambda moment: moment.at))


def moments_of_tables(paths: Paths, *, seed: int) -> tuple[Moment, ...]:
    """Return one moment in a hole and one before a late row, of each table with some.

    Between the tables' turns comes one moment anywhere, first of all.
    """
    first, last = _edges(paths)
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    spans = _spans(paths, first, last)
    found = [_moment(draw, spans, UNIFORM, first, last)]
    for kind in ("late", "gap"):
        for table in sorted(spans[kind]):
            only = {kind: {table: spans[kind][table]}}
            found.append(_moment(draw, only, kind, first, last))
    return tuple(found)


def _edges(paths: Paths) -> tuple[datetime, datetime]:
    # Where moments may lie: the later part of the lake's time.
    edges = [
        (table.first_at, table.last_at)
        for table in lake.tables(paths)
        if table.first_at is not None and table.last_at is not None
    ]
    if not edges:
        raise DataError(
            f"the lake {paths.raw} is empty; expected rows to cut: "
            "`solalpha sample` makes some"
        )
    first, last = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
    return first + (last - first) * FIRST_SHARE, last


def _spans(
    paths: Paths, begins_at: datetime, ends_at: datetime
) -> dict[str, dict[str, list[timeline.Span]]]:
    return {
        "gap": _within(timeline.hole_spans(paths), begins_at, ends_at),
        "late": _within(timeline.late_spans(paths), begins_at, ends_at),
    }


def _within(
    spans: Sequence[timeline.Span], begins_at: datetime, ends_at: datetime
) -> dict[str, list[timeline.Span]]:
    # By table, so that the table of millions is not the only one that is met.
    found: dict[str, list[timeline.Span]] = {}
    for span in spans:
        if span.begins_at >= begins_at and span.ends_at <= ends_at:
            found.setdefault(span.table, []).append(span)
    return found


def _moment(
    draw: random.Random,
    spans: dict[str, dict[str, list[timeline.Span]]],
    kind: str,
    begins_at: datetime,
    ends_at: datetime,
) -> Moment:
    tables = spans.get(kind)
    if not tables:
        return Moment(at=_between(draw, begins_at, ends_at), kind=UNIFORM, table="")
    table = draw.choice(sorted(tables))
    span = draw.choice(tables[table])
    at = _between(draw, span.begins_at, span.ends_at)
    return Moment(at=at, kind=kind, table=table)


def _between(draw: random.Random, first: datetime, last: datetime) -> datetime:
    seconds = (last - first).total_seconds() * draw.random()
    return first + timedelta(seconds=round(seconds))
