"""Adopt a lakehouse of order-flow parquet: it stays in place, two registries know it.

Files lie at ``consolidated/<COIN>/year=YYYY/month=MM/*.parquet``. Only footers are
read here; staging reads the rows through the registries.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake
from solalpha.raw.adopted import (
    SOURCE,
    column_rows,
    field_rows,
    file_rows,
    is_numeric,
)
from solalpha.raw.footers import Footer, read_footer
from solalpha.raw.lakehouse_report import (
    ColumnCoverage,
    SchemaDrift,
    coverage,
    drift,
    notes_of,
)
from solalpha.raw.mapping import LakehouseMapping, read_mapping
from solalpha.raw.schemas import (
    ADOPTED_FILES,
    ORDER_FLOW_REQUIRED,
    TABLES,
    TableSchema,
)
from solalpha.raw.summary import IngestSummary, edges
from solalpha.raw.validation import check_coin

__all__ = ["AdoptionSummary", "adopt"]

Progress = Callable[[str, int, int], None]

_MONTHS = "year=[0-9][0-9][0-9][0-9]/month=*/*.parquet"
_FOLDERS = re.compile(r"year=(\d{4})/month=(0?[1-9]|1[0-2])$")
# Staging would read such a path as a pattern of several files.
_PATTERN = re.compile(r"[][*?]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionSummary(IngestSummary):
    """Count the files of one adoption, with coverage and drift by column."""

    columns: tuple[ColumnCoverage, ...]
    schema_drift: tuple[SchemaDrift, ...]


def adopt(
    paths: Paths,
    parameters: Parameters,
    directory: Path,
    mapping_file: Path | None,
    *,
    progress: Progress | None = None,
    ingested_at: datetime | None = None,
) -> AdoptionSummary:
    """Register the order-flow files under ``directory``; again, it adds nothing.

    Parameters
    ----------
    directory
        The lakehouse, its ``consolidated`` folder, or one coin's folder.
    mapping_file
        Other column names, the time column and scales; None for the contract's.
    ingested_at
        The present unless given; a file with a later time is refused.

    Returns
    -------
    AdoptionSummary
        Counts of files: added, unchanged (``duplicate``), and changed since
        (``conflicting``, registered anew); coverage and drift by column; notes.

    Raises
    ------
    ConfigError
        If the directory or the mapping is wrong.
    DataError
        If a file is refused; the registries are as before then.
    """
    mapping = read_mapping(mapping_file)
    found = list(_files(directory))
    if not found:
        raise DataError(
            f"{directory}: no order-flow files; expected "
            "consolidated/<COIN>/year=YYYY/month=MM/*.parquet below it"
        )
    present = ingested_at or clock.now()
    footers: dict[str, list[Footer]] = {}
    for done, (coin, month, path) in enumerate(found, start=1):
        footer = read_footer(path, month, mapping)
        if footer is not None:
            _check_columns(footer, mapping)
            _check_present(footer, present)
            footers.setdefault(coin, []).append(footer)
        if progress is not None:
            progress("adopt", done, len(found))
    if not footers:
        raise DataError(f"{directory}: no rows in {len(found)} files; expected some")
    _check_mapped(footers, mapping, directory)
    _check_origins(footers, directory)
    files = file_rows(footers, mapping, parameters)
    registries = {
        "adopted_columns": column_rows(footers, mapping, files),
        "adopted_fields": field_rows(footers, mapping, files),
        "adopted_files": files,
    }
    roots = {path.parents[2] for _, _, path in found}
    with lake.writing(paths):
        lake.require_origin(paths, files.item(0, "origin"))
        counts = _replace(paths, registries, roots)
    summary = _summary(files, counts, len(found) - files.height)
    return _reported(summary, footers, mapping)


def _files(directory: Path) -> Iterator[tuple[str, str, Path]]:
    # Coin, month YYYY-MM and path of each file, sorted.
    root = directory.expanduser().absolute()
    if not root.is_dir():
        raise ConfigError(f"{directory}: no such directory; expected a lakehouse")
    coins = [root] if any(root.glob("year=*")) else []
    if not coins:
        inner = root / "consolidated"
        coins = [p for p in (inner if inner.is_dir() else root).iterdir() if p.is_dir()]
    for folder in sorted(coins):
        for path in sorted(folder.glob(_MONTHS)):
            match = _FOLDERS.search(path.parent.as_posix())
            if match is None:
                raise DataError(f"{path.parent}: no month; expected month=01 to 12")
            if found := _PATTERN.search(str(path)):
                raise DataError(
                    f"{path}: the path holds {found.group()!r}; expected none of "
                    "[ ] * ? in it: rename the file or its folder"
                )
            year, month = match.groups()
            yield check_coin(folder.name), f"{year}-{int(month):02d}", path


def _check_columns(footer: Footer, mapping: LakehouseMapping) -> None:
    for name in ORDER_FLOW_REQUIRED:
        theirs = mapping.source_of(name)
        own = footer.own_name(theirs)
        if own is None:
            raise DataError(
                f"{footer.path}: column {theirs!r} missing; found "
                f"{list(footer.types)}, expected it, or another name for {name} in "
                "the mapping file"
            )
        if not is_numeric(footer.types[own]):
            raise DataError(
                f"{footer.path}: column {own!r} is {footer.types[own]}; "
                "expected numbers"
            )


def _check_present(footer: Footer, present: datetime) -> None:
    if footer.last_event_at > present:
        raise DataError(
            f"{footer.path}: times up to {clock.iso(footer.last_event_at)}; expected "
            f"none after {clock.iso(present)} (is the time zone {footer.time_zone}?)"
        )


def _check_mapped(
    footers: dict[str, list[Footer]], mapping: LakehouseMapping, directory: Path
) -> None:
    known = {name for files in footers.values() for f in files for name in f.types}
    folded = {name.casefold() for name in known}
    if lost := sorted(
        name for name in set(mapping.columns.values()) if name.casefold() not in folded
    ):
        raise DataError(
            f"{directory}: the mapping names {lost}, found in no file; expected some "
            f"of {sorted(known)}"
        )


def _check_origins(footers: dict[str, list[Footer]], directory: Path) -> None:
    origins = sorted({f.origin for files in footers.values() for f in files})
    if len(origins) > 1:
        raise DataError(
            f"{directory}: files of {' and '.join(origins)} data; expected one kind: "
            "adopt them into lakes of their own"
        )


def _summary(files: pl.DataFrame, counts: dict[str, int], empty: int) -> IngestSummary:
    notes = [f"{empty} files without rows left out"] if empty else []
    if counts["gone"]:
        notes.append(f"{counts['gone']} files are gone since and were struck off")
    return IngestSummary(
        table="adopted_files",
        coin=",".join(files["coin"].unique().sort()),
        source=SOURCE,
        rows_read=files.height,
        added=counts["added"],
        duplicate=counts["same"],
        conflicting=counts["changed"],
        first_at=edges(files["first_event_at"])[0],
        last_at=edges(files["last_event_at"])[1],
        notes=tuple(notes),
    )


def _reported(
    summary: IngestSummary, footers: dict[str, list[Footer]], mapping: LakehouseMapping
) -> AdoptionSummary:
    notes = [note for files in footers.values() for note in notes_of(files, mapping)]
    facts = {
        field.name: getattr(summary, field.name) for field in fields(IngestSummary)
    }
    return AdoptionSummary(
        **facts | {"notes": (*notes, *summary.notes)},
        columns=tuple(
            column
            for coin, files in footers.items()
            for column in coverage(coin, files, mapping)
        ),
        schema_drift=tuple(
            change
            for coin, files in footers.items()
            for change in drift(coin, files, mapping)
        ),
    )


def _replace(
    paths: Paths, registries: dict[str, pl.DataFrame], roots: set[Path]
) -> dict[str, int]:
    # Files of other folders and columns of other coins stay; nothing is written if
    # nothing changed. The files come last: they are what staging reads by.
    files = registries["adopted_files"]
    old = {name: lake.read(paths, name) for name in registries}
    old_files = old["adopted_files"]
    is_below = pl.Series(
        [Path(p).parents[2] in roots for p in old_files["file_path"]], dtype=pl.Boolean
    )
    is_listed = old_files["file_path"].is_in(files["file_path"].to_list())
    others = old_files.filter(~is_below & ~is_listed)
    gone = int((is_below & ~is_listed).sum())
    same = _equal_rows(files, old_files, ADOPTED_FILES)
    known = int(files["file_path"].is_in(old_files["file_path"].to_list()).sum())
    kept = {
        "adopted_columns": ~pl.col("coin").is_in(files["coin"].to_list()),
        "adopted_fields": pl.col("file_path").is_in(others["file_path"].to_list()),
        "adopted_files": pl.col("file_path").is_in(others["file_path"].to_list()),
    }
    wanted = {
        name: pl.concat([old[name].filter(kept[name]), rows], how="diagonal")
        for name, rows in registries.items()
    }
    if any(_is_changed(wanted[name], old[name], name) for name in wanted):
        ingest_id = f"adopted_files-{_fingerprint(files)}"
        for name, rows in wanted.items():
            lake.replace_registry(paths, name, rows, ingest_id=ingest_id)
    added, changed = files.height - known, known - same
    return {"added": added, "same": same, "changed": changed, "gone": gone}


def _is_changed(rows: pl.DataFrame, old: pl.DataFrame, name: str) -> bool:
    same = _equal_rows(rows, old, TABLES[name])
    return same < rows.height or rows.height != old.height


def _equal_rows(rows: pl.DataFrame, old: pl.DataFrame, schema: TableSchema) -> int:
    names = [*schema.key, *schema.compared]
    same = rows.select(names).join(
        old.select(names), on=names, how="semi", nulls_equal=True
    )
    return same.height


def _fingerprint(files: pl.DataFrame) -> str:
    rows = files.select("file_path", "size_bytes", "modified_at").rows()
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()[:16]
