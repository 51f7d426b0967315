"""The ledger: durable, append-only, damage is noticed, one identity per order."""

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from solalpha.errors import DataError
from solalpha.execution import records
from solalpha.execution.ledger import open_ledger, read_ledger
from solalpha.execution.records import Origin
from solalpha.market.orders import (
    OrderIntent,
    OrderKind,
    OrderState,
    Side,
    client_order_id,
)

AT = datetime(2025, 7, 1, tzinfo=UTC)
ORIGIN = Origin(decision_id="d", command_id=None, mid_at_decision=Decimal("150.005"))


def intent(leg="entry", attempt=0):
    identity = {
        "venue": "paper",
        "account": "0xa",
        "coin": "SOL",
        "bar_closed_at": AT,
        "leg": leg,
        "attempt": attempt,
    }
    return OrderIntent(
        order_id=client_order_id(**identity),
        side=Side.BUY,
        size_base=Decimal("1.50"),
        limit_price=Decimal("150.75"),
        trigger_price=None,
        is_reduce_only=False,
        kind=OrderKind.ENTRY,
        **identity,
    )


@pytest.fixture
def ledger(fast_dir):
    with open_ledger(fast_dir / "orders.sqlite") as opened:
        yield opened


def test_durability_is_full(ledger):
    assert ledger.rows("pragma journal_mode", ())[0]["journal_mode"] == "wal"
    assert ledger.rows("pragma synchronous", ())[0]["synchronous"] == 2


def test_same_intent_again_finds_the_first_and_adds_nothing(ledger):
    records.intend(ledger, intent(), ORIGIN, AT)
    records.mark_sent(ledger, intent().order_id, at=AT, wall_ms=1000, life_ms=5000)
    again = records.intend(ledger, intent(), ORIGIN, AT)
    assert again.state is OrderState.SENT
    assert len(ledger.rows("select * from orders", ())) == 1


def test_intent_comes_back_as_it_was_written(ledger):
    records.intend(ledger, intent(), ORIGIN, AT)
    found = records.required(ledger, intent().order_id)
    assert (found.intent, found.origin) == (intent(), ORIGIN)
    assert str(found.intent.size_base) == "1.50"


def test_nonces_rise_even_if_the_clock_does_not(ledger):
    nonces = [records.next_nonce(ledger, "0xa", ms) for ms in (1000, 1000, 900, 2000)]
    assert nonces == [1000, 1001, 1002, 2000]


def test_nonces_survive_reopening(fast_dir):
    for expected in (1000, 1001):
        with open_ledger(fast_dir / "again.sqlite") as opened:
            assert records.next_nonce(opened, "0xa", 1000) == expected


@pytest.mark.parametrize(
    "sql", ["update events set detail = '{}'", "delete from events"]
)
def test_events_can_only_be_added(ledger, sql):
    ledger.note(AT, "kind", "subject", {"a": 1})
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        ledger.rows(sql, ())


@pytest.mark.parametrize(
    "sql",
    [
        "update events set detail = '{\"a\": 2}' where seq = 2",
        "delete from events where seq = 2",
        "update events set at_us = at_us + 1 where seq = 1",
    ],
)
def test_altered_event_is_noticed(fast_dir, sql):
    path = fast_dir / "orders.sqlite"
    with open_ledger(path) as ledger:
        for number in range(3):
            ledger.note(AT, "kind", str(number), {"a": 1})
        assert ledger.verify() == 3
    raw = sqlite3.connect(path)
    raw.executescript(
        f"drop trigger events_no_update; drop trigger events_no_delete;{sql}"
    )
    raw.close()
    with open_ledger(path) as ledger, pytest.raises(DataError, match="event"):
        ledger.verify()


def test_half_a_step_is_no_step(ledger):
    with pytest.raises(ZeroDivisionError):
        interrupted(ledger)
    assert ledger.rows("select * from events", ()) == []


def interrupted(ledger):
    with ledger.transaction():
        ledger.note(AT, "kind", "subject", {})
        raise ZeroDivisionError


@pytest.mark.parametrize("content", [b"no ledger at all" * 500, b"SQLite format 3\0"])
def test_file_that_is_no_ledger_is_refused(fast_dir, content):
    path = fast_dir / "broken.sqlite"
    path.write_bytes(content)
    with pytest.raises(DataError):
        open_ledger(path)


def test_damaged_page_is_noticed(fast_dir):
    path = fast_dir / "orders.sqlite"
    with open_ledger(path) as ledger:
        for number in range(200):
            ledger.note(AT, "kind", str(number), {"text": "x" * 100})
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(size // 2 // 4096 * 4096)
        stream.write(b"\xa5" * 4096)
    with pytest.raises(DataError), open_ledger(path) as ledger:
        ledger.verify()


def test_ledger_of_another_version_is_refused(fast_dir):
    path = fast_dir / "orders.sqlite"
    open_ledger(path).close()
    raw = sqlite3.connect(path)
    raw.execute("pragma user_version = 99")
    raw.close()
    with pytest.raises(DataError, match="version 99"):
        open_ledger(path)


def test_absent_ledger_reads_as_none(fast_dir):
    assert read_ledger(fast_dir / "absent.sqlite") is None


def test_full_disk_is_one_clear_line_and_changes_nothing(ledger):
    ledger.note(AT, "kind", "first", {})
    pages = ledger.rows("pragma page_count", ())[0]["page_count"]
    ledger.rows(f"pragma max_page_count = {pages}", ())
    with pytest.raises(DataError, match="cannot be written") as caught:
        fill_up(ledger)
    assert "\n" not in str(caught.value)
    assert len(ledger.rows("select * from events", ())) == 1


def fill_up(ledger):
    with ledger.transaction():
        for number in range(1000):
            ledger.note(AT, "kind", str(number), {"text": "x" * 200})
