"""What to tell of an adopted lakehouse: coverage by column, drift between months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from solalpha.raw.adopted import covered
from solalpha.raw.footers import Footer
from solalpha.raw.mapping import LakehouseMapping
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS, ORDER_FLOW_TRADE_COLUMNS

_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCoverage:
    """Tell how far one column of the contract is there.

    ``months_present`` counts months with a file that has it as a number, of
    ``months`` with files; ``non_null_share`` is over the rows of all files, a file
    without the column counting as null, and None where a file that has it has no
    statistics. NaN is no null.
    """

    coin: str
    column_name: str
    source_column: str
    is_present: bool
    months_present: int
    months: int
    non_null_share: float | None
    first_month: str | None
    last_month: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDrift:
    """Tell one change of the files' columns from a month to the next one with files.

    ``change`` is added, lost, type_changed, renamed_case, or partial: in some files
    of the month only. ``column_name`` is the contract's, None where it is not read.
    """

    coin: str
    month: str
    field_name: str
    column_name: str | None
    change: str
    before: str
    after: str


def coverage(
    coin: str, footers: list[Footer], mapping: LakehouseMapping
) -> list[ColumnCoverage]:
    """Return the coverage of every column of the contract, in its order."""
    names = {footer.path: covered(footer, mapping) for footer in footers}
    months = {footer.month for footer in footers}
    rows = sum(footer.row_count for footer in footers)
    found: list[ColumnCoverage] = []
    for name in (*ORDER_FLOW_COLUMNS, *ORDER_FLOW_TRADE_COLUMNS):
        having = [f for f in footers if name in names[f.path]]
        nulls = [f.null_counts[names[f.path][name]] for f in having]
        known = sum(f.row_count for f in having) - sum(n or 0 for n in nulls)
        present = sorted({f.month for f in having})
        found.append(
            ColumnCoverage(
                coin=coin,
                column_name=name,
                source_column=mapping.source_of(name),
                is_present=bool(having),
                months_present=len(present),
                months=len(months),
                non_null_share=None if None in nulls else known / rows,
                first_month=present[0] if present else None,
                last_month=present[-1] if present else None,
            )
        )
    return found


def drift(
    coin: str, footers: list[Footer], mapping: LakehouseMapping
) -> list[SchemaDrift]:
    """Return what changed between months, by month and column."""
    months: dict[str, list[Footer]] = {}
    for footer in sorted(footers, key=lambda f: (f.month, str(f.path))):
        months.setdefault(footer.month, []).append(footer)
    ours = {n.casefold(): c for f in footers for c, n in covered(f, mapping).items()}
    fields = {month: _fields(files) for month, files in months.items()}
    found = [
        (month, *change)
        for (_, old), (month, new) in pairwise(fields.items())
        for change in _changes(old, new)
    ]
    found += [
        (month, name, "partial", f"{len(files)} files", f"{count} files")
        for month, files in months.items()
        for name, _, count in fields[month].values()
        if count < len(files)
    ]
    return [
        SchemaDrift(
            coin=coin,
            month=month,
            field_name=name,
            column_name=ours.get(name.casefold()),
            change=change,
            before=before,
            after=after,
        )
        for month, name, change, before, after in sorted(found)
    ]


_Fields = dict[str, tuple[str, str, int]]


def _fields(files: list[Footer]) -> _Fields:
    # By folded name: the names, the types, and the number of files that have it.
    names: dict[str, list[tuple[str, str]]] = {}
    for footer in files:
        for name, dtype in footer.types.items():
            names.setdefault(name.casefold(), []).append((name, str(dtype)))
    return {
        folded: (
            ", ".join(sorted({name for name, _ in having})),
            ", ".join(sorted({dtype for _, dtype in having})),
            len(having),
        )
        for folded, having in names.items()
    }


def _changes(old: _Fields, new: _Fields) -> Iterator[tuple[str, str, str, str]]:
    for folded in sorted(old.keys() | new.keys()):
        before, after = old.get(folded), new.get(folded)
        if before is None and after is not None:
            yield after[0], "added", "", after[1]
        elif before is not None and after is None:
            yield before[0], "lost", before[1], ""
        elif before is not None and after is not None:
            if before[0] != after[0]:
                yield after[0], "renamed_case", before[0], after[0]
            if before[1] != after[1]:
                yield after[0], "type_changed", before[1], after[1]


def notes_of(footers: list[Footer], mapping: LakehouseMapping) -> list[str]:
    """Return what to tell of one coin's files: rows, coverage, drift, holes."""
    columns = coverage("", footers, mapping)[: len(ORDER_FLOW_COLUMNS)]
    absent = [column.column_name for column in columns if not column.is_present]
    notes = [
        f"{sum(footer.row_count for footer in footers)} rows in {len(footers)} files",
        f"{len(columns) - len(absent)} of {len(columns)} contract columns found"
        + (f", missing: {listed(absent)}" if absent else ""),
        *_lacking(footers, mapping),
    ]
    kinds = {footer.timestamp_kind for footer in footers}
    if len(kinds) > 1:
        notes.append(f"{mapping.timestamp_column} changes kind: {sorted(kinds)}")
    if nulls := sum(footer.null_times for footer in footers):
        notes.append(f"{nulls} rows without a time")
    return [*notes, *_holes(footers), *_others(footers, mapping)]


def listed(names: list[str]) -> str:
    """Return the first few names and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _lacking(footers: list[Footer], mapping: LakehouseMapping) -> Iterator[str]:
    names = {footer.path: covered(footer, mapping) for footer in footers}
    for name in ORDER_FLOW_COLUMNS:
        if not any(name in found for found in names.values()):
            continue
        lacking = {f.month for f in footers if name not in names[f.path]}
        if lacking:
            yield f"{name} missing or no number in {listed(sorted(lacking))}"
        own = [(f, f.own_name(mapping.source_of(name))) for f in footers]
        kinds = {str(f.types[n]) for f, n in own if n is not None}
        if len(kinds) > 1:
            yield f"{name} changes type: {listed(sorted(kinds))}"


def _holes(footers: list[Footer]) -> list[str]:
    notes: list[str] = []
    months = sorted({footer.month for footer in footers})
    numbers = [int(m[:4]) * 12 + int(m[5:]) - 1 for m in months]
    lacking = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
    if lacking:
        named = [f"{n // 12}-{n % 12 + 1:02d}" for n in lacking]
        notes.append(f"months without files: {listed(named)}")
    in_order = sorted(footers, key=lambda footer: footer.first_event_at)
    overlapping = sum(
        b.first_event_at <= a.last_event_at for a, b in pairwise(in_order)
    )
    if overlapping:
        notes.append(f"{overlapping} files overlap the one before in time")
    return notes


def _others(footers: list[Footer], mapping: LakehouseMapping) -> list[str]:
    used = {own for f in footers for own in covered(f, mapping).values()}
    used |= {f.own_name(mapping.timestamp_column) or "" for f in footers}
    known = {mapping.source_of(name).casefold() for name in ORDER_FLOW_COLUMNS}
    extra = sorted(
        name
        for name in {n for footer in footers for n in footer.types} - used
        if name.casefold() not in known
    )
    return [f"{len(extra)} other columns not read: {listed(extra)}"] if extra else []
