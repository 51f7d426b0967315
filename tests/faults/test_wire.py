"""Every call of a cycle fails in every way; nothing is lost and nothing doubled."""

import contextlib
import json
from datetime import timedelta

import pytest
from tests.faults.wire_faults import FAULTS, delaying_client, faulty_client
from tests.unit.execution.desk import BAR, disagreements, make_desk

from solalpha.errors import VenueError
from solalpha.exchange import wire

NEXT_BAR = BAR + timedelta(days=1)


@pytest.fixture
def desk(fast_dir):
    made = make_desk(fast_dir)
    yield made
    made.close()


def recovered(desk, target, bar):
    """Run cycles on a sound wire until nothing is in doubt."""
    for _ in range(3):
        result = desk.cycle(target, bar=bar)
        if result.state != "unresolved":
            return result
    raise AssertionError("still unresolved")


def calls(directory) -> list[str]:
    """Return the paths that the cycle under test calls, in order."""
    desk = make_desk(directory)
    desk.cycle(5)
    desk.advance(NEXT_BAR, "150")
    client, transport = faulty_client(desk.world.app, lambda n, r: None)
    desk.cycle(-3, bar=NEXT_BAR, client=client)
    desk.close()
    return transport.paths


def converges(directory, fault, number):
    desk = make_desk(directory)
    desk.cycle(5)
    desk.advance(NEXT_BAR, "150")
    client, _ = faulty_client(
        desk.world.app, lambda n, request: fault if n == number else None
    )
    with contextlib.suppress(VenueError):
        desk.cycle(-3, bar=NEXT_BAR, client=client)
    result = recovered(desk, -3, NEXT_BAR)
    assert disagreements(desk.paths) == []
    assert result.position == -3
    desk.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_flip_with_a_fault_on_an_order_converges(fast_dir, fault):
    paths = calls(fast_dir / "clean")
    orders = [number for number, path in enumerate(paths) if path == "/exchange"]
    assert len(orders) == 3
    for number in orders:
        converges(fast_dir / str(number), fault, number)


def test_flip_with_a_fault_on_any_read_converges(fast_dir):
    paths = calls(fast_dir / "clean")
    for number, path in enumerate(paths):
        if path == "/info":
            fault = FAULTS[number % len(FAULTS)]
            converges(fast_dir / str(number), fault, number)


@pytest.mark.parametrize("fault", ["drop_request", "drop_reply", "http_500"])
def test_entry_in_doubt_while_venue_is_deaf_stays_unknown(desk, fault):
    is_deaf = False

    def plan(number, request):
        nonlocal is_deaf
        was, is_deaf = is_deaf, is_deaf or request.url.path == "/exchange"
        return "http_500" if was else fault if is_deaf else None

    client, transport = faulty_client(desk.world.app, plan)
    with pytest.raises(VenueError):
        desk.cycle(5, client=client)
    states = {row["state"] for row in desk.rows("select state from orders")}
    assert states == {"unknown"}
    assert transport.paths.count("/exchange") == 1
    assert recovered(desk, 5, BAR).position == 5
    assert disagreements(desk.paths) == []


def test_request_that_arrives_after_its_expiry_is_refused(desk):
    kept = []

    def plan(number, request):
        if request.url.path == "/exchange" and not kept:
            kept.append(request.content)
            return "drop_request"
        return None

    client, _ = faulty_client(desk.world.app, plan)
    result = desk.cycle(5, client=client)
    assert result.position == 5
    reply = desk.world.exchange.submit(wire.envelope(json.loads(kept[0])))
    assert reply["status"] == "err"
    assert disagreements(desk.paths) == []


@pytest.mark.parametrize("later", [*range(1, 31, 3)])
def test_request_that_arrives_late_is_found_or_refused(desk, later):
    client = delaying_client(desk.world.app, later)
    result = desk.cycle(5, client=client)
    assert result.state == "traded"
    assert result.position == 5
    assert recovered(desk, 5, BAR).position == 5
    assert disagreements(desk.paths) == []
