from __future__ import annotations

from solalpha.hyperliquid.watchdogs import SILENCE_S, Pulse, StreamPatience, Watchdogs

PATIENCE = StreamPatience()


def test_the_first_channel_to_be_late_is_the_fast_book() -> None:
    dogs = Watchdogs(["SOL"], PATIENCE)
    dogs.restart(100.0)
    assert dogs.wait_s(101.0) == SILENCE_S["l2Book_fast"] - 1.0
    assert dogs.breach(105.0) is None
    late = dogs.breach(105.1)
    assert late is not None
    assert late[0] == ("SOL", "l2Book_fast")


def test_a_message_keeps_its_own_channel_and_coin_awake_only() -> None:
    dogs = Watchdogs(["SOL", "BTC"], PATIENCE)
    dogs.restart(0.0)
    for channel in SILENCE_S:
        dogs.note("SOL", channel, 100.0)
    late = dogs.breach(100.0)
    assert late is not None
    assert late[0][0] == "BTC"


def test_patience_doubles_for_a_coin_that_stays_silent_until_it_speaks() -> None:
    silence_s = dict.fromkeys(SILENCE_S, 1e6) | {"trades": 60.0}
    patience = StreamPatience(silence_s=silence_s, longest_silence_s=200.0)
    dogs = Watchdogs(["HYPE"], patience)
    waits = []
    at = 0.0
    for _ in range(4):
        dogs.restart(at)
        waits.append(dogs.wait_s(at))
        at += waits[-1] + 0.1
        assert dogs.breach(at) is not None
    assert waits == [60.0, 120.0, 200.0, 200.0]
    dogs.note("HYPE", "trades", at)
    dogs.restart(at)
    assert dogs.wait_s(at) == 60.0


def test_a_time_in_which_nobody_read_is_left_out() -> None:
    dogs, pulse = Watchdogs(["SOL"], PATIENCE), Pulse(PATIENCE, 0.0)
    dogs.restart(20.0)
    assert pulse.is_due(20.0)
    dogs.forgive(100.0)
    pulse.forgive(100.0)
    assert dogs.breach(124.9) is None
    assert not pulse.is_dead(130.0)
    assert pulse.is_dead(130.1)


def test_a_pong_is_waited_for_ten_seconds() -> None:
    pulse = Pulse(PATIENCE, 0.0)
    assert not pulse.is_due(19.9)
    assert pulse.is_due(20.0)
    assert not pulse.is_due(20.1)
    assert pulse.wait_s(20.0) == 10.0
    assert not pulse.is_dead(30.0)
    assert pulse.is_dead(30.1)
    pulse.answered()
    assert not pulse.is_dead(60.0)
    assert pulse.is_due(40.0)
