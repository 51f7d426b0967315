"""Parameters are the dbt variables, and nothing mistyped passes in silence."""

from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
import yaml

from solalpha.config import load_parameters, load_paths, project_dir
from solalpha.errors import ConfigError


def project_with(tmp_path: Path, change: dict[str, object], drop: str = "") -> Path:
    document = yaml.safe_load((project_dir() / "dbt_project.yml").read_text())
    document["vars"].update(change)
    document["vars"].pop(drop, None)
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(document))
    return tmp_path


def test_parameters_of_the_project_equal_its_vars() -> None:
    document = yaml.safe_load((project_dir() / "dbt_project.yml").read_text())
    assert load_parameters().as_dict() == document["vars"]


def test_parameters_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        load_parameters().bar_minutes = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "drop", "words"),
    [
        ({"bar_minuts": 60}, "", "unknown ['bar_minuts']"),
        ({}, "rsi_bars", "missing ['rsi_bars']"),
        ({"rsi_bars": "14"}, "", "var rsi_bars is '14'; expected int"),
        ({"rsi_bars": 14.5}, "", "var rsi_bars is 14.5; expected int"),
        ({"rsi_bars": True}, "", "var rsi_bars is True; expected int"),
        ({"rsi_bars": {"nested": 1}}, "", "expected int"),
    ],
)
def test_vars_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, object], drop: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_parameters(project=project_with(tmp_path, change, drop))
    assert words in str(caught.value)


def test_whole_number_is_taken_where_a_float_is_expected(tmp_path: Path) -> None:
    found = load_parameters(project=project_with(tmp_path, {"slippage_bps": 3}))
    assert found.slippage_bps == 3.0
    assert isinstance(found.slippage_bps, float)


def test_override_converts_and_changes_the_fingerprint() -> None:
    plain = load_parameters()
    changed = load_parameters({"perp_depth": "5"})
    assert changed.perp_depth == 5
    assert changed.fingerprint() != plain.fingerprint()
    assert replace(changed, perp_depth=plain.perp_depth) == plain


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("no_such", "1", "parameter 'no_such' is unknown"),
        ("perp_depth", "deep", "parameter perp_depth is 'deep'; expected int"),
        ("slippage_bps", "nan", "expected a finite number"),
        ("slippage_bps", "inf", "expected a finite number"),
    ],
)
def test_override_that_does_not_fit_is_refused(
    name: str, text: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_parameters({name: text})
    assert words in str(caught.value)


def test_project_file_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars: [")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        load_parameters(project=tmp_path)


def test_data_directory_comes_from_argument_then_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLALPHA_DATA_DIR", str(tmp_path / "named"))
    assert load_paths().raw == tmp_path / "named" / "raw"
    assert load_paths(tmp_path / "given").raw == tmp_path / "given" / "raw"


def test_project_directory_without_a_project_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLALPHA_PROJECT_DIR", str(tmp_path))
    with pytest.raises(ConfigError, match=r"no dbt_project\.yml"):
        project_dir()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("bar_minutes", "0", "a whole number that divides 1440"),
        ("bar_minutes", "-60", "a whole number that divides 1440"),
        ("bar_minutes", "7", "a whole number that divides 1440"),
        ("paper_start_usd", "0", "a number above 0"),
        ("rsi_bars", "0", "a whole number of 2 or more"),
        ("risk_max_drawdown", "-1", "0 or more"),
        ("train_share", "1.5", "a share from 0 to 1"),
        ("risk_sentiment_floor", "-2", "a number from -1 to 1"),
    ],
)
def test_override_out_of_range_is_refused(name: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*; expected {words}"):
        load_parameters({name: text})


def test_var_out_of_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bar_minutes is 0"):
        load_parameters(project=project_with(tmp_path, {"bar_minutes": 0}))


def test_bar_of_any_divisor_of_a_day_and_a_rebate_are_taken() -> None:
    found = load_parameters({"bar_minutes": "15", "maker_fee_rate": "-0.0001"})
    assert (found.bar_minutes, found.maker_fee_rate) == (15, -0.0001)
