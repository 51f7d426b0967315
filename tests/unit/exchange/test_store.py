"""The exchange's store: one writer, exact decimals, all or nothing."""

from decimal import Decimal

import pytest

from solalpha.errors import DataError, LimitBreach
from solalpha.exchange.store import open_store, read_store


def test_second_writer_is_refused_with_one_line(fast_dir):
    store = open_store(fast_dir / "x.sqlite")
    with pytest.raises(LimitBreach, match="one writer") as caught:
        open_store(fast_dir / "x.sqlite")
    store.close()
    assert "\n" not in str(caught.value)
    open_store(fast_dir / "x.sqlite").close()


def interrupted(store):
    with store.transaction():
        store.set_clock("a", 2)
        raise ZeroDivisionError


def test_reader_sees_what_the_writer_committed_and_not_what_it_did_not(fast_dir):
    store = open_store(fast_dir / "x.sqlite")
    store.set_clock("a", 1)
    with pytest.raises(ZeroDivisionError):
        interrupted(store)
    reader = read_store(fast_dir / "x.sqlite")
    assert reader.clock("a") == 1
    reader.close()
    store.close()


def test_decimals_come_back_digit_by_digit(fast_dir):
    store = open_store(fast_dir / "x.sqlite")
    value = Decimal("0.1000000000000000000000000001")
    row = {"address": "a", "start_usd": value, "raw_usd": value}
    store.put("accounts", row | {"adjustment_usd": Decimal(0)})
    account = store.account("a")
    store.close()
    assert account is not None
    assert str(account.raw_usd) == str(value)


def test_durability_is_full(fast_dir):
    store = open_store(fast_dir / "x.sqlite")
    modes = [
        store.rows("pragma journal_mode", ())[0]["journal_mode"],
        store.rows("pragma synchronous", ())[0]["synchronous"],
    ]
    store.close()
    assert modes == ["wal", 2]


def test_file_that_is_no_store_is_refused(fast_dir):
    path = fast_dir / "x.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(DataError):
        open_store(path)
    with pytest.raises(DataError, match="no paper exchange"):
        read_store(fast_dir / "absent.sqlite")
