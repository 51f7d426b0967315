import re
from datetime import UTC, datetime, timedelta

from solalpha.market.orders import (
    OrderState,
    Side,
    client_order_id,
    command_order_id,
)

KEY = {
    "venue": "paper",
    "account": "0xAb",
    "coin": "SOL",
    "bar_closed_at": datetime(2025, 7, 1, 12, tzinfo=UTC),
    "leg": "entry",
    "attempt": 0,
}


def test_client_order_id_is_128_bits_of_hex() -> None:
    assert re.fullmatch(r"0x[0-9a-f]{32}", client_order_id(**KEY))


def test_client_order_id_is_the_same_in_every_process() -> None:
    assert client_order_id(**KEY) == "0xd172cba800333dc9c70e0e875b7a02ad"


def test_client_order_id_ignores_the_case_of_the_account() -> None:
    assert client_order_id(**KEY) == client_order_id(**{**KEY, "account": "0xaB"})


def test_client_order_id_changes_with_each_part_of_the_key() -> None:
    others = {
        "venue": "testnet",
        "account": "0xac",
        "coin": "BTC",
        "bar_closed_at": KEY["bar_closed_at"] + timedelta(microseconds=1),
        "leg": "stop",
        "attempt": 1,
    }
    ids = {client_order_id(**{**KEY, name: value}) for name, value in others.items()}
    assert len(ids | {client_order_id(**KEY)}) == 7


def test_client_order_id_does_not_confuse_neighbouring_parts() -> None:
    first = client_order_id(**{**KEY, "account": "a", "coin": "bc"})
    assert first != client_order_id(**{**KEY, "account": "ab", "coin": "c"})


def test_command_order_id_differs_from_every_bar_order() -> None:
    command = command_order_id(
        venue="paper", account="0xab", coin="SOL", command_id="x", leg="exit", attempt=0
    )
    assert re.fullmatch(r"0x[0-9a-f]{32}", command)
    assert command != client_order_id(**KEY)


def test_side_sign_and_opposite() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY


def test_unknown_order_is_not_final() -> None:
    assert not OrderState.UNKNOWN.is_final
    assert OrderState.DEAD.is_final
