"""A build over an adopted file that changed says so, whether it ends well or not."""

from __future__ import annotations

import pytest

from solalpha.config import Parameters, Paths
from solalpha.cycle import steps
from solalpha.errors import DataError
from solalpha.warehouse.build import BuildResult

TOLD = "adopted order-flow file x changed since adoption"


def test_build_over_a_changed_file_warns(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    paths = Paths(data_dir=tmp_path_factory.mktemp("data"))
    done = BuildResult(ok=True, models=1, tests=1, seconds=0.0, failures=("late",))
    monkeypatch.setattr(steps, "changed_files", lambda _: (TOLD,))
    monkeypatch.setattr(steps.dbt, "build", lambda *_, **__: done)
    found = steps.build(
        paths, Parameters.__new__(Parameters), select=None, target="dev", progress=None
    )
    assert found["warnings"] == [TOLD, "late"]


def test_failed_build_names_the_changed_file_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def fail(*_: object, **__: object) -> BuildResult:
        raise DataError("model bars failed")

    paths = Paths(data_dir=tmp_path_factory.mktemp("data"))
    monkeypatch.setattr(steps.dbt, "build", fail)
    for told, expected in (
        ((TOLD,), f"{TOLD}; the build: model bars failed"),
        ((), "model bars failed"),
    ):
        monkeypatch.setattr(steps, "changed_files", lambda _, told=told: told)
        with pytest.raises(DataError) as refusal:
            steps.build(
                paths,
                Parameters.__new__(Parameters),
                select=None,
                target="dev",
                progress=None,
            )
        assert str(refusal.value) == expected
