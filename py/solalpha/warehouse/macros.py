"""SQL macros that a published version carries for analysts, and the table of them.

They stand in ``published/`` of the dbt project: one file of SQL each, and one YAML
file that says what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from solalpha.errors import ConfigError
from solalpha.warehouse import duck
from solalpha.warehouse.own_tables import OwnTable

FOLDER = "published"
_WORDS_FILE = "_macros.yml"
_SCHEMA = "{schema}"

MACROS_TABLE = OwnTable(
    name="macros",
    description="One row per macro of this file that a query may call.",
    columns={
        "name": ("varchar", "Name of the macro."),
        "kind": ("varchar", "scalar: called in a select; table: called in from."),
        "parameters": ("varchar", "Call with parameters, defaults as name := value."),
        "parameter_meanings": ("varchar", "What each parameter means, with its unit."),
        "returns": ("varchar", "Type, unit or columns of what it gives."),
        "meaning": ("varchar", "What it computes and how unknown values count."),
        "example": ("varchar", "A whole query that runs on this file."),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroEntry:
    """Describe one macro; ``sql`` creates it, with ``{schema}`` for the schema."""

    name: str
    parameter_meanings: str
    returns: str
    meaning: str
    example: str
    sql: str

    @property
    def kind(self) -> str:
        """Return ``table`` or ``scalar``."""
        body = self._declared.split(" as", 1)[1]
        return "table" if body.startswith(" table") else "scalar"

    @property
    def call(self) -> str:
        """Return the name with the parameters as they are declared."""
        return self._declared.split(" as", 1)[0].removeprefix(f"{_SCHEMA}.")

    @property
    def _declared(self) -> str:
        # What follows the comments, which may hold an "as" of their own.
        return self.sql.split("create macro ", 1)[1]


def load(project: Path) -> tuple[MacroEntry, ...]:
    """Read the macros of the dbt project at ``project``; none where it has none.

    Raises
    ------
    ConfigError
        If words and files do not fit one another.
    """
    folder = project / FOLDER
    if not folder.is_dir():
        return ()
    try:
        words = yaml.safe_load((folder / _WORDS_FILE).read_text(encoding="utf-8"))
        found = tuple(
            MacroEntry(
                name=entry["name"],
                parameter_meanings="; ".join(
                    f"{name}: {_flat(said)}"
                    for name, said in entry["parameters"].items()
                ),
                returns=_flat(entry["returns"]),
                meaning=_flat(entry["meaning"]),
                example=_flat(entry["example"]),
                sql=(folder / f"{entry['name']}.sql").read_text(encoding="utf-8"),
            )
            for entry in words["macros"]
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{folder / _WORDS_FILE} does not describe the macros beside it: {error!r}"
        ) from error
    unsaid = {file.stem for file in folder.glob("*.sql")} - {m.name for m in found}
    if unsaid:
        raise ConfigError(
            f"{folder}: {', '.join(sorted(unsaid))} not described in {_WORDS_FILE}"
        )
    return found


def write(
    connection: duck.Connection,
    schema: str,
    entries: tuple[MacroEntry, ...],
    *,
    mark: str,
) -> None:
    """Create the macros and their table in ``schema`` of the database in use.

    Raises
    ------
    ConfigError
        If a macro's SQL is wrong.
    """
    for entry in entries:
        try:
            connection.execute(entry.sql.replace(_SCHEMA, schema))
        except duckdb.Error as error:
            raise ConfigError(
                f"macro {entry.name!r} cannot be created: {duck.first_line(error)}"
            ) from error
    listed = [
        (
            entry.name,
            entry.kind,
            entry.call,
            entry.parameter_meanings,
            entry.returns,
            entry.meaning,
            entry.example,
        )
        for entry in entries
    ]
    MACROS_TABLE.create(connection, schema, listed, mark=mark)


def _flat(text: str) -> str:
    return " ".join(text.split())
