from __future__ import annotations

import errno
from pathlib import Path

import polars as pl
import pytest

from solalpha.cli.app import exit_code
from solalpha.cycle import source
from solalpha.raw import storage


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/data/raw"),
        OSError(errno.EROFS, "Read-only file system"),
        pl.exceptions.ComputeError(
            "parquet: underlying IO error: No space left on device (os error 28)"
        ),
    ],
)
def test_full_or_sealed_disk_is_one_line_and_no_fault_of_ours(
    error: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(source, "make_sample", refuse)
    assert exit_code(["sample", "--data-dir", str(tmp_path)]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert "cannot write" in told[0]
    assert "a fault of ours" not in told[0]


def test_write_that_the_disk_refuses_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: pl.DataFrame, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise pl.exceptions.ComputeError("No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", refuse)
    with pytest.raises(pl.exceptions.ComputeError):
        storage.write_part(tmp_path, pl.DataFrame({"a": [1]}))
    assert list(tmp_path.iterdir()) == []
