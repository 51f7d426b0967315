"""Choose the moments to cut at: in holes, before late rows arrive, and anywhere."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake, timeline

# Before this share of the data there is little warm history to compare.
FIRST_SHARE = 0.3
# Every fourth moment lies in a hole and every fourth before a late row's arrival,
# where the lake has such places.
UNIFORM = "uniform"
# Spans of each table that are looked at when few moments are to meet many.
_SAMPLED = 80
_NEAR_END = 0.7
_BACK = 30
_SOON = timedelta(minutes=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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


def covering_moments(
    paths: Paths, parameters: Parameters, *, seed: int
) -> tuple[Moment, ...]:
    """Return few moments that lie in a hole and before a late row of every table.

    A row or reading on its way counts as met only where a bar was decided meanwhile:
    else it can change nothing that was known. A late row that two decisions passed was
    overtaken by the rows after it. The moment that meets most kinds of
    places comes first, then the one that meets most of the rest, and so on. ``table``
    names what each of them adds.
    """
    first, last = _edges(paths)
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    spans = [
        ((kind, table), span)
        for kind, tables in _spans(paths, first, last).items()
        for table, found in tables.items()
        for span in draw.sample(found, min(len(found), _SAMPLED))
    ]
    moments: list[Moment] = []
    candidates = [_near_end(draw, span) for _, span in spans]
    met = {at: _met(spans, at, parameters) for at in candidates}
    left = {place for places in met.values() for place in places}
    while left:
        # Of equals the one before which most rows are on their way.
        at = max(met, key=lambda at: (len(met[at] & left), _count(spans, at)))
        added = sorted(met[at] & left)
        places = ", ".join(f"{kind} {table}" for kind, table in added)
        moments.append(Moment(at=at, kind="covering", table=places))
        left -= met[at]
    # And soon after a bar's decision, when the next minutes are not known yet.
    hour = last.replace(minute=0, second=0, microsecond=0) - timedelta(hours=_BACK)
    soon = Moment(at=hour + _SOON, kind="after decision", table="")
    return (*moments, soon)


def _near_end(draw: random.Random, span: timeline.Span) -> datetime:
    # By then decisions have been taken that a late row would have changed.
    begins_at = span.begins_at + (span.ends_at - span.begins_at) * _NEAR_END
    return _between(draw, begins_at, span.ends_at)


def _count(spans: Sequence[tuple[tuple[str, str], timeline.Span]], at: datetime) -> int:
    return sum(span.begins_at < at < span.ends_at for _, span in spans)


def _met(
    spans: Sequence[tuple[tuple[str, str], timeline.Span]],
    at: datetime,
    parameters: Parameters,
) -> set[tuple[str, str]]:
    bar = timedelta(minutes=parameters.bar_minutes)
    delay = timedelta(seconds=parameters.decision_delay_s)
    decided_at = at - (at - delay - _EPOCH) % bar
    found = set()
    for (kind, table), span in spans:
        if not span.begins_at < at < span.ends_at:
            continue
        if kind == "gap" or span.begins_at < decided_at:
            found.add((kind, table))
        if kind == "late" and span.begins_at < decided_at - bar:
            found.add(("overtaken", table))
    return found


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
        "revised": _within(timeline.revised_spans(paths), begins_at, ends_at),
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
    at = _near_end(draw, span)
    return Moment(at=at, kind=kind, table=table)


def _between(draw: random.Random, first: datetime, last: datetime) -> datetime:
    seconds = (last - first).total_seconds() * draw.random()
    return first + timedelta(seconds=round(seconds))
