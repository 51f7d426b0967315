"""What the operator sees after a run: explain, status, and a cycle run again."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from tests.integration.program import Answer, Done

Program = Callable[..., Answer]
LAST_BAR = "2025-07-01T00:00:00Z"


@pytest.fixture(scope="module")
def done(done: Done, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return a copy of the session's run: some of these tests trade on it."""
    data_dir = tmp_path_factory.mktemp("operator") / "data"
    shutil.copytree(done.data_dir, data_dir, symlinks=True)
    return Done(data_dir=data_dir, facts=done.facts)


def test_bar_is_explained_from_inputs_to_gates(done: Done, program: Program) -> None:
    answer = program("explain", LAST_BAR, "--data-dir", done.data_dir, "--json")
    assert answer.code == 0, answer.err
    facts = answer.json
    assert facts["inputs"]["bars"]["known_at"] == "2025-07-01T00:00:30Z"
    assert facts["features"]["close"] > 0
    assert facts["prediction"]["kind"] == "live"
    assert facts["prediction"]["model_id"] == done.facts["model_id"]
    assert len(facts["prediction"]["contributions"]) == 10
    [decision] = facts["decisions"]
    names = [gate["gate"] for gate in decision["gates"]]
    assert {"probability", "regime", "quality", "stale_data", "exposure"} <= set(names)


def test_orders_of_the_last_bar_are_explained_by_their_id(
    done: Done, program: Program
) -> None:
    bar = program("explain", LAST_BAR, "--data-dir", done.data_dir, "--json").json
    assert len(bar["orders"]) == done.facts["orders_placed"]
    for order in bar["orders"]:
        answer = program(
            "explain", order["order_id"], "--data-dir", done.data_dir, "--json"
        )
        assert answer.json["orders"] == bar["orders"]


@pytest.mark.parametrize(
    ("subject", "code", "word"),
    [
        ("yesterday", 2, "neither"),
        ("0x" + "0" * 32, 3, "no SOL order"),
        ("2031-01-01", 3, "no SOL bar"),
    ],
)
def test_unknown_subjects_are_refused(
    done: Done, program: Program, subject: str, code: int, word: str
) -> None:
    answer = program("explain", subject, "--data-dir", done.data_dir)
    assert answer.code == code
    assert word in answer.err


def test_cycle_run_again_on_the_same_bar_places_nothing(
    done: Done, program: Program
) -> None:
    answer = program("trade", "--lake-time", "--data-dir", done.data_dir, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["state"] == "already_decided"
    assert answer.json["orders_placed"] == 0
    assert answer.json["skipped_reason"]


def test_cycle_at_the_wall_clock_opens_nothing_on_old_data(
    done: Done, program: Program
) -> None:
    account = "0x" + "ab" * 20
    answer = program(
        "trade", "--account", account, "--data-dir", done.data_dir, "--json"
    )
    assert answer.code == 0, answer.err
    assert answer.json["orders_placed"] == 0
    assert answer.json["position"] == 0.0
    gates = {gate["name"]: gate["passed"] for gate in answer.json["gates"]}
    assert gates["stale_data"] is False


def test_status_names_what_needs_an_operator(done: Done, program: Program) -> None:
    answer = program("status", "--data-dir", done.data_dir, "--json")
    facts = answer.json
    assert facts["state"] == "ACTIVE"
    assert facts["model_id"] == done.facts["model_id"]
    assert facts["last_bar_closed_at"] == LAST_BAR
    assert "data.stale" in {alert["key"] for alert in facts["alerts"]}


def test_status_before_anything_was_run_is_all_unknown(
    program: Program, tmp_path
) -> None:
    facts = program("status", "--data-dir", tmp_path / "new", "--json").json
    assert facts["state"] is None
    assert facts["equity_usd"] is None
    assert {alert["key"] for alert in facts["alerts"]} == {
        "data.absent",
        "model.absent",
    }


@pytest.mark.parametrize("venue", ["mainnet", "hyperliquid", "testnet"])
def test_no_other_venue_can_be_named(program: Program, tmp_path, venue: str) -> None:
    answer = program("trade", "--venue", venue, "--data-dir", tmp_path / "data")
    assert answer.code == 2
    assert "expected paper" in answer.err
