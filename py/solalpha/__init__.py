"""solalpha: SQL-first research and paper trading for the SOL perpetual."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from solalpha.warehouse.published import Published

__all__ = ["__version__", "open"]
__version__ = "0.1.0"


def open(path: Path | str | None = None, *, schema: str = "main") -> Published:  # noqa: A001
    """Open a published version for reading; its answers are Polars frames.

    Parameters
    ----------
    path
        A data directory, whose current version is opened, or one published
        ``.duckdb`` file; else ``SOLALPHA_DATA_DIR``, else ``data``.
    schema
        ``main``, or ``daily`` for the tables of daily bars.

    Raises
    ------
    DataError
        If nothing is published there, or not this schema.

    Examples
    --------
    >>> with solalpha.open("build/run") as tables:  # doctest: +SKIP
    ...     frame = tables.features(coin="SOL", columns=["rsi_14"])
    """
    # Here, so that importing the package alone stays quick.
    from solalpha.warehouse.published import Published

    return Published.open(path, schema=schema)
