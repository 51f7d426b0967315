from __future__ import annotations

import asyncio
import threading

import pytest

from solalpha.hyperliquid.weights import WeightBucket, reply_weight, request_weight


class FakeTime:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []

    def monotonic_s(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


def bucket(time: FakeTime) -> WeightBucket:
    return WeightBucket(1200, monotonic_s=time.monotonic_s, sleep=time.sleep)


@pytest.mark.parametrize(
    ("kind", "rows", "sent", "received"),
    [
        ("l2Book", 1, 2, 0),
        ("allMids", 300, 2, 0),
        ("exchangeStatus", 2, 2, 0),
        ("userRole", 1, 60, 0),
        ("metaAndAssetCtxs", 2, 20, 0),
        ("fundingHistory", 500, 20, 25),
        ("recentTrades", 19, 20, 0),
        ("candleSnapshot", 5000, 20, 83),
    ],
)
def test_weights_are_the_published_ones(
    kind: str, rows: int, sent: int, received: int
) -> None:
    assert (request_weight(kind), reply_weight(kind, rows)) == (sent, received)


def test_bucket_within_budget_never_waits() -> None:
    time = FakeTime()
    budget = bucket(time)
    for _ in range(60):
        asyncio.run(budget.acquire(20))
    assert time.slept == []
    assert budget.left == 0


def test_bucket_over_budget_waits_for_the_refill() -> None:
    time = FakeTime()
    budget = bucket(time)
    asyncio.run(budget.acquire(1200))
    asyncio.run(budget.acquire(30))
    assert time.slept == [1.5]  # 1200 a minute are 20 a second


def test_charged_reply_delays_the_next_request() -> None:
    time = FakeTime()
    budget = bucket(time)
    asyncio.run(budget.acquire(1180))
    budget.charge(100)
    assert budget.left == -80
    asyncio.run(budget.acquire(20))
    assert time.slept == [5.0]


def test_bucket_never_saves_more_than_a_minute() -> None:
    time = FakeTime()
    budget = bucket(time)
    time.now_s = 3600
    assert budget.left == 1200


def test_waiting_requests_are_served_in_the_order_of_asking() -> None:
    time = FakeTime()
    budget = bucket(time)
    asyncio.run(budget.acquire(1200))
    served: list[str] = []

    async def one(name: str) -> None:
        await budget.acquire(20)
        served.append(name)

    async def both() -> None:
        await asyncio.gather(one("first"), one("second"))

    asyncio.run(both())
    assert served == ["first", "second"]
    assert sum(time.slept) == 2.0


def test_budget_is_shared_between_threads_without_loss() -> None:
    budget = WeightBucket(1200, monotonic_s=lambda: 0.0)

    def spend() -> None:
        for _ in range(500):
            budget.charge(1)

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (budget.spent, budget.left) == (2000, -800)


def test_refusal_halves_the_pace_and_answers_restore_it() -> None:
    time = FakeTime()
    budget = bucket(time)
    budget.slow_down(0)
    assert (budget.left, budget.pace) == (0, 0.5)
    asyncio.run(budget.acquire(20))
    assert time.slept == [2.0]  # 10 a second instead of 20
    for _ in range(9):
        budget.slow_down(0)
    assert budget.pace == 1 / 8
    for _ in range(60):
        budget.speed_up()
    assert budget.pace == 1.0
