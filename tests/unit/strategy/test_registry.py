from pathlib import Path

import pytest

from solalpha.errors import ConfigError
from solalpha.strategy.registry import (
    POLICIES,
    experiment_of,
    policy_named,
    policy_source_id,
)

OWN = """
import math
from solalpha.strategy.decision import PolicyDecision

def flat(inputs, parameters):
    return PolicyDecision(
        target_base=0.0, stop_distance_usd=math.nan, reason="exit", gates=()
    )
"""


def test_policy_named_finds_the_built_in_ones() -> None:
    assert policy_named("perp") is POLICIES["perp"]
    assert policy_source_id("perp") == "perp"


def test_policy_named_unknown_is_refused_with_the_names() -> None:
    with pytest.raises(ConfigError, match="paper, perp, probe"):
        policy_named("moon")


def test_policy_named_loads_a_function_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN)
    decision = policy_named(f"{file}:flat")(None, None)  # type: ignore[arg-type]
    assert decision.reason == "exit"


def test_policy_source_id_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN)
    first = policy_source_id(f"{file}:flat")
    file.write_text(OWN + "# changed\n")
    assert first.startswith("flat@")
    assert policy_source_id(f"{file}:flat") != first


@pytest.mark.parametrize(
    ("text", "function", "found"),
    [
        (OWN, "other", "has no function"),
        ("1 / 0", "flat", "failed to load"),
        (None, "flat", "does not exist"),
    ],
)
def test_policy_named_says_what_is_wrong_with_a_file(
    tmp_path: Path, text: str | None, function: str, found: str
) -> None:
    file = tmp_path / "own.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=found):
        policy_named(f"{file}:{function}")


def test_experiment_of_a_policy() -> None:
    assert experiment_of("paper") == "paper"
    assert experiment_of("perp") == "perp"
