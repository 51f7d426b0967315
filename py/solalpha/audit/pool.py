"""Do the same work on many things, in this process or in several at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import TypeVar

from solalpha.errors import ConfigError, SolalphaError

Task = TypeVar("Task")
Answer = TypeVar("Answer")
# How long a process may take to leave off what it does.
_PATIENCE_S = 20.0


def each(
    work: Callable[[Task], Answer], tasks: Sequence[Task], *, jobs: int
) -> Iterator[tuple[int, Answer]]:
    """Yield the number of each task and its answer, as they are done.

    With more than one job the work runs in processes of its own, which end with this
    iterator, however it ends. What a library prints there goes to the error stream.

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
        min(jobs, len(tasks)), mp_context=context, initializer=_begin
    )
    is_done = False
    try:
        futures = {
            executor.submit(_unless_ended, work, task): number
            for number, task in enumerate(tasks)
        }
        for future in as_completed(futures):
            yield futures[future], future.result()
        is_done = True
    except BrokenProcessPool as error:
        raise SolalphaError(
            "a process of the audit was killed from outside, perhaps for want of "
            "memory; expected it to end by itself; try --jobs 1"
        ) from error
    finally:
        executor.shutdown(wait=is_done, cancel_futures=True)
        _end(multiprocessing.active_children())
        executor.shutdown(wait=True)


def _end(children: Sequence[BaseProcess]) -> None:
    # A process that is killed outright leaves its semaphores behind, with a warning.
    for child in children:
        child.terminate()
    until = time.monotonic() + _PATIENCE_S
    for child in children:
        child.join(max(0.0, until - time.monotonic()))
        if child.is_alive():
            child.kill()
            child.join()


def _begin() -> None:
    # Only the one that waits may answer on the standard output: it may print JSON.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # A terminal sends Ctrl-C to every process; the one that waits ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(_: int, __: object) -> None:
    raise SystemExit


def _interrupt(_: int, __: object) -> None:
    # Once: a second signal must not break what the first one tidies up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _unless_ended(work: Callable[[Task], Answer], task: Task) -> Answer:
    # One more task may wait in the queue of a process that was told to end.
    if signal.getsignal(signal.SIGTERM) == signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, _interrupt)
    answer = work(task)
    signal.signal(signal.SIGTERM, _leave)
    return answer
