"""Turn what dbt reports into one clear line and the error that fits it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from solalpha.errors import ConfigError, DataError, SolalphaError
from solalpha.warehouse.duck import first_line, first_row, lock_refusal

# DuckDB's names of faults that come from the rows, not from the SQL.
# The last is the macro's word for an adopted file that went away.
_DATA_FAULTS = (
    "Conversion Error",
    "Invalid Input Error",
    "Out of Range Error",
    "adopted order-flow file",
)
_FILE_FAULT = "IO Error"
# What the macro of this project says of numbers that do not fit the target.
_WRONG_NUMBERS = "needs daily bars"


def of_exception(error: BaseException, warehouse: Path, log: Path) -> SolalphaError:
    """Return the error for a call that ended before any model ran."""
    refusal = lock_refusal(warehouse, error)
    if refusal is not None:
        return refusal
    if _WRONG_NUMBERS in str(error):
        return ConfigError(told(error).partition(": ")[2])
    return SolalphaError(
        f"dbt stopped: {told(error)}; expected a project that parses; see {log}"
    )


def of_results(results: Sequence[Any], warehouse: Path, log: Path) -> SolalphaError:
    """Return the error for the nodes of ``results`` that failed, worst first."""
    broken = [found for found in results if status(found) in ("error", "runtime error")]
    failing = [found for found in results if status(found) == "fail"]
    skipped = sum(1 for found in results if status(found) == "skipped")
    chosen = (broken or failing)[0]
    refusal = lock_refusal(warehouse, chosen.message)
    if refusal is not None:
        return refusal
    others = len(broken) + len(failing) - 1
    tail = f" ({others} more failed, {skipped} skipped; see {log})"
    return _kind(chosen)(line(chosen) + _example(chosen, warehouse) + tail)


def line(result: Any) -> str:
    """Return one line for one failed node."""
    node = result.node
    if status(result) == "fail" and str(node.resource_type) == "test":
        about = getattr(node, "attached_node", None)
        where = f" on {about.split('.')[-1]}" if about else ""
        return (
            f"data test {node.name}{where} found {result.failures} rows; expected none"
        )
    return f"{node.resource_type} {node.name} failed: {told(result.message)}"


def status(result: Any) -> str:
    """Return a result's status as plain text."""
    return str(getattr(result.status, "value", result.status))


def told(message: object) -> str:
    """Return the lines of dbt's message that say what is wrong, as one line."""
    lines = [part.strip() for part in str(message).splitlines() if part.strip()]
    # dbt heads a message by "Runtime Error in model x (path)": the next line tells.
    if len(lines) > 1 and lines[0].split(" in ")[0].endswith("Error"):
        return f"{lines[0]}: {lines[1]}"
    return first_line(message)


def _example(result: Any, warehouse: Path) -> str:
    code = getattr(result.node, "compiled_code", None)
    if status(result) != "fail" or not code:
        return ""
    found = first_row(warehouse, code)
    return "" if found is None else f"; the first: {found}"


def _kind(result: Any) -> type[SolalphaError]:
    message = str(result.message)
    is_test = str(result.node.resource_type) == "test"
    if status(result) == "fail" and is_test:
        return DataError
    if any(fault in message for fault in (*_DATA_FAULTS, _FILE_FAULT)):
        return DataError
    return SolalphaError
