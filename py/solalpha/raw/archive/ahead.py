"""Parse blocks of lines on two threads while the next ones are being read.

Unpacking and the tables of numbers leave the interpreter free for one another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from solalpha.raw.parsed import Parsed

# Blocks in memory at once: those at work, one that waits, and the one being read.
_AT_WORK = 2


def parsed_ahead(
    blocks: Iterable[bytes], parse: Callable[[bytes], Parsed]
) -> Iterator[Parsed]:
    """Yield what ``parse`` makes of each of ``blocks``, in their order.

    Whatever ``blocks`` or ``parse`` raises is raised in its turn.
    """
    with ThreadPoolExecutor(_AT_WORK, thread_name_prefix="archive") as threads:
        waiting: deque[Future[Parsed]] = deque()
        for block in blocks:
            waiting.append(threads.submit(parse, block))
            if len(waiting) > _AT_WORK:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
