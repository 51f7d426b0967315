"""Commands that store rows of the venue refuse its test network."""

from __future__ import annotations

from pathlib import Path

import pytest

from solalpha.cli.app import exit_code
from solalpha.hyperliquid.rest import TESTNET_READS
from solalpha.hyperliquid.stream import TESTNET_STREAM

COMMANDS = {
    "ingest": ("ingest", "hyperliquid", "--base-url", TESTNET_READS),
    "record": ("record", "--url", TESTNET_STREAM, "--duration", "1"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_rows_of_the_test_network_are_refused_before_anything_is_stored(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    assert exit_code([*command, "--data-dir", str(folder)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: --")
    assert "is the test network" in told
    assert told.count("\n") == 1
    assert not folder.exists()
