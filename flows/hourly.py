"""The job as a Prefect flow: one task per step, the same functions as the program.

Run once with ``python -m flows.hourly``, or deploy with the file ``prefect.yaml``
beside this one. A step that is killed is safe to run again: raw writes are
idempotent, a version is published whole or not at all, and an order is looked up
before it is ever sent again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from solalpha.config import load_parameters
from solalpha.cycle import run as job
from solalpha.cycle import source as sources


@task(task_run_name="{step}", cache_policy=NO_CACHE, persist_result=False)
def run_step(state: job.JobState, step: str) -> job.JobState:
    """Run one named step and return the job's state after it."""
    after = job.run_step(state, step, progress=None)
    get_run_logger().info("step=%s seconds=%.1f", step, after.seconds[step])
    return after


@flow(name="solalpha-hourly", validate_parameters=False, persist_result=False)
def hourly(
    source: str | None = None,
    data_dir: str | None = None,
    overrides: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run every step in order; a step that fails fails the flow.

    Returns
    -------
    dict
        The object that ``solalpha run --json`` prints.
    """
    name, paths = sources.resolve(source, Path(data_dir) if data_dir else None)
    state = job.begin(name, paths, load_parameters(overrides or {}))
    for step in job.STEPS:
        state = run_step(state, step)
    return job.summary(state)


if __name__ == "__main__":
    hourly()
