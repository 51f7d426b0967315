"""The job as a Prefect flow: one task per step, the same functions as the program.

Deploy from a checkout with ``prefect deploy --all`` (see prefect.yaml), or run
once with ``python -m flows.hourly``. A step that is killed is safe to run again:
raw writes are idempotent, a version is published whole or not at all, and an
order is looked up before it is ever sent again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.logging import get_run_logger

from solalpha.config import load_parameters
from solalpha.cycle import run as job
from solalpha.cycle import source as sources


@task(name="step", task_run_name="{step}")
def run_step(state: job.JobState, step: str) -> job.JobState:
    """Run one named step and return the job's state after it."""
    logger = get_run_logger()
    after = job.run_step(state, step, progress=None)
    logger.info("step=%s seconds=%.1f", step, after.seconds[step])
    return after


@flow(name="solalpha-hourly", validate_parameters=False)
def hourly(
    source: str | None = None,
    data_dir: str | None = None,
    overrides: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run every step in order; a step that fails fails the flow."""
    name, paths = sources.resolve(source, Path(data_dir) if data_dir else None)
    state = job.begin(name, paths, load_parameters(overrides or {}))
    for step in job.STEPS:
        state = run_step(state, step)
    return job.summary(state)


if __name__ == "__main__":
    hourly()
