from __future__ import annotations

from pathlib import Path

import pytest

from solalpha.cli.app import exit_code


def test_time_to_start_from_that_is_not_over_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["ingest", "hyperliquid", "--since", "2999-01-01"]
    own = ["--base-url", "http://127.0.0.1:1", "--data-dir", str(tmp_path)]
    assert exit_code([*asked, *own]) == 2
    assert "--since 2999-01-01 is after the present" in capsys.readouterr().err
