"""Write the published tables as parquet, for engines that do not open DuckDB files.

A folder holds one version: it is written aside and takes the old one's place whole.
Its ``manifest.json`` names the version and each file with its size and digest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse import duck, export_folder, versions
from solalpha.warehouse.disk import sync
from solalpha.warehouse.export_folder import digest
from solalpha.warehouse.reader import Reader

MANIFEST = "manifest.json"
BATCH_ROWS = 100_000
_PROGRAM = "solalpha export tables"
_MAIN = "main"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """Describe one written file; ``path`` is relative to the folder."""

    table: str
    path: str
    rows: int
    columns: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTables:
    """Describe a folder of tables; ``is_new`` is false where nothing was written."""

    build_id: str
    directory: Path
    files: tuple[TableFile, ...]
    is_new: bool


def export_tables(
    paths: Paths,
    directory: Path,
    *,
    tables: Sequence[str] | None,
    progress: Progress | None = None,
) -> ExportedTables:
    """Write one zstd file per published table into ``directory``.

    Times are UTC instants; columns carry their descriptions and units, files the
    build id, as metadata. A folder that holds the same tables of the same version is
    left as it is.

    Parameters
    ----------
    tables
        Names wanted, ``daily.bars`` for one of the daily schema; None for all.

    Raises
    ------
    ConfigError
        If a table is unknown, or ``directory`` holds anything else.
    DataError
        If nothing was published, or another export writes there.
    """
    root = export_folder.root_of(paths, directory)
    file = versions.current(paths)
    with Reader.open_file(file) as reader:
        build_id = reader.build_id
        wanted = _chosen([(t.schema, t.name) for t in reader.tables()], tables)
    try:
        with export_folder.alone(root):
            return _replaced(
                file,
                root,
                directory,
                build_id=build_id,
                wanted=wanted,
                progress=progress,
            )
    except OSError as error:
        raise ConfigError(
            f"{directory} cannot be written ({error.strerror or error}); expected a "
            "writable place"
        ) from error


def _replaced(
    version: Path,
    root: Path,
    directory: Path,
    *,
    build_id: str,
    wanted: Sequence[tuple[str, str]],
    progress: Progress | None,
) -> ExportedTables:
    held = _held(root, directory)
    if held is not None and held[0] == build_id:
        kept = tuple(held[1])
        if {entry.table for entry in kept} == {_label(*pair) for pair in wanted}:
            return ExportedTables(
                build_id=build_id, directory=root, files=kept, is_new=False
            )
    with export_folder.aside(root) as aside:
        files = _write(version, aside, build_id, wanted, progress)
        export_folder.swap(aside, root)
    return ExportedTables(build_id=build_id, directory=root, files=files, is_new=True)


def _chosen(
    held: Sequence[tuple[str, str]], tables: Sequence[str] | None
) -> list[tuple[str, str]]:
    names = {_label(schema, name): (schema, name) for schema, name in held}
    if tables is None:
        return sorted(names.values())
    unknown = [name for name in tables if name not in names]
    if unknown or not tables:
        raise ConfigError(
            f"no published table {', '.join(unknown) or '(none was named)'}; expected "
            "some of those that `solalpha tables` lists"
        )
    return sorted({names[name] for name in tables})


def _label(schema: str, name: str) -> str:
    return name if schema == _MAIN else f"{schema}.{name}"


def _held(root: Path, directory: Path) -> tuple[str, list[TableFile]] | None:
    # The version and files that stand there, None where they must be written anew.
    if not root.exists():
        return None
    if not root.is_dir():
        raise ConfigError(f"{directory} is a file; expected a directory to write into")
    found = {path for path in root.rglob("*") if not path.is_dir()}
    if not found:
        return None
    try:
        manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
        files = [TableFile(**entry) for entry in manifest["files"]]
        is_ours = manifest["program"] == _PROGRAM
        build_id = str(manifest["build_id"])
    except (OSError, ValueError, KeyError, TypeError):
        is_ours, files, build_id = False, [], ""
    foreign = found - {root / MANIFEST, *(root / entry.path for entry in files)}
    if foreign or not is_ours:
        named = min(foreign or found)
        raise ConfigError(
            f"{directory} holds {named.relative_to(root)}, which was not exported "
            "here; expected an empty folder or an earlier export"
        )
    is_whole = all(_is_whole(root / entry.path, entry) for entry in files)
    return (build_id, files) if is_whole else None


def _is_whole(path: Path, entry: TableFile) -> bool:
    if not path.is_file() or path.stat().st_size != entry.size_bytes:
        return False
    return digest(path) == entry.sha256


def _write(
    version: Path,
    aside: Path,
    build_id: str,
    wanted: Sequence[tuple[str, str]],
    progress: Progress | None,
) -> tuple[TableFile, ...]:
    files: list[TableFile] = []
    try:
        connection = duck.read_only(version)
    except duckdb.Error as error:
        raise DataError(
            f"published version {version} cannot be read ({duck.first_line(error)})"
        ) from error
    try:
        for done, (schema, name) in enumerate(wanted, start=1):
            target = aside / (name if schema == _MAIN else f"{schema}/{name}")
            target = target.with_name(f"{name}.parquet")
            target.parent.mkdir(exist_ok=True)
            rows, columns = _write_table(connection, schema, name, target, build_id)
            files.append(
                TableFile(
                    table=_label(schema, name),
                    path=target.relative_to(aside).as_posix(),
                    rows=rows,
                    columns=columns,
                    size_bytes=target.stat().st_size,
                    sha256=digest(target),
                )
            )
            if progress is not None:
                progress("export", done, len(wanted))
    finally:
        connection.close()
    manifest = {
        "program": _PROGRAM,
        "build_id": build_id,
        "files": [asdict(entry) for entry in files],
    }
    (aside / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    sync(aside / MANIFEST)
    sync(aside)
    return tuple(files)


def _write_table(
    connection: duck.Connection, schema: str, name: str, target: Path, build_id: str
) -> tuple[int, int]:
    table = f"{schema}.{duck.quoted(name)}"
    [(said,)] = duck.rows(
        connection,
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
        [schema, name],
    )
    comments = dict(
        duck.rows(
            connection,
            "select column_name, comment from duckdb_columns() "
            "where schema_name = ? and table_name = ?",
            [schema, name],
        )
    )
    batches = connection.sql(f"select * from {table}").to_arrow_reader(BATCH_ROWS)
    kind = pa.schema(
        [_field(field, comments) for field in batches.schema],
        metadata={"build_id": build_id, "table": name, "description": said or ""},
    )
    rows = 0
    with pq.ParquetWriter(target, kind, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(kind))
            rows += batch.num_rows
    sync(target)
    return rows, len(kind)


def _field(field: Any, comments: dict[str, str]) -> Any:
    kind = field.type
    if pa.types.is_timestamp(kind) and kind.tz is None:
        kind = pa.timestamp("us", "UTC")
    words = {"description": comments.get(field.name) or ""}
    return pa.field(field.name, kind, metadata=words)
