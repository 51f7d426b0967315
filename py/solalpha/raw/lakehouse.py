"""Adopt a lakehouse of order-flow parquet: it stays in place, two registries know it.

Files lie at ``consolidated/<COIN>/year=YYYY/month=MM/*.parquet``. Only footers are
read here; staging reads the rows through the registries.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake
from solalpha.raw.adopted import SOURCE, column_rows, file_rows, is_numeric, notes_of
from solalpha.raw.footers import Footer, read_footer
from solalpha.raw.mapping import LakehouseMapping, read_mapping
from solalpha.raw.schemas import (
    ADOPTED_COLUMNS,
    ADOPTED_FILES,
    ORDER_FLOW_REQUIRED,
    TableSchema,
)
from solalpha.raw.summary import IngestSummary, edges
from solalpha.raw.validation import check_coin

__all__ = ["adopt"]

Progress = Callable[[str, int, int], None]

_MONTHS = "year=[0-9][0-9][0-9][0-9]/month=*/*.parquet"
_FOLDERS = re.compile(r"year=(\d{4})/month=(0?[1-9]|1[0-2])$")
# Staging would read such a path as a pattern of several files.
_PATTERN = re.compile(r"[][*?]")


def adopt(
    paths: Paths,
    parameters: Parameters,
    directory: Path,
    mapping_file: Path | None,
    *,
    progress: Progress | None = None,
    ingested_at: datetime | None = None,
) -> IngestSummary:
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
    IngestSummary
        Counts of files: added, unchanged (``duplicate``), and changed since
        (``conflicting``, registered anew); notes tell rows, coverage and drift.

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
    files = file_rows(footers, mapping, parameters)
    columns = column_rows(footers, mapping, files)
    roots = {path.parents[2] for _, _, path in found}
    with lake.writing(paths):
        lake.require_origin(paths, "real")
        counts = _replace(paths, files, columns, roots)
    notes = [note for coin in footers for note in notes_of(footers[coin], mapping)]
    if empty := len(found) - files.height:
        notes.append(f"{empty} files without rows left out")
    return _summary(files, counts, notes)


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
        if theirs not in footer.types:
            raise DataError(
                f"{footer.path}: column {theirs!r} missing; found "
                f"{list(footer.types)}, expected it, or another name for {name} in "
                "the mapping file"
            )
        if not is_numeric(footer.types[theirs]):
            raise DataError(
                f"{footer.path}: column {theirs!r} is {footer.types[theirs]}; "
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
    if lost := sorted(set(mapping.columns.values()) - known):
        raise DataError(
            f"{directory}: the mapping names {lost}, found in no file; expected some "
            f"of {sorted(known)}"
        )


def _summary(
    files: pl.DataFrame, counts: dict[str, int], notes: list[str]
) -> IngestSummary:
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


def _replace(
    paths: Paths, files: pl.DataFrame, columns: pl.DataFrame, roots: set[Path]
) -> dict[str, int]:
    # Files of other folders and columns of other coins stay; nothing is written if
    # nothing changed.
    old_files, old_columns = (
        lake.read(paths, name) for name in ("adopted_files", "adopted_columns")
    )
    is_below = pl.Series(
        [Path(p).parents[2] in roots for p in old_files["file_path"]], dtype=pl.Boolean
    )
    is_listed = old_files["file_path"].is_in(files["file_path"].to_list())
    others = old_files.filter(~is_below & ~is_listed)
    gone = int((is_below & ~is_listed).sum())
    same = _equal_rows(files, old_files, ADOPTED_FILES)
    known = int(files["file_path"].is_in(old_files["file_path"].to_list()).sum())
    other_columns = old_columns.filter(~pl.col("coin").is_in(files["coin"].to_list()))
    all_columns = pl.concat([other_columns, columns], how="diagonal")
    is_new = (
        gone > 0
        or same < files.height
        or all_columns.height != old_columns.height
        or _equal_rows(all_columns, old_columns, ADOPTED_COLUMNS) < all_columns.height
    )
    if is_new:
        all_files = pl.concat([others, files], how="diagonal")
        ingest_id = f"adopted_files-{_fingerprint(files)}"
        for name, rows in (
            ("adopted_columns", all_columns),
            ("adopted_files", all_files),
        ):
            lake.replace_registry(paths, name, rows, ingest_id=ingest_id)
    added, changed = files.height - known, known - same
    return {"added": added, "same": same, "changed": changed, "gone": gone}


def _equal_rows(rows: pl.DataFrame, old: pl.DataFrame, schema: TableSchema) -> int:
    names = [*schema.key, *schema.compared]
    same = rows.select(names).join(
        old.select(names), on=names, how="semi", nulls_equal=True
    )
    return same.height


def _fingerprint(files: pl.DataFrame) -> str:
    rows = files.select("file_path", "size_bytes", "modified_at").rows()
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()[:16]
