"""What commands print is short for people and exact for scripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from solalpha.cli.session import (
    Session,
    finite,
    parse_overrides,
    plain,
    rows_table,
    shown,
)
from solalpha.errors import ConfigError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (False, "no"),
        (1234.56789, "1,234.5679"),
        (0.0000125, "1.25e-05"),
        ([0.25, 0.75], "0.2500, 0.7500"),
        ([], "none"),
        ({"a": 1, "b": None}, "a 1, b -"),
        ({}, "none"),
        (datetime(2025, 7, 1, tzinfo=UTC), "2025-07-01T00:00:00Z"),
    ],
)
def test_values_are_shown_short(value: object, text: str) -> None:
    assert shown(value) == text


def test_numbers_that_json_lacks_become_null() -> None:
    found = finite({"a": float("nan"), "b": [float("inf"), 1.0], "c": {"d": 2.0}})
    assert found == {"a": None, "b": [None, 1.0], "c": {"d": 2.0}}


def test_times_decimals_and_paths_have_a_json_form() -> None:
    facts = {"at": datetime(2025, 7, 1, tzinfo=UTC), "usd": Decimal("1.50")}
    text = json.dumps(facts | {"path": Path("/a")}, default=plain)
    assert json.loads(text) == {
        "at": "2025-07-01T00:00:00Z",
        "usd": "1.50",
        "path": "/a",
    }


@pytest.mark.parametrize("item", ["rsi_bars", "=4", " =4"])
def test_override_without_name_or_value_is_refused(item: str) -> None:
    with pytest.raises(ConfigError, match="expected NAME=VALUE"):
        parse_overrides([item])


def test_log_holds_one_json_object_per_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session.start("test", data_dir=tmp_path, as_json=True)
    session.log("fact", amount=Decimal("1.5"))
    session.show({"ok": True})
    lines = [json.loads(line) for line in session.log_path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "fact", "finished"]
    assert json.loads(capsys.readouterr().out) == {"ok": True}


def test_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ConfigError, match="expected a writable --data-dir"):
        Session.start("test", data_dir=file, as_json=True)


def test_only_a_reader_goes_without_a_log_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder of logs would be")
    session = Session.start("query", data_dir=tmp_path, as_json=True, is_reader=True)
    assert session.paths.data_dir == tmp_path
    with pytest.raises(ConfigError, match="cannot be written"):
        Session.start("build", data_dir=tmp_path, as_json=True)


def _printed(rows: list[dict[str, Any]]) -> str:
    console = Console(width=40)
    with console.capture() as captured:
        console.print(rows_table("found", rows, list(rows[0]), has_exact_names=True))
    return captured.get()


def test_names_are_not_broken_inside_a_table() -> None:
    row = {"check": "book_snapshots.gaps", "evidence": "two holes since noon"}
    text = _printed([row])
    assert "book_snapshots.gaps" in text
    assert "row 1 of" not in text


def test_rows_too_wide_for_a_table_are_printed_one_by_one() -> None:
    text = _printed([{f"count_column_{at}": at for at in range(4)}] * 2)
    assert "row 2 of 2" in text
    assert "count_column_3" in text


def test_brackets_in_a_cell_are_text() -> None:
    assert "[red] :smile:" in _printed([{"title": "[red] :smile:"}])
