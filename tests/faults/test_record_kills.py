"""A slice of the campaign that kills the recorder; the whole one is a command."""

from __future__ import annotations

from pathlib import Path

from tests.faults.record_kills import record_kills


def test_kills_tear_lose_and_double_nothing(tmp_path: Path) -> None:
    result = record_kills(1, 7, tmp_path)
    assert result["kills"] == 1
    assert result["rows"] > 500
    assert result["safe_frames"] > 100
    assert (result["torn"], result["lost"], result["duplicated"]) == (0, 0, 0)
    assert result["equal_after_resume"]
