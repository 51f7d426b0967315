"""The program ``solalpha``: its commands, and how every failure is reported.

A failure prints one line on stderr and ends with the documented exit code; the
traceback of a fault of ours goes to a log file, never to the terminal.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from solalpha import __version__, clock
from solalpha.cli import (
    audit,
    backtest,
    check,
    dashboard,
    data,
    explain,
    export,
    ingest,
    ingest_archive,
    ingest_lakehouse,
    ingest_venue,
    query,
    record,
    run,
    trade,
    train,
)
from solalpha.cli.session import Logs
from solalpha.config import load_paths
from solalpha.errors import SolalphaError

EXIT_CODES = (
    "Exit codes: 0 done, 1 a fault of ours, 2 wrong usage or configuration, "
    "3 data refused, 4 venue unavailable, 5 a limit or halt stopped it, "
    "130 interrupted."
)

INTERRUPTED = "interrupted; what was finished is kept, run it again to go on"
_DISK = (
    "cannot write ({reason}); expected room on the disk and a writable directory; "
    "what was finished is kept, run it again to go on"
)
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)

app = typer.Typer(
    name="solalpha",
    help="SQL-first research and paper trading for the SOL perpetual. " + EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"solalpha {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


for room in (
    run,
    data,
    check,
    ingest,
    record,
    ingest_archive,
    ingest_lakehouse,
    ingest_venue,
    train,
    backtest,
    trade,
    explain,
    export,
    query,
    audit,
    dashboard,
):
    room.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(exit_code(arguments))


def exit_code(
    arguments: Sequence[str] | None = None,
) -> int:
    """Run the command line and return its exit code; print failures as one line."""
    command = typer.main.get_command(app)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        result = command.main(
            args=[_sql_or_option(word) for word in words],
            prog_name="solalpha",
            standalone_mode=False,
        )
    except (typer.Abort, KeyboardInterrupt):
        return _fail(INTERRUPTED, 130)
    except TyperException as error:
        return _usage(error)
    except SolalphaError as error:
        return _fail(str(error), error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _fail(*_unforeseen(error))
    code = result if isinstance(result, int) else 0
    # The library turns an interrupt into this code and says nothing.
    return _fail(INTERRUPTED, code) if code == 130 else code


def _sql_or_option(word: str) -> str:
    # SQL copied from a file may begin with a comment; no option has a space there.
    return f"\n{word}" if re.match(r"--\s", word) else word


def _usage(error: TyperException) -> int:
    # Without a command the answer is the help, as a whole; else one line.
    message = str(getattr(error, "format_message", lambda: error)())
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
        return 2
    return _fail(f"{message.rstrip('.')} (see solalpha --help)", 2)


def _fail(message: str, code: int) -> int:
    typer.echo("error: " + " ".join(message.split()), err=True)
    return code


def _unforeseen(error: Exception) -> tuple[str, int]:
    if reason := _refusal_of_disk(error):
        return _DISK.format(reason=reason), 2
    return _fault(error), 1


def _refusal_of_disk(error: Exception) -> str | None:
    # Libraries tell of a full disk in their own words, with the system's among them.
    if isinstance(error, OSError) and error.errno in _REFUSALS:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    told = os.strerror(errno.ENOSPC)
    return told if told in str(error) else None


def _fault(error: Exception) -> str:
    summary = f"a fault of ours: {type(error).__name__}"
    try:
        folder = Logs.folder or load_paths().logs
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{clock.compact(clock.now())}-fault.log"
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return f"{summary}: {error}"
    return f"{summary}; the traceback is in {path}"


if __name__ == "__main__":
    main()
