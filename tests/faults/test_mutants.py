"""Broken builds, planted on purpose: the checks of the campaigns must notice each."""

import contextlib
import itertools
from datetime import timedelta

import pytest
from tests.faults.wire_faults import delaying_client, faulty_client
from tests.unit.exchange.worlds import ACCOUNT
from tests.unit.execution.desk import BAR, disagreements, make_desk

from solalpha.errors import VenueError
from solalpha.execution import legs, protect, reconcile, records, router, trade
from solalpha.execution.venue import VenueClient
from solalpha.market.orders import OrderState

DAY = timedelta(days=1)


class KilledError(BaseException):
    pass


def run(desk, **fields):
    with contextlib.suppress(VenueError, KilledError, RuntimeError):
        return desk.cycle(5, **fields)
    return None


def lost_replies(desk):
    client, _ = faulty_client(
        desk.world.app,
        lambda n, r: "drop_reply" if r.url.path == "/exchange" else None,
    )
    run(desk, client=client)
    run(desk)


def deaf_after_sending(desk):
    seen = []

    def plan(number, request):
        if request.url.path == "/exchange" and not seen:
            seen.append(number)
            return "drop_reply"
        return "http_500" if seen and number < seen[0] + 60 else None

    client, _ = faulty_client(desk.world.app, plan)
    run(desk, client=client)
    run(desk)


def late_requests(desk):
    # Delivered while the lookups of the first attempt are still going on.
    run(desk, client=delaying_client(desk.world.app, 6))
    run(desk)


def killed_after_reply(desk):
    names = itertools.count()

    def checkpoint(name):
        if name == "after_reply" and next(names) == 0:
            raise KilledError

    run(desk, checkpoint=checkpoint)
    run(desk)


def undisturbed(desk):
    run(desk)
    desk.advance(BAR + DAY, "150")
    run(desk, bar=BAR + DAY)


SCENARIOS = (
    undisturbed,
    lost_replies,
    deaf_after_sending,
    late_requests,
    killed_after_reply,
)


def found_in(directory):
    """Return the names of the scenarios whose outcome is wrong."""
    wrong = []
    for scenario in SCENARIOS:
        desk = make_desk(directory / scenario.__name__)
        scenario(desk)
        held = desk.world.store.position(ACCOUNT, "SOL").size
        if disagreements(desk.paths) or held != 5:
            wrong.append(scenario.__name__)
        desk.close()
    return wrong


def resend_with_a_new_nonce(monkeypatch):
    send = VenueClient.send

    async def mutant(self, action, *, nonce, expires_ms):
        reply = await send(self, action, nonce=nonce, expires_ms=expires_ms)
        if reply.doubt is None:
            return reply
        return await send(self, action, nonce=nonce + 1, expires_ms=expires_ms)

    monkeypatch.setattr(VenueClient, "send", mutant)


def dead_before_expiry(monkeypatch):
    monkeypatch.setattr(router, "EXPIRY_MARGIN_MS", -(10**9))


def sent_only_in_memory(monkeypatch):
    mark_sent = records.mark_sent

    def mutant(ledger, order_id, *, at, wall_ms, life_ms):
        nonce, expires = mark_sent(
            ledger, order_id, at=at, wall_ms=wall_ms, life_ms=life_ms
        )
        ledger.change("orders", "order_id", order_id, {"state": OrderState.INTENDED})
        return nonce, expires

    monkeypatch.setattr(records, "mark_sent", mutant)


def failed_lookup_is_not_found(monkeypatch):
    order, fills = VenueClient.order, VenueClient.fills_since

    async def mutant(self, cloid):
        with contextlib.suppress(VenueError):
            return await order(self, cloid)
        return None

    async def no_fills(self, start):
        with contextlib.suppress(VenueError):
            return await fills(self, start)
        return []

    monkeypatch.setattr(VenueClient, "order", mutant)
    monkeypatch.setattr(VenueClient, "fills_since", no_fills)


def fills_booked_on_each_read(monkeypatch):
    monkeypatch.setattr(records, "is_booked", lambda ledger, fill_id: False)
    add, numbers = records.Ledger.add, itertools.count()

    def mutant(self, table, row):
        if table == "fills":
            row = row | {"fill_id": f"{row['fill_id']}:{next(numbers)}"}
        return add(self, table, row)

    monkeypatch.setattr(records.Ledger, "add", mutant)


def doubt_is_refusal(monkeypatch):
    monkeypatch.setattr(
        router,
        "_doubt",
        lambda reason: router._Answer(
            state=OrderState.REJECTED, oid=None, reason=reason
        ),
    )


def no_stop(monkeypatch):
    async def mutant(session, task, account):
        return legs.Outcome(account=account, is_resolved=True)

    monkeypatch.setattr(trade, "protect", mutant)


def stop_of_another_size(monkeypatch):
    wanted = protect.wanted_stop

    def mutant(session, market, account):
        found = wanted(session, market, account)
        return (
            None
            if found is None
            else protect.Stop(
                side=found.side,
                size_base=found.size_base - 1,
                trigger_price=found.trigger_price,
                decision_id=found.decision_id,
            )
        )

    monkeypatch.setattr(protect, "wanted_stop", mutant)


def fills_not_read(monkeypatch):
    async def mutant(session):
        return [], 0

    monkeypatch.setattr(reconcile, "book_fills", mutant)


MUTANTS = (
    resend_with_a_new_nonce,
    dead_before_expiry,
    sent_only_in_memory,
    failed_lookup_is_not_found,
    fills_booked_on_each_read,
    doubt_is_refusal,
    no_stop,
    stop_of_another_size,
    fills_not_read,
)


def test_sound_build_passes_every_scenario(fast_dir):
    assert found_in(fast_dir) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_broken_build_is_noticed(fast_dir, monkeypatch, mutant):
    mutant(monkeypatch)
    assert found_in(fast_dir) != []
