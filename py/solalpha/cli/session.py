"""What every command shares: options, the run's log, progress bars, printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from solalpha import clock
from solalpha.config import Parameters, Paths, load_parameters, load_paths
from solalpha.errors import ConfigError

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of a table.")
]
DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Data directory; else SOLALPHA_DATA_DIR, else ./data.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Override a parameter of dbt_project.yml; may be repeated.",
        show_default=False,
    ),
]
CoinOption = Annotated[str, typer.Option(help="Coin, the venue's key.")]


def parse_overrides(items: list[str] | None) -> dict[str, str]:
    """Turn ``NAME=VALUE`` texts into a mapping.

    Raises
    ------
    ConfigError
        If a text has no equals sign or an empty name.
    """
    changes: dict[str, str] = {}
    for item in items or []:
        name, separator, value = item.partition("=")
        if not separator or not name.strip():
            raise ConfigError(f"--set {item!r}; expected NAME=VALUE")
        changes[name.strip()] = value.strip()
    return changes


class Logs:
    """Remember where the running command keeps its logs, for the fault report."""

    folder: Path | None = None


@dataclass(slots=True, kw_only=True)
class Session:
    """Hold one command's paths, parameters, output form and JSON-lines log."""

    command: str
    paths: Paths
    parameters: Parameters
    as_json: bool
    log_path: Path
    is_reader: bool = False
    _progress: Progress | None = None
    _tasks: dict[str, TaskID] | None = None

    @classmethod
    def start(
        cls,
        command: str,
        *,
        data_dir: Path | None,
        as_json: bool,
        overrides: list[str] | None = None,
        is_reader: bool = False,
    ) -> Session:
        """Load paths and parameters and open the run's log.

        A reader goes without a log where the data directory cannot be written.
        """
        parameters = load_parameters(parse_overrides(overrides))
        paths = load_paths(data_dir)
        Logs.folder = paths.logs
        moment = clock.compact(clock.now())
        log_path = paths.logs / f"{moment}-{command}-{os.getpid()}.jsonl"
        session = cls(
            command=command,
            paths=paths,
            parameters=parameters,
            as_json=as_json,
            log_path=log_path,
            is_reader=is_reader,
        )
        session.log("started", parameters=parameters.fingerprint())
        if not is_reader:
            # dbt by hand makes its file there, and no folder.
            paths.warehouse.mkdir(parents=True, exist_ok=True)
        return session

    def log(self, event: str, **facts: object) -> None:
        """Append one line to the run's log: time, command, event and facts."""
        line = {"at": clock.iso(clock.now()), "command": self.command, "event": event}
        try:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            with self.log_path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line | facts, default=plain) + "\n")
        except OSError as error:
            if self.is_reader:
                return
            raise ConfigError(
                f"the data directory cannot be written ({error.strerror}): "
                f"{self.log_path.parent}; expected a writable --data-dir"
            ) from error

    @contextmanager
    def bars(self) -> Iterator[Session]:
        """Show progress bars on stderr for the duration, where a person watches."""
        with Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=self.as_json or not sys.stderr.isatty(),
        ) as progress:
            self._progress, self._tasks = progress, {}
            try:
                yield self
            finally:
                self._progress, self._tasks = None, None

    def progress(self, step: str, done: int, total: int) -> None:
        """Move the bar named ``step`` to ``done`` of ``total``."""
        if self._progress is None or self._tasks is None:
            return
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=max(total, 1))
        self._progress.update(self._tasks[step], completed=done, total=max(total, 1))

    def show(self, result: Mapping[str, Any], *tables: RenderableType) -> None:
        """Print ``result`` as one JSON object, else the given tables."""
        self.log("finished", result=dict(result))
        if self.as_json:
            typer.echo(json.dumps(dict(result), default=plain, allow_nan=False))
            return
        console = Console()
        for table in tables or (facts_table(self.command, result),):
            console.print(table)


def plain(value: object) -> object:
    """Convert what JSON does not know: times to ISO UTC, decimals and paths to text."""
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def facts_table(
    title: str, facts: Mapping[str, Any], *, has_exact_names: bool = False
) -> Table:
    """Return a two-column table of scalar facts, one per row."""
    table = Table(title=Text(title), show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        spoken = name if has_exact_names else name.replace("_", " ")
        table.add_row(Text(spoken), Text(shown(value)))
    return table


# Below it, four decimals would hide the number.
_SMALL = 0.01
# A longer word than this, such as a path, may break inside a table.
_UNBROKEN = 36
# Characters that a table's border takes per column, and once more at its end.
_BORDER, _EDGE = 3, 1


@dataclass(frozen=True, slots=True)
class _Rows:
    # A table where its words fit beside each other, else one block per row.
    title: str
    columns: list[str]
    cells: list[list[str]]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width)
        yield Text(self.title, style="italic")
        if widths is None:
            for number, cells in enumerate(self.cells, 1):
                facts = dict(zip(self.columns, cells, strict=True))
                title = f"row {number} of {len(self.cells)}"
                yield facts_table(title, facts, has_exact_names=True)
            return
        table = Table()
        for column, width in zip(self.columns, widths, strict=True):
            table.add_column(Text(column), width=width, overflow="fold")
        for cells in self.cells:
            table.add_row(*map(Text, cells))
        yield table

    def _widths(self, room: int) -> list[int] | None:
        # Every column its longest word; what is left goes to the narrowest in need.
        room -= _BORDER * len(self.columns) + _EDGE
        least, most = [], []
        for head, *rest in zip(self.columns, *self.cells, strict=True):
            lines = [line for cell in (head, *rest) for line in cell.split("\n")]
            words = [cell_len(word) for line in lines for word in line.split()]
            least.append(min(max(words, default=1), _UNBROKEN))
            most.append(max(map(cell_len, lines), default=1))
        if sum(least) > room and self.cells:
            return None
        for _ in range(room - sum(least)):
            needy = [at for at, width in enumerate(least) if width < most[at]]
            if not needy:
                break
            least[min(needy, key=least.__getitem__)] += 1
        return least


def rows_table(
    title: str,
    rows: list[dict[str, Any]],
    columns: list[str],
    *,
    has_exact_names: bool = False,
) -> RenderableType:
    """Return a table of ``rows``; where it is too wide, one block per row."""
    heads = columns if has_exact_names else [name.replace("_", " ") for name in columns]
    cells = [[shown(row.get(name)) for name in columns] for row in rows]
    return _Rows(title, heads, cells)


def shown(value: object) -> str:  # noqa: PLR0911 - one return per kind of value
    """Return ``value`` as a person reads it: unknown as a dash, floats short."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if 0 < abs(value) < _SMALL else f"{value:,.4f}"
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, Mapping):
        pairs = (f"{name} {shown(item)}" for name, item in value.items())
        return ", ".join(pairs) or "none"
    return str(value)


def finite(value: object) -> Any:
    """Return ``value`` with every float that is not finite replaced by None."""
    if isinstance(value, float) and value - value != 0:
        return None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
