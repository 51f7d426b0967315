"""Do the same work on many things, in this process or in several at a time."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from solalpha.errors import ConfigError, SolalphaError

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def each(
    work: Callable[[Task], Answer], tasks: Sequence[Task], *, jobs: int
) -> Iterator[tuple[int, Answer]]:
    """Yield the number of each task and its answer, as they are done.

    With more than one job the work runs in processes of its own, which end with this
    iterator, however it ends.

    Raises
    ------
    ConfigError
        If ``jobs`` is not positive.
    SolalphaError
        If a process was killed from outside, as for want of memory.
    """
    if jobs < 1:
        raise ConfigError(f"--jobs {jobs}; expected 1 or more")
    if jobs == 1 or len(tasks) == 1:
        for number, task in enumerate(tasks):
            yield number, work(task)
        return
    # Threads of other libraries run here: a forked child could inherit a held lock.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(
        min(jobs, len(tasks)), mp_context=context, initializer=_ignore_interrupts
    )
    try:
        futures = {
            executor.submit(work, task): number for number, task in enumerate(tasks)
        }
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as error:
        raise SolalphaError(
            "a process of the audit was killed from outside, perhaps for want of "
            "memory; expected it to end by itself; try --jobs 1"
        ) from error
    finally:
        for child in multiprocessing.active_children():
            child.terminate()
        executor.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    # A terminal sends Ctrl-C to every process; the one that waits ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
