"""Which market a run works on, and where it lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from solalpha.config import Paths, load_parameters, load_paths
from solalpha.cycle import run, source
from solalpha.errors import ConfigError, DataError


def test_unknown_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected sample or lake"):
        source.resolve("moon", tmp_path)


def test_without_a_name_an_empty_lake_gives_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOLALPHA_DATA_DIR", raising=False)
    name, paths = source.resolve(None, None)
    assert name == "sample"
    assert paths.data_dir == tmp_path / "build" / "sample"


def test_without_a_name_a_lake_that_holds_bars_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "holds_bars", lambda paths: True)
    assert source.resolve(None, tmp_path) == ("lake", load_paths(tmp_path))


def test_sample_keeps_to_a_directory_that_is_given(tmp_path: Path) -> None:
    assert source.resolve("sample", tmp_path) == ("sample", load_paths(tmp_path))


def test_sample_ends_on_a_decision_bar() -> None:
    parameters = load_parameters()
    step = parameters.bar_minutes * 60 * parameters.decide_every_bars
    assert source.SAMPLE_END.timestamp() % step == 0
    assert (source.SAMPLE_END - source.sample_start(30)).days == 30


def test_summary_before_the_steps_is_refused(tmp_path: Path) -> None:
    state = run.begin("lake", load_paths(tmp_path), load_parameters())
    with pytest.raises(DataError, match="expected every step to have run"):
        run.summary(state)


def test_unknown_step_is_refused(tmp_path: Path) -> None:
    state = run.begin("lake", load_paths(tmp_path), load_parameters())
    with pytest.raises(ConfigError, match="step 'dance' is unknown"):
        run.run_step(state, "dance", None)


def test_backtest_before_training_is_refused(tmp_path: Path) -> None:
    state = run.begin("lake", load_paths(tmp_path), load_parameters())
    with pytest.raises(DataError, match="expected the step train before"):
        run.run_step(state, "backtest", None)


def test_failed_check_stops_the_job(tmp_path: Path) -> None:
    paths: Paths = load_paths(tmp_path)
    state = run.begin("lake", paths, load_parameters())
    with pytest.raises(DataError, match="empty"):
        run.run_step(state, "check", None)


@pytest.mark.parametrize("days", [0, -3, 5001, 10**9])
def test_sample_of_impossible_length_is_refused(days: int) -> None:
    with pytest.raises(ConfigError, match="expected 1 to 5000"):
        source.sample_start(days)
