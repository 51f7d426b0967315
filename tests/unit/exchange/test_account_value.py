"""Whatever is ordered, the account's value is explained to the last cent."""

import asyncio
import uuid
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.exchange.worlds import (
    ACCOUNT,
    PARAMETERS,
    START,
    make_world,
    settlement,
    view,
)

STEP = st.one_of(
    st.tuples(
        st.just("order"),
        st.booleans(),
        st.integers(1, 60_000),
        st.booleans(),
        st.sampled_from(["Ioc", "Gtc", "Alo"]),
        st.integers(-300, 300),
    ),
    st.tuples(st.just("stop"), st.integers(1, 5_000), st.integers(1, 900)),
    st.tuples(
        st.just("advance"), st.integers(9_000, 21_000), st.integers(-4_000, 4_000)
    ),
)


async def _apply(world, clock, step):
    if step[0] == "order":
        _, is_buy, lots, reduce_only, tif, ticks = step
        mark = world.exchange.inform({"type": "allMids"})["SOL"]
        price = Decimal(mark) + Decimal(ticks) / 100
        await world.order(
            is_buy=is_buy,
            price=f"{price:.2f}",
            size=f"{Decimal(lots) / 100:f}",
            reduce_only=reduce_only,
            tif=tif,
        )
    elif step[0] == "stop":
        _, lots, ticks = step
        mark = Decimal(world.exchange.inform({"type": "allMids"})["SOL"])
        trigger = mark - Decimal(ticks) / 100
        await world.order(
            is_buy=False,
            price=f"{trigger * Decimal('0.9'):.2f}",
            size=f"{Decimal(lots) / 100:f}",
            trigger=f"{trigger:.2f}",
            reduce_only=True,
        )
    else:
        _, cents, rate = step
        clock[0] += timedelta(minutes=25)
        hour = clock[0].replace(minute=0, second=0)
        known = settlement(hour, f"{Decimal(rate) / 10**7:f}", "150")
        world.exchange.advance(view(clock[0], f"{Decimal(cents) / 100:.2f}", known))


def _explained(world):
    """Return (value, what its parts add up to) of the account."""
    store = world.store
    account = store.account(ACCOUNT)
    if account is None:
        return Decimal(0), Decimal(0)
    mark = Decimal(world.exchange.inform({"type": "allMids"})["SOL"])
    held = store.position(ACCOUNT, "SOL")
    value = account.raw_usd + held.size * mark
    fills = store.fills("address = ?", (ACCOUNT,))
    funding = [row.usd for row in store.funding(ACCOUNT) if row.usd is not None]
    parts = (
        account.start_usd
        + account.adjustment_usd
        + sum(row.closed_pnl_usd - row.fee_usd for row in fills)
        + sum(funding)
        + held.size * (mark - held.entry_price)
    )
    signed = sum(row.size if row.is_buy else -row.size for row in fills)
    assert signed == held.size
    return value, parts


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(STEP, min_size=1, max_size=14), st.sampled_from(["300", "10000"]))
def test_account_value_is_explained_to_the_last_cent(fast_dir, steps, start):
    parameters = PARAMETERS.override({"paper_start_usd": start})
    world = make_world(
        fast_dir / f"{uuid.uuid4().hex}.sqlite",
        view(START, "150"),
        parameters=parameters,
    )
    clock = [START]
    try:
        for step in steps:
            asyncio.run(_apply(world, clock, step))
            value, parts = _explained(world)
            assert abs(value - parts) < Decimal("1e-15")
            open_reduce_only = world.store.orders(
                "status = 'open' and is_reduce_only = 1", ()
            )
            held = world.store.position(ACCOUNT, "SOL").size
            for order in open_reduce_only:
                assert order.size <= abs(held)
                assert order.is_buy == (held < 0)
    finally:
        world.store.close()
        asyncio.run(world.client.aclose())
