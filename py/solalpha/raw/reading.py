"""Open a file of rows, CSV, parquet or JSON, without changing a digit.

CSV and JSON numbers stay text, so that decimals can be kept exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from solalpha.errors import ConfigError, DataError

_PARQUET = (".parquet", ".pq")
_JSON = (".json", ".jsonl", ".ndjson")
_CSV = (".csv", ".csv.gz", ".txt", ".tsv", ".tsv.gz")


def read_rows(
    file: Path,
    *,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    mapping: Mapping[str, str],
) -> pl.DataFrame:
    """Return the wanted columns of ``file`` under our names, in file order.

    Parameters
    ----------
    required, optional
        Our column names; absent optional ones are simply absent in the result.
    mapping
        Our name to the file's name, for columns that are called otherwise.

    Raises
    ------
    ConfigError
        If the file is not there, its kind is unknown, or ``mapping`` names a
        column that is none of ours.
    DataError
        If the file cannot be read, is empty, or lacks a column.
    """
    return pick_rows(
        read_table(file),
        file,
        required=required,
        optional=optional,
        mapping=mapping,
    )


def pick_rows(
    frame: pl.DataFrame,
    file: Path,
    *,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    mapping: Mapping[str, str],
) -> pl.DataFrame:
    """Return the wanted columns of ``frame``, the rows of ``file``, as read_rows does.

    Raises
    ------
    ConfigError
        If ``mapping`` names a column that is none of ours.
    DataError
        If there is no row, or a column is missing.
    """
    wanted = (*required, *optional)
    if unknown := sorted(set(mapping) - set(wanted)):
        raise ConfigError(
            f"column mapping names {unknown}; expected some of {list(wanted)}"
        )
    theirs = {name: mapping.get(name, name) for name in wanted}
    needed = [theirs[n] for n in wanted if n in required or n in mapping]
    if missing := [name for name in needed if name not in frame.columns]:
        raise DataError(
            f"{file}: columns {missing} missing; found {frame.columns}, expected "
            f"{[theirs[n] for n in required]} (name others with a column mapping)"
        )
    if frame.is_empty():
        raise DataError(f"{file}: no rows; expected at least one")
    present = {ours: name for ours, name in theirs.items() if name in frame.columns}
    return frame.select([pl.col(name).alias(ours) for ours, name in present.items()])


def content_name(file: Path, table: str) -> str:
    """Return the ingest id of ``file``: the table and a hash of its bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return f"{table}-{digest.hexdigest()[:16]}"


def read_table(file: Path) -> pl.DataFrame:
    """Return all columns of ``file`` under their own names, in file order.

    Raises
    ------
    ConfigError
        If the file is not there or its kind is unknown.
    DataError
        If the file cannot be read.
    """
    if file.is_dir():
        raise ConfigError(
            f"{file} is a directory; expected a CSV, parquet or JSON file"
        )
    if not file.is_file():
        raise ConfigError(f"{file}: no such file; expected CSV, parquet or JSON")
    if file.stat().st_size == 0:
        raise DataError(f"{file}: 0 bytes; expected CSV, parquet or JSON")
    name = file.name.lower()
    try:
        if name.endswith(_PARQUET):
            return _read_parquet(file)
        if name.endswith(_JSON):
            return _read_json(file)
        if name.endswith(_CSV):
            return _read_csv(file)
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: cannot be read: {_one_line(error)}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read: {_one_line(error)}") from error
    except RecursionError as error:
        raise DataError(
            f"{file}: cannot be read: values within values, too deep; expected rows "
            "of plain values"
        ) from error
    raise ConfigError(
        f"{file}: kind {''.join(file.suffixes)!r} is unknown; expected one of "
        f"{[*_CSV, *_PARQUET, *_JSON]}"
    )


def _read_parquet(file: Path) -> pl.DataFrame:
    # Names and texts of a damaged file may be no text at all: found out here.
    table = pq.ParquetFile(file).read()
    if len(set(table.schema.names)) < table.num_columns:
        raise DataError(f"{file}: a column stands twice; expected each once")
    table.validate(full=True)
    # Without the metadata of the schema, which may be damaged too.
    frame = pl.from_arrow(pa.table(table.columns, names=table.schema.names))
    if not isinstance(frame, pl.DataFrame):
        raise DataError(f"{file}: no table; expected columns")
    return frame


def _read_csv(file: Path) -> pl.DataFrame:
    separator = "\t" if ".tsv" in file.name.lower() else ","
    frame = pl.read_csv(
        file, infer_schema=False, separator=separator, encoding="utf8", glob=False
    )
    for name in frame.columns:
        first, repeat, _ = name.rpartition("_duplicated_")
        if repeat and first in frame.columns:
            raise DataError(f"{file}: column {first!r} stands twice; expected it once")
    return frame.rename({name: name.strip().lstrip("\ufeff") for name in frame.columns})


def _read_json(file: Path) -> pl.DataFrame:
    # Numbers are kept as their text: a float would lose the exact decimal.
    text = file.read_text(encoding="utf-8-sig")
    if text.lstrip()[:1] == "[":
        records = _loads(text)
    else:
        records = [_loads(line) for line in text.splitlines() if line.strip()]
    if not all(isinstance(record, dict) for record in records):
        raise DataError(f"{file}: JSON is no list of objects; expected one per row")
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {n: [_text(record.get(n)) for record in records] for n in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _one_line(error: Exception) -> str:
    # What follows the first paragraph is advice about calling the library.
    return " ".join(str(error).split("\n\n")[0].split())[:300]
