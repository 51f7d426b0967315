"""Read the published version without pause and write down whatever is wrong.

Run as a program: DATA_DIR STYLE OUT STOP. STYLE is ``library`` (the program's own
reader) or ``client`` (DuckDB alone on the link, as an analyst's shell opens it). A
line goes to OUT per connection: the version, the stamp that its tables carry, and
what did not fit. It ends when the file STOP exists.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from solalpha.config import load_paths
from solalpha.errors import SolalphaError
from solalpha.warehouse.reader import Reader

Rows = Callable[[str], list[tuple[Any, ...]]]
# Questions to one connection; some of them long enough for a publish to fall between.
ASKED = 4
# The words about models are the same in every version and carry no id.
TABLES = (
    "select table_name, comment from duckdb_tables() "
    "where schema_name = 'main' and not starts_with(table_name, 'catalog_')"
)
STAMPS = (
    "select 'features', min(stamp), max(stamp), count(*) from features union all "
    "select 'bars', min(stamp), max(stamp), count(*) from bars union all "
    "select 'regimes', min(stamp), max(stamp), count(*) from regimes"
)
JOINED = (
    "select count(*) from features inner join bars using (coin, bar_closed_at) "
    "where features.stamp <> bars.stamp"
)


def look(rows: Rows) -> dict[str, Any]:
    """Ask one connection again and again; all answers must be of one version."""
    wrong: list[str] = []
    seen: set[tuple[str, float]] = set()
    for _ in range(ASKED):
        ((build_id,),) = rows("select build_id from build_info")
        strange = [
            name
            for name, said in rows(TABLES)
            if f"Build {build_id}." not in (said or "")
        ]
        if strange:
            wrong.append(f"tables of another build than {build_id}: {strange}")
        for table, least, most, count in rows(STAMPS):
            if least != most or not count:
                wrong.append(f"{table}: {count} rows stamped {least} to {most}")
            seen.add((build_id, least))
        ((mixed,),) = rows(JOINED)
        if mixed:
            wrong.append(f"{mixed} rows of features and bars are of two versions")
    if len(seen) != 1:
        wrong.append(f"one connection saw {sorted(seen)}")
    build_id, stamp = sorted(seen)[-1]
    return {"build_id": build_id, "stamp": stamp, "wrong": wrong}


def once(data_dir: Path, style: str) -> dict[str, Any]:
    """Open, look and close; a failure is what is wrong."""
    try:
        if style == "library":
            with Reader.open(load_paths(data_dir)) as reader:
                return look(lambda sql: reader.query(sql).rows())
        link = data_dir / "warehouse" / "current.duckdb"
        with duckdb.connect(str(link), read_only=True) as connection:
            return look(lambda sql: connection.execute(sql).fetchall())
    except (SolalphaError, duckdb.Error) as error:
        said = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        return {"build_id": None, "stamp": None, "wrong": [said]}


def main() -> None:
    """Read until told to stop."""
    data_dir, style, out, stop = sys.argv[1:]
    with Path(out).open("w", encoding="utf-8") as stream:
        while not Path(stop).exists():
            stream.write(json.dumps(once(Path(data_dir), style)) + "\n")
            stream.flush()


if __name__ == "__main__":
    main()
