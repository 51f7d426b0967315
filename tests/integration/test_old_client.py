"""The published file opens in the oldest supported DuckDB client, values and words.

The client is another version of a library that is in use here, so it has an
environment of its own: `make old-client` makes it, once, and runs this file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.integration.program import Done

from solalpha.warehouse.publish import OLDEST_CLIENT, STORAGE_VERSION

ROOT = Path(__file__).parents[2]
VARIABLE = "SOLALPHA_OLD_CLIENT"
# Run by both clients; what it prints must be the same.
ASKED = r"""
import json, sys
import duckdb

def text(value):
    return format(value, ".12g") if isinstance(value, float) else str(value)

with duckdb.connect(sys.argv[1], read_only=True) as connection:
    def rows(sql):
        found = connection.execute(sql).fetchall()
        return [[text(cell) for cell in row] for row in found]

    found = {"": duckdb.__version__}
    listed = rows(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() "
        "where not internal order by all"
    )
    found["tables"] = listed
    for schema, table, _ in listed:
        columns = rows(
            "select column_name, data_type, coalesce(comment, '') "
            f"from duckdb_columns() where schema_name = '{schema}' "
            f"and table_name = '{table}' order by all"
        )
        # A sum of doubles would differ between two clients; these do not.
        asked = ", ".join(
            f'count("{name}"), min("{name}"), max("{name}")' for name, *_ in columns
        )
        found[f"{schema}.{table}"] = [
            columns, rows(f'select count(*), {asked} from "{schema}"."{table}"')
        ]
    found["macros"] = rows(
        "select distinct function_name, function_type from duckdb_functions() "
        "where not internal order by all"
    )
    print(json.dumps(found))
"""


def client() -> Path | None:
    """Return the interpreter of the old client, None where there is none."""
    named = os.environ.get(VARIABLE) or str(ROOT / "build/old_client/bin/python")
    return Path(named) if Path(named).exists() else None


def asked(python: Path | str, file: Path) -> dict[str, object]:
    answer = subprocess.run(
        [str(python), "-c", ASKED, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    found: dict[str, object] = json.loads(answer.stdout)
    return found


def test_oldest_client_reads_every_table_and_comment(done: Done) -> None:
    python = client()
    if python is None:
        pytest.skip(
            f"needs DuckDB {OLDEST_CLIENT} in an environment of its own: "
            f"`make old-client`, or name its Python in {VARIABLE}"
        )
    file = done.data_dir / "warehouse" / "current.duckdb"
    ours, theirs = asked(sys.executable, file), asked(python, file)
    assert theirs.pop("") == OLDEST_CLIENT
    assert ours.pop("") == duckdb.__version__
    assert len(ours) > 30
    for name, found in ours.items():
        assert theirs[name] == found, name


def test_published_file_is_of_the_stated_storage_version(done: Done) -> None:
    file = done.data_dir / "warehouse" / "current.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        told = connection.execute("select storage_version from build_info").fetchall()
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where not internal"
        ).fetchall()
    assert told == [(STORAGE_VERSION,)]
    assert STORAGE_VERSION.removeprefix("v").startswith(OLDEST_CLIENT)
    assert tags["storage_version"].startswith("v1.0.0")
