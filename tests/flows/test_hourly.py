"""The Prefect flow runs the same steps as the program, in the same order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from solalpha.cycle import run as job

pytestmark = pytest.mark.flows
pytest.importorskip("prefect", reason="needs the extra flows")

ROOT = Path(__file__).resolve().parents[2]
# Prefect's own dependencies warn while they are imported, so the flow has its process.
PROGRAM = """
import json, sys
from dataclasses import replace
from prefect.testing.utilities import prefect_test_harness
from solalpha.cycle import run as job

def fake(state, step, progress):
    if state.parameters.trade_coin == step:
        raise ValueError("step broke")
    return replace(state, seconds={**state.seconds, step: 1.0})

job.run_step = fake
job.summary = lambda state: {"steps": list(state.seconds), "source": state.source}
from flows.hourly import hourly

with prefect_test_harness():
    for broken in ("none", "build"):
        state = hourly(
            source="lake",
            data_dir=sys.argv[1],
            overrides={"trade_coin": broken},
            return_state=True,
        )
        result = state.result(raise_on_failure=False) if state.is_completed() else None
        print("FLOW", json.dumps([broken, state.type.value, result]))
"""


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict]]:
    """Run the flow whole and with a broken step; return state and result of each."""
    folder = tmp_path_factory.mktemp("flows")
    environment = os.environ | {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": f"{ROOT / 'py'}{os.pathsep}{ROOT}",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "data")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [
        json.loads(line.removeprefix("FLOW "))
        for line in done.stdout.splitlines()
        if line.startswith("FLOW ")
    ]
    assert len(lines) == 2, done.stderr[-2000:]
    return {broken: (state, result) for broken, state, result in lines}


def test_flow_runs_every_step_in_order(flows: dict[str, tuple[str, dict]]) -> None:
    assert flows["none"] == (
        "COMPLETED",
        {"steps": list(job.STEPS), "source": "lake"},
    )


def test_step_that_breaks_fails_the_flow(flows: dict[str, tuple[str, dict]]) -> None:
    assert flows["build"] == ("FAILED", None)
