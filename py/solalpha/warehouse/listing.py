"""The tables of a published version, each with its size and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solalpha.warehouse import catalog as catalogue
from solalpha.warehouse import duck

_TABLES = (
    "select schema_name, table_name, column_count, comment "
    "from duckdb_tables() where database_name = current_database() "
    "order by schema_name desc, table_name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """Describe one published table; words that nobody declared are empty."""

    schema: str
    name: str
    rows: int
    columns: int
    causality: str
    known_at: str
    description: str


def tables(
    connection: duck.Connection, catalogs: Mapping[str, catalogue.Catalog]
) -> tuple[TableEntry, ...]:
    """Return every table, the main schema first; ``catalogs`` are by schema."""
    entries = {
        (schema, model.name): model
        for schema, catalog in catalogs.items()
        for model in catalog.models
    }
    return tuple(
        TableEntry(
            schema=schema,
            name=name,
            rows=_count(connection, schema, name),
            columns=columns,
            causality=entry.causality if (entry := entries.get((schema, name))) else "",
            known_at=entry.known_at_column if entry else "",
            description=entry.description if entry else comment or "",
        )
        for schema, name, columns, comment in duck.rows(connection, _TABLES)
    )


def _count(connection: duck.Connection, schema: str, table: str) -> int:
    name = f"{duck.quoted(schema)}.{duck.quoted(table)}"
    ((count,),) = duck.rows(connection, f"select count(*) from {name}")
    return int(count)
