"""Connections open wherever Python runs, a notebook without widgets included."""

from __future__ import annotations

import duckdb
import pytest

from solalpha.warehouse import duck


class Notebook:
    """A connection as in a notebook without widgets: it has no bar to talk about."""

    def __init__(self) -> None:
        self.inner = duckdb.connect()

    def execute(self, sql: str) -> object:
        """Refuse what concerns the bar, and run the rest."""
        if "progress" in sql:
            raise duckdb.InvalidInputException("Could not change the progress bar")
        return self.inner.execute(sql)


def test_connection_in_a_notebook_without_widgets_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Notebook()
    monkeypatch.setattr(duckdb, "connect", lambda *_, **__: made)
    assert duck.memory() is made
    [zone] = made.inner.execute("select current_setting('TimeZone')").fetchall()
    assert zone == ("UTC",)
