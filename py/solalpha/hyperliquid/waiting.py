"""Wait for a moment or a value, in short steps that let the reader look up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

_Value = TypeVar("_Value")


async def within(value: Awaitable[_Value], seconds: float) -> _Value | None:
    """Return the awaited value, or None if it takes longer than ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            return await value
    except TimeoutError:
        return None


async def pause(seconds: float, step_s: float) -> AsyncIterator[None]:
    """Wait ``seconds`` in all, yielding every ``step_s``."""
    left = seconds
    while left > 0:
        await asyncio.sleep(min(left, step_s))
        left -= step_s
        yield None
