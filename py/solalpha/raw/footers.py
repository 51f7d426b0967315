"""What a parquet file says of itself: names, types, rows and the range of its times.

Only the footer is read; where it has no statistics for the time column, that one
column is read as well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from solalpha.errors import DataError
from solalpha.raw.mapping import LakehouseMapping
from solalpha.raw.table_schema import ORIGINS, Origin
from solalpha.raw.times import EPOCH_UNITS, EpochUnit

# Metadata key by which an exported file says whether its data are real.
ORIGIN_KEY = b"solalpha_origin"
# A file may hold rows of a neighbouring day of another time zone.
_SLACK = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: the zone is given apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """Hold the facts of one file; times are aware UTC, inclusive at both ends.

    ``types`` and ``null_counts`` go by the file's own names; a count is None where
    the file has no statistics for the column. ``origin`` is what the file's metadata
    declare: ``sample`` for an export of sample data, else ``real``.
    """

    path: Path
    month: str
    row_count: int
    size_bytes: int
    modified_at: datetime
    types: dict[str, pa.DataType]
    null_counts: dict[str, int | None]
    origin: Origin
    timestamp_kind: str
    time_zone: str
    first_event_at: datetime
    last_event_at: datetime
    null_times: int

    def own_name(self, name: str) -> str | None:
        """Return the file's spelling of ``name``, which may differ in case."""
        if name in self.types:
            return name
        folded = name.casefold()
        return next((n for n in self.types if n.casefold() == folded), None)


def read_footer(path: Path, month: str, mapping: LakehouseMapping) -> Footer | None:
    """Return the facts of ``path``, or None if it holds no rows.

    Parameters
    ----------
    month
        ``YYYY-MM`` of the file's folder; its times must lie there, or a day off.

    Raises
    ------
    DataError
        If the file is torn, lacks the time column, or its times are of another
        kind, unit or month.
    """
    try:
        with pq.ParquetFile(path) as file:
            return _facts(file, path, month, mapping)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        one_line = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: torn or no parquet file: {one_line}") from error


def _facts(
    file: pq.ParquetFile, path: Path, month: str, mapping: LakehouseMapping
) -> Footer | None:
    schema = file.schema_arrow
    types = dict(zip(schema.names, schema.types, strict=True))
    _check_names(path, schema.names)
    column = _time_column(path, schema.names, mapping)
    if file.metadata.num_rows == 0:
        return None
    low, high, unit, nulls = _range(file, path, column)
    kind, zone = _kind(
        types[column], (low, high), path=path, month=month, mapping=mapping
    )
    epoch_unit = next((known for known in EPOCH_UNITS if known == kind), unit)
    # Only a naive time is local: an epoch counts from 1970 UTC, whatever the zone.
    local = ZoneInfo(zone) if kind == "timestamp" else UTC
    first, last = (_moment(value, epoch_unit, local) for value in (low, high))
    if not _within(first, last, month):
        raise DataError(
            f"{path}: {column} runs from {first:%Y-%m-%d} to {last:%Y-%m-%d} as "
            f"{kind}; expected times of {month}, the folder's month"
        )
    stat = path.stat()
    return Footer(
        path=path,
        month=month,
        row_count=file.metadata.num_rows,
        size_bytes=stat.st_size,
        modified_at=datetime.fromtimestamp(stat.st_mtime, UTC),
        types=types,
        null_counts=_null_counts(file.metadata, schema.names),
        origin=_origin(file.metadata, path),
        timestamp_kind=kind,
        time_zone=zone,
        first_event_at=first,
        last_event_at=last,
        null_times=nulls,
    )


def _time_column(path: Path, names: list[str], mapping: LakehouseMapping) -> str:
    wanted = mapping.timestamp_column
    for name in names:
        if name.casefold() == wanted.casefold():
            return name
    raise DataError(
        f"{path}: time column {wanted!r} missing; found {names}, expected it, or "
        "another name in the mapping file"
    )


def _check_names(path: Path, names: list[str]) -> None:
    # SQL knows no case: of two such columns one would be read for the other.
    seen: dict[str, str] = {}
    for name in names:
        folded = name.casefold()
        if folded in seen:
            raise DataError(
                f"{path}: columns {seen[folded]!r} and {name!r} differ in case at "
                "most; expected each name once: rename one in the file"
            )
        seen[folded] = name


def _null_counts(metadata: Any, names: list[str]) -> dict[str, int | None]:
    # NaN is no null; a column of structs or lists has no count of its own.
    counts: dict[str, int | None] = dict.fromkeys(names)
    for position in range(metadata.num_columns):
        name = metadata.schema.column(position).path
        if name in counts:
            found = [
                metadata.row_group(group).column(position).statistics
                for group in range(metadata.num_row_groups)
            ]
            if all(s is not None and s.has_null_count for s in found):
                counts[name] = sum(s.null_count for s in found)
    return counts


def _origin(metadata: Any, path: Path) -> Origin:
    declared = (metadata.metadata or {}).get(ORIGIN_KEY, b"real")
    for origin in ORIGINS:
        if declared == origin.encode():
            return origin
    raise DataError(
        f"{path}: origin {declared!r} in its metadata; expected one of {list(ORIGINS)}"
    )


def _kind(
    dtype: pa.DataType,
    edges: tuple[float, float],
    *,
    path: Path,
    month: str,
    mapping: LakehouseMapping,
) -> tuple[str, str]:
    declared, column = mapping.timestamp_unit, mapping.timestamp_column
    low, high = edges
    if pa.types.is_timestamp(dtype):
        if declared is not None:
            raise DataError(
                f"{path}: {column} is {dtype}, the mapping says epoch {declared}; "
                "expected no unit for a timestamp"
            )
        if dtype.tz is None:
            return "timestamp", mapping.time_zone
        return "timestamptz", str(dtype.tz)
    if not (pa.types.is_integer(dtype) or pa.types.is_floating(dtype)):
        raise DataError(
            f"{path}: {column} is {dtype}; expected a timestamp or an epoch number"
        )
    fitting = [
        unit
        for unit in EPOCH_UNITS
        if _within(_moment(low, unit, UTC), _moment(high, unit, UTC), month)
    ]
    if len(fitting) == 1 and declared in (None, fitting[0]):
        return fitting[0], "UTC"
    raise DataError(
        f"{path}: {column} runs from {low} to {high}"
        f"{f' (epoch {fitting[0]})' if fitting else ''}; expected epoch "
        f"{declared or 's, ms, us or ns'} of {month}, the folder's month"
    )


def _range(
    file: pq.ParquetFile, path: Path, column: str
) -> tuple[float, float, EpochUnit, int]:
    # Raw smallest and largest value, the unit if it is a timestamp, and nulls.
    schema = file.metadata.schema
    position = [schema.column(i).path for i in range(len(schema))].index(column)
    groups = [file.metadata.row_group(g) for g in range(file.metadata.num_row_groups)]
    found = [group.column(position).statistics for group in groups if group.num_rows]
    is_known = all(s is not None and s.has_min_max for s in found)
    unit = _stored_unit(schema.column(position))
    if is_known and unit is not None:
        low = min(s.min_raw for s in found)
        high = max(s.max_raw for s in found)
        return low, high, unit, sum(s.null_count or 0 for s in found)
    values = file.read(columns=[column]).column(column)
    if pa.types.is_timestamp(values.type):
        unit = values.type.unit
        values = values.cast(pa.int64())
    bounds = pc.min_max(values).as_py()
    if bounds["min"] is None:
        raise DataError(f"{path}: {column} is null in every row; expected times")
    return bounds["min"], bounds["max"], unit or "us", values.null_count


def _stored_unit(column: Any) -> EpochUnit | None:
    # The unit in the file, which the Arrow type in its metadata need not have.
    if column.physical_type == "INT96":
        return None
    logical = json.loads(column.logical_type.to_json())
    if logical.get("Type") != "Timestamp":
        return "us"
    units: dict[str, EpochUnit] = {"milliseconds": "ms", "microseconds": "us"}
    return units.get(str(logical.get("timeUnit")), "ns")


def _moment(value: float, unit: EpochUnit, zone: Any) -> datetime:
    # Beyond what a date can hold the value is of no plausible unit: year 1.
    factor = EPOCH_UNITS[unit]
    whole = value * 10**6 // factor if isinstance(value, int) else value / factor * 1e6
    try:
        naive = _EPOCH + timedelta(microseconds=whole)
    except (OverflowError, ValueError):
        return datetime(1, 1, 1, tzinfo=UTC)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def _within(first: datetime, last: datetime, month: str) -> bool:
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    end = (start + timedelta(days=32)).replace(day=1)
    return start - _SLACK <= first and last < end + _SLACK
