"""Errors of the project, branched by what the operator does next.

Each carries the exit code that the command line documents. A message says what
was found, what was expected and where; it never carries a secret.
"""

from __future__ import annotations


class SolalphaError(Exception):
    """Stand for a fault of ours when nothing more specific fits (exit code 1)."""

    exit_code = 1


class ConfigError(SolalphaError):
    """Report wrong usage or configuration: fix it and start again (exit code 2)."""

    exit_code = 2


class DataError(SolalphaError):
    """Report data that was refused; nothing stored was changed (exit code 3)."""

    exit_code = 3


class VenueError(SolalphaError):
    """Report a venue that cannot be reached or answers nonsense (exit code 4)."""

    exit_code = 4


class LimitBreach(SolalphaError):  # noqa: N818 - the word operators know
    """Report a limit or halt that stopped the work (exit code 5)."""

    exit_code = 5
