"""Which models of a dbt project the replay compares, and how it knows their rows.

A model that declares its causality is taken at its word. In a project of one's own a
model need not declare anything: an end product with a column of time is then taken for
causal, and the assumption is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solalpha.warehouse import duck
from solalpha.warehouse.catalog import meta_of

CAUSAL, LABEL = "causal", "label"
_COMPARED = (CAUSAL, LABEL)
# Columns that say when a row was known, and one that a decision follows.
_KNOWN_AT = ("decided_at", "known_at", "available_at")
_BAR = "bar_closed_at"
_EVENT_TIMES = (_BAR, "event_at", "timestamp", "time", "ts")
# Layers that nobody reads but models, by their names.
_INNER = ("stg_", "int_")
_KEYS = (("coin",), ("coin", "source"), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """Say how one model's rows are matched and from when they count as known.

    ``assumption`` is empty where the model declares it all.
    """

    name: str
    schema: str
    table: str
    causality: str
    key: tuple[str, ...]
    known_at: str
    delay_s: int
    assumption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Hold the models that are compared, and why the others are not."""

    audited: tuple[Audited, ...]
    left_out: tuple[dict[str, str], ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the models that are compared."""
        return tuple(model.name for model in self.audited)


def candidates(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the nodes to build: those that declare a causality, and end products.

    An end product is a model that no model reads, that declares nothing and whose
    name is not that of staging or an intermediate step (``stg_``, ``int_``).
    """
    children = manifest["child_map"]
    return tuple(
        node
        for name, node in sorted(manifest["nodes"].items())
        if node["resource_type"] == "model"
        and node["config"].get("enabled", True)
        and node["config"]["materialized"] != "ephemeral"
        and (
            meta_of(node).get("causality") in _COMPARED
            or (
                not meta_of(node).get("causality")
                and not any(child.startswith("model.") for child in children[name])
                and not node["name"].startswith(_INNER)
            )
        )
    )


def find(
    nodes: Sequence[Mapping[str, Any]], database: Path, *, decision_delay_s: int
) -> Scope:
    """Match the built ``nodes`` with what their tables hold."""
    audited, left_out = [], []
    connection = duck.read_only(database)
    try:
        for node in nodes:
            found = _audited(connection, node, decision_delay_s)
            if isinstance(found, Audited):
                audited.append(found)
            else:
                left_out.append({"model": node["name"], "reason": found})
    finally:
        connection.close()
    return Scope(audited=tuple(audited), left_out=tuple(left_out))


def _audited(
    connection: duck.Connection, node: Mapping[str, Any], decision_delay_s: int
) -> Audited | str:
    meta = meta_of(node)
    place = f"{duck.quoted(node['schema'])}.{duck.quoted(node['alias'])}"
    kinds = {row[0]: str(row[1]) for row in duck.rows(connection, f"describe {place}")}
    times = [name for name, kind in kinds.items() if kind.startswith("TIMESTAMP")]
    known_at, delay_s = str(meta.get("known_at_column") or ""), 0
    told = []
    if known_at not in times:
        known_at = next(
            (name for name in (*_KNOWN_AT, *_EVENT_TIMES) if name in times),
            next(iter(times), ""),
        )
        if not known_at:
            return "no column of time; expected one that says when a row was known"
        delay_s = 0 if known_at in _KNOWN_AT else decision_delay_s
        told.append(f"known {delay_s} s after {known_at}" if delay_s else known_at)
    key = tuple(meta.get("key") or ()) or _key(connection, place, kinds, known_at)
    if not key:
        return f"no key: coin and {known_at} name no row; expected meta.key"
    if not meta.get("key"):
        told.append(f"one row per {', '.join(key)}")
    causality = str(meta.get("causality") or CAUSAL)
    if not meta.get("causality"):
        told.insert(0, "causal")
    return Audited(
        name=node["name"],
        schema=node["schema"],
        table=node["alias"],
        causality=causality,
        key=key,
        known_at=known_at,
        delay_s=delay_s,
        assumption="; ".join(told),
    )


def _key(
    connection: duck.Connection, place: str, kinds: Mapping[str, str], known_at: str
) -> tuple[str, ...]:
    time = next((name for name in _EVENT_TIMES if name in kinds), known_at)
    for others in _KEYS:
        key = (*others, time)
        if not all(name in kinds for name in key):
            continue
        listed = ", ".join(map(duck.quoted, key))
        unknown = " or ".join(f"{duck.quoted(name)} is null" for name in key)
        ((rows, distinct, nulls),) = duck.rows(
            connection,
            f"select count(*), count(distinct ({listed})), "
            f"count(*) filter (where {unknown}) from {place}",
        )
        if rows == distinct and not nulls:
            return key
    return ()
