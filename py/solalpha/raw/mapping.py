"""The mapping file of a lakehouse: other names, the time column, scales."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from solalpha.errors import ConfigError
from solalpha.raw.schemas import ORDER_FLOW_KNOWN, ORDER_FLOW_TIMESTAMP
from solalpha.raw.times import EpochUnit

_SECTIONS = ("columns", "timestamp", "scales")
_TIMESTAMP_KEYS = ("column", "unit", "time_zone")
_UTC = ("UTC", "Etc/UTC")
_LARGEST = 1 << 20  # bytes of a mapping file
_LARGE = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class LakehouseMapping:
    """Say how a lakehouse's files differ from the contract.

    Attributes
    ----------
    columns
        Contract name to the file's name, only where they differ.
    scales
        Contract name to the factor that gives the contract's unit.
    timestamp_column, timestamp_unit, time_zone
        Name of the time column; unit of an epoch number, None to find it; zone of
        naive times. Epoch numbers are UTC by definition.
    """

    columns: Mapping[str, str]
    scales: Mapping[str, float]
    timestamp_column: str
    timestamp_unit: EpochUnit | None
    time_zone: str

    def source_of(self, column: str) -> str:
        """Return the file's name of the contract's ``column``."""
        return self.columns.get(column, column)


PLAIN = LakehouseMapping(
    columns={},
    scales={},
    timestamp_column=ORDER_FLOW_TIMESTAMP,
    timestamp_unit=None,
    time_zone="UTC",
)


def read_mapping(file: Path | None) -> LakehouseMapping:
    """Return the mapping in ``file`` (YAML or JSON), or the plain one without it.

    Raises
    ------
    ConfigError
        If the file cannot be read or says something unknown.
    """
    if file is None:
        return PLAIN
    document = _document(file)
    sections = _object(document, _SECTIONS, f"{file}")
    columns = _columns(sections.get("columns"), file)
    stamp = _object(sections.get("timestamp"), _TIMESTAMP_KEYS, f"{file}: timestamp")
    named = columns.pop(ORDER_FLOW_TIMESTAMP, None)
    column = _name(stamp.get("column", named or ORDER_FLOW_TIMESTAMP), file)
    if named is not None and named != column:
        raise ConfigError(
            f"{file}: the time column is {named!r} and {column!r}; expected one name"
        )
    unit = _unit(stamp.get("unit"), file)
    zone = _zone(stamp.get("time_zone", "UTC"), file)
    if unit is not None and zone not in _UTC:
        raise ConfigError(
            f"{file}: timestamp unit {unit!r} with time_zone {zone!r}; expected UTC or "
            "no time_zone: an epoch counts from 1970-01-01 UTC"
        )
    _check_apart(columns, column, file)
    return LakehouseMapping(
        columns=columns,
        scales=_scales(sections.get("scales"), file),
        timestamp_column=column,
        timestamp_unit=unit,
        time_zone=zone,
    )


class _Loader(yaml.SafeLoader):
    # YAML that names a key once: the library would keep the last of two in silence.
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                raise yaml.YAMLError(f"key {key!r} occurs twice; expected it once")
        return dict(super().construct_mapping(node, deep=deep))


def _document(file: Path) -> object:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigError(
                f"{file}: {file.stat().st_size} bytes; expected a mapping of at most "
                f"{_LARGEST}"
            )
        return yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        one_line = " ".join(str(error).split())[:200]
        raise ConfigError(f"{file}: no YAML or JSON mapping: {one_line}") from error


def _check_apart(columns: dict[str, str], timestamp: str, file: Path) -> None:
    # Two of our columns out of one of theirs is a slip of the pen, never a wish.
    readers: dict[str, str] = {timestamp.casefold(): ORDER_FLOW_TIMESTAMP}
    for name in ORDER_FLOW_KNOWN:
        theirs = columns.get(name, name)
        other = readers.setdefault(theirs.casefold(), name)
        if other != name:
            raise ConfigError(
                f"{file}: {other} and {name} are both read from {theirs!r}; expected "
                "a column of its own for each"
            )


def _object(value: object, allowed: tuple[str, ...], where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(
            f"{where} is {reprlib.repr(value)}; expected keys of {list(allowed)}"
        )
    if unknown := sorted(str(key)[:60] for key in value if key not in allowed):
        raise ConfigError(
            f"{where}: keys {unknown[:9]} unknown; expected {list(allowed)}"
        )
    return value


def _columns(value: object, file: Path) -> dict[str, str]:
    allowed = (*ORDER_FLOW_KNOWN, ORDER_FLOW_TIMESTAMP)
    found = _object(value, allowed, f"{file}: columns")
    return {ours: _name(theirs, file) for ours, theirs in found.items()}


def _scales(value: object, file: Path) -> dict[str, float]:
    found = _object(value, ORDER_FLOW_KNOWN, f"{file}: scales")
    for name, factor in found.items():
        is_number = isinstance(factor, int | float) and not isinstance(factor, bool)
        # A whole number may be larger than any that a file can hold.
        if not is_number or not 0 < abs(factor) < math.inf or abs(factor) > _LARGE:
            raise ConfigError(
                f"{file}: scale of {name} is {reprlib.repr(factor)}; expected a finite "
                "number other than 0"
            )
    return {name: float(factor) for name, factor in found.items()}


def _name(value: object, file: Path) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{file}: column name {reprlib.repr(value)}; expected a text")
    return value


def _unit(value: object, file: Path) -> EpochUnit | None:
    for unit in get_args(EpochUnit):
        if value == unit:
            found: EpochUnit = unit
            return found
    if value is None:
        return None
    raise ConfigError(
        f"{file}: timestamp unit {reprlib.repr(value)}; expected one of "
        f"{list(get_args(EpochUnit))}"
    )


def _zone(value: object, file: Path) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"{file}: time zone {reprlib.repr(value)} is unknown; expected e.g. UTC"
        ) from error
