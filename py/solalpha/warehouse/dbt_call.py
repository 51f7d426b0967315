"""Call dbt inside this process: quiet, with our paths, and with every door closed.

dbt-duckdb keeps its connection in a class attribute after a call, which would lock
the warehouse against every other process; it is closed here, whatever happened.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solalpha.config import DATA_DIR_VARIABLE, Paths

Progress = Callable[[str, int, int], None]

THREADS = 2
CODE_SUFFIXES = (".sql", ".yml", ".yaml", ".csv", ".md")
# The projects as dbt parsed them last, by Call.parse_key: ours and another's.
_PARSED: dict[str, Any] = {}
_PARSED_MOST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Say which project dbt works on, with which numbers, and where it may write."""

    project: Path
    profiles: Path
    target: str
    variables: Mapping[str, object]
    paths: Paths
    threads: int = THREADS
    # The connection of another project, in place of the one that it names itself.
    profile: str | None = None

    @property
    def target_dir(self) -> Path:
        """Return the directory of dbt's artefacts, one per target."""
        return target_dir(self.paths, self.target)

    @property
    def log_dir(self) -> Path:
        """Return the directory of dbt's own log."""
        return self.paths.logs / "dbt"

    def parse_key(self) -> str:
        """Return a text that changes when the parsed project would."""
        files = sorted(
            (str(path), path.stat().st_mtime_ns, path.stat().st_size)
            for path in self.project.rglob("*")
            if path.suffix in CODE_SUFFIXES
        )
        return repr((files, str(self.profiles), self.target, dict(self.variables)))

    def arguments(self, command: Sequence[str]) -> list[str]:
        """Return the full command line of ``command``."""
        return [
            "--log-level=none",
            "--log-level-file=info",
            f"--log-path={self.log_dir}",
            "--no-print",
            "--no-use-colors-file",
            "--no-send-anonymous-usage-stats",
            *command,
            f"--project-dir={self.project}",
            f"--profiles-dir={self.profiles}",
            *([] if self.profile is None else [f"--profile={self.profile}"]),
            f"--target-path={self.target_dir}",
            f"--target={self.target}",
            f"--threads={self.threads}",
            f"--vars={json.dumps(dict(self.variables))}",
        ]


def target_dir(paths: Paths, target: str) -> Path:
    """Return where dbt keeps manifest and partial parse of ``target``."""
    return paths.warehouse / "target" / target


def invoke(call: Call, command: Sequence[str], progress: Progress | None) -> Any:
    """Run one dbt command and return dbt's result object.

    The project is parsed once per process and set of numbers; the later calls, of
    other data directories too, start from the parsed project.

    Notes
    -----
    An interrupt passes. The warehouse file is closed when this returns or raises.
    """
    call.log_dir.mkdir(parents=True, exist_ok=True)
    call.target_dir.mkdir(parents=True, exist_ok=True)
    with _environment({DATA_DIR_VARIABLE: str(call.paths.data_dir)}):
        key = call.parse_key()
        if key not in _PARSED:
            parsed = _run(call, ["parse"], None, None)
            if not parsed.success:
                return parsed
            while len(_PARSED) >= _PARSED_MOST:
                _PARSED.pop(next(iter(_PARSED)))
            _PARSED[key] = parsed.result
        if list(command) == ["parse"]:
            # Given a parsed project, dbt's own command writes no manifest.
            written = _PARSED[key].writable_manifest()
            written.write(str(call.target_dir / "manifest.json"))
        return _run(call, command, _PARSED[key], progress)


def _run(
    call: Call, command: Sequence[str], manifest: Any, progress: Progress | None
) -> Any:
    from dbt.cli.main import dbtRunner

    callbacks: list[Any] = [] if progress is None else [_Counter(progress)]
    try:
        runner = dbtRunner(manifest=manifest, callbacks=callbacks)
        # Told to be quiet, a plugin may print all the same; a caller may print JSON.
        with redirect_stdout(sys.stderr):
            outcome = runner.invoke(call.arguments(command))
    finally:
        close_connections()
        _close_log()
    if isinstance(outcome.exception, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise outcome.exception
    return outcome


def close_connections() -> None:
    """Close the DuckDB connection that dbt keeps in this process."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    # dbt offers no public way: close_all_connections only drops its reference.
    with DuckDBConnectionManager._LOCK:
        environment: Any = DuckDBConnectionManager._ENV
        DuckDBConnectionManager._ENV = None
        if environment is not None:
            environment.close()


def _close_log() -> None:
    from dbt_common.events.event_manager_client import (
        cleanup_event_logger,
        get_event_manager,
    )

    for logger in get_event_manager().loggers:
        for handler in logging.getLogger(logger.name).handlers[:]:
            handler.close()
            logging.getLogger(logger.name).removeHandler(handler)
    cleanup_event_logger()


class _Counter:
    # Counts finished nodes for a progress display; dbt calls it from its threads.

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._done = 0
        self._total = 0

    def __call__(self, event: Any) -> None:
        if event.info.name == "ConcurrencyLine":
            self._total = int(event.data.node_count)
        elif event.info.name == "NodeFinished":
            with self._lock:
                self._done += 1
                name = str(event.data.node_info.node_name)
                self._progress(name, self._done, max(self._total, self._done))


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
