"""Tables that a published version carries beside the models, each column explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solalpha.warehouse import duck


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTable:
    """Describe a table: what it says, and per column its type and meaning."""

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]

    def create(
        self,
        connection: duck.Connection,
        schema: str,
        rows: Sequence[Sequence[object]],
        *,
        mark: str,
    ) -> None:
        """Create the table in ``schema`` (already quoted) with its rows and comments.

        ``mark`` ends the table's comment: it names the version.
        """
        table = f"{schema}.{duck.quoted(self.name)}"
        listed = ", ".join(f"{name} {kind}" for name, (kind, _) in self.columns.items())
        connection.execute(f"create table {table} ({listed})")
        if rows:
            places = ", ".join("?" for _ in self.columns)
            connection.executemany(
                f"insert into {table} values ({places})", [list(row) for row in rows]
            )
        comment(
            connection,
            table,
            f"{self.description} {mark}",
            {name: meaning for name, (_, meaning) in self.columns.items()},
        )


def comment(
    connection: duck.Connection,
    table: str,
    description: str,
    columns: Mapping[str, str],
) -> None:
    """Write the comments of ``table`` (already quoted) and of its columns."""
    connection.execute(f"comment on table {table} is {duck.literal(description)}")
    for name, meaning in columns.items():
        connection.execute(
            f"comment on column {table}.{duck.quoted(name)} is {duck.literal(meaning)}"
        )
