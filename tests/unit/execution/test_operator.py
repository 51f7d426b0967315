"""Halt, resume, flatten."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.exchange.worlds import ACCOUNT, PARAMETERS
from tests.unit.execution.desk import BAR, disagreements, make_desk

from solalpha.errors import ConfigError, LimitBreach
from solalpha.execution import operator
from solalpha.execution.session import open_session

DAY = timedelta(days=1)


@pytest.fixture
def desk(fast_dir):
    made = make_desk(fast_dir)
    yield made
    made.close()


def with_session(desk, work, after=DAY):
    with open_session(
        desk.paths,
        PARAMETERS,
        client=desk.world.client,
        venue="paper",
        account=ACCOUNT,
        signer=None,
        coin="SOL",
        now=BAR + after,
        wall=desk.world.wall,
        pause=desk.world.wall.pause,
        checkpoint=lambda _: None,
    ) as session:
        return asyncio.run(work(session))


def test_halt_blocks_entries_and_resume_lets_them_pass(desk):
    desk.cycle(0)
    found = operator.halt(desk.paths, "paper", ACCOUNT, reason="holiday", at=BAR)
    assert (found.risk_state, found.risk_code) == ("HALTED", "operator")
    desk.advance(BAR + DAY, "150")
    assert desk.cycle(5, bar=BAR + DAY).orders_placed == 0
    resumed = with_session(
        desk, lambda session: operator.resume(session, is_peak_rebased=False)
    )
    assert resumed.risk_state == "ACTIVE"
    desk.advance(BAR + 2 * DAY, "150")
    assert desk.cycle(5, bar=BAR + 2 * DAY).position == 5
    events = desk.rows("select code, state_to from risk_events order by rowid")
    assert [tuple(row.values()) for row in events] == [
        ("operator", "HALTED"),
        ("", "ACTIVE"),
    ]


def test_halt_of_an_unknown_account_is_refused(desk):
    with pytest.raises(ConfigError):
        operator.halt(desk.paths, "paper", ACCOUNT, reason="x", at=BAR)
    assert operator.status(desk.paths, "paper", "0x" + "9" * 40) is None


def test_drawdown_halt_needs_the_peak_to_be_rebased(desk):
    desk.cycle(60, stop=60.0)
    desk.advance(BAR + timedelta(hours=1), "115")
    desk.cycle(60, bar=BAR + DAY, close=115.0)

    def resume(is_rebased):
        return with_session(
            desk, lambda s: operator.resume(s, is_peak_rebased=is_rebased)
        )

    with pytest.raises(LimitBreach, match="re-based"):
        resume(False)
    found = resume(True)
    assert found.risk_state == "ACTIVE"
    assert found.peak_usd == float(found.equity_usd)


def test_resume_takes_over_what_was_done_outside(desk):
    desk.cycle(5)
    asyncio.run(desk.world.order(is_buy=True, price="160", size="1"))
    desk.advance(BAR + DAY, "150")
    assert desk.cycle(5, bar=BAR + DAY).risk_state == "HALTED"
    with_session(desk, lambda s: operator.resume(s, is_peak_rebased=False))
    desk.advance(BAR + 2 * DAY, "150")
    result = desk.cycle(6, bar=BAR + 2 * DAY)
    assert (result.risk_state, result.position) == ("ACTIVE", 6)


def test_flatten_closes_position_and_stop_and_repeats_itself_harmlessly(desk):
    desk.cycle(5)
    for minutes in (1, 2):
        found = with_session(
            desk,
            lambda s: operator.flatten(s, command_id="c-1"),
            after=timedelta(minutes=minutes),
        )
        assert found.positions == {"SOL": 0}
    placed = desk.rows(
        "select leg, command_id from orders where command_id is not null"
    )
    assert [tuple(row.values()) for row in placed] == [("flatten", "c-1")]
    assert disagreements(desk.paths) == []


def test_lever_while_a_cycle_runs_is_refused(desk):
    desk.cycle(5)
    with pytest.raises(LimitBreach):
        with_session(desk, lambda s: _halt_inside(desk))


async def _halt_inside(desk):
    operator.halt(desk.paths, "paper", ACCOUNT, reason="x", at=BAR)


def test_status_reads_beside_a_running_cycle(desk):
    desk.cycle(5)
    found = operator.status(desk.paths, "paper", ACCOUNT)
    assert (found.risk_state, found.in_doubt) == ("ACTIVE", 0)
    assert found.positions == {"SOL": 5}
