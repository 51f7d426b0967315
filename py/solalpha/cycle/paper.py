"""One paper-trading cycle: the newest decision, the embedded exchange, the ledger."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solalpha import clock
from solalpha.config import Parameters, Paths
from solalpha.cycle.views import views_between
from solalpha.errors import ConfigError, DataError
from solalpha.exchange.app import create_app
from solalpha.exchange.authentication import TrustedAccount
from solalpha.exchange.store import open_store
from solalpha.execution.endpoint import IN_PROCESS_URL, allowed_url, connect
from solalpha.execution.export import export_ledger
from solalpha.execution.inputs import DecisionInputs
from solalpha.execution.trade import TradeResult, trade_once
from solalpha.model import predict
from solalpha.model.registry import RegisteredModel
from solalpha.strategy.registry import policy_named
from solalpha.strategy.signal import is_decision_bar
from solalpha.warehouse.reader import Reader

VENUE = "paper"
ACCOUNT = "0x" + "0" * 39 + "1"
STORE = "exchange.sqlite"
_ADDRESS = re.compile("0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Say what to trade: ``now`` None takes the lake's own time, for old data."""

    experiment: str
    policy: str
    coin: str
    account: str
    now: datetime | None


def trade_on_paper(paths: Paths, parameters: Parameters, wish: Wish) -> TradeResult:
    """Run one cycle on the embedded exchange and export the ledger.

    With ``now`` None the cycle stands at the lake's last bar, so that a job on old
    data trades as it would have then. Age counts from there or from ``now``: a
    decision bar that is stale opens nothing.

    Raises
    ------
    ConfigError
        If the policy, the account or the experiment's champion does not exist.
    DataError
        If nothing is published, no decision bar has a price, or the champion has
        learned from what was known only after ``now``.
    LimitBreach
        If another process trades the account.
    """
    policy_named(wish.policy)
    require_account(wish.account)
    with Reader.open(paths) as reader:
        inputs, now = _inputs(reader, paths, parameters, wish)
        store = open_store(paths.ledger / STORE)
        try:
            last_ms = store.clock("market")
            since = None if last_ms is None else clock.from_ms(last_ms)
            standing = max(now, since or now)
            # At the lake's own time every stamp is the lake's: the same data give the
            # same orders to the last digit.
            wall = clock.now if wish.now is not None else lambda: standing
            views = views_between(
                reader,
                paths,
                parameters,
                coin=wish.coin,
                since=since,
                until=standing,
            )
            app = create_app(
                store,
                next(views),
                parameters,
                authenticator=TrustedAccount(wish.account),
                wall=wall,
            )
            app.state.exchange.advance_through(views)
            cycle = _cycle(
                paths, parameters, wish, app=app, inputs=inputs, now=now, wall=wall
            )
            result = asyncio.run(cycle)
        finally:
            store.close()
    export_ledger(paths)
    return result


async def _cycle(
    paths: Paths,
    parameters: Parameters,
    wish: Wish,
    *,
    app: object,
    inputs: DecisionInputs,
    now: datetime,
    wall: Callable[[], datetime],
) -> TradeResult:
    async with connect(allowed_url(VENUE, IN_PROCESS_URL), app) as client:
        return await trade_once(
            paths,
            parameters,
            client=client,
            venue=VENUE,
            account=wish.account,
            signer=None,
            inputs=inputs,
            policy_name=wish.policy,
            policy=policy_named(wish.policy),
            now=now,
            wall=wall,
            pause=asyncio.sleep,
            checkpoint=lambda _: None,
        )


def _inputs(
    reader: Reader, paths: Paths, parameters: Parameters, wish: Wish
) -> tuple[DecisionInputs, datetime]:
    champion = predict.load_champion(paths, wish.experiment, wish.coin)
    manifest = champion.manifest
    row, newest_at = _decision_row(reader, parameters, wish)
    learned_at = clock.parse_utc(manifest.training_last_known_at)
    now = wish.now or max(newest_at, learned_at)
    if now < learned_at:
        raise DataError(
            f"model {manifest.model_id} has learned from labels known at "
            f"{clock.iso(learned_at)}; expected none after {clock.iso(now)}, when it "
            "is to decide"
        )
    # At the lake's own time a model is as old as the newest label it has read, and
    # the cycle stands at the newest bar: not before anything the model has learned.
    fitted_at = learned_at if wish.now is None else manifest.created()
    age_hours = max((now - fitted_at).total_seconds(), 0.0) / 3600.0
    is_barred = not reader.barred_features(wish.coin, wish.experiment).isdisjoint(
        manifest.feature_names
    )
    inputs = DecisionInputs.from_row(
        row,
        # A model that reads a barred feature says nothing, and counts as expired: it
        # opens nothing, and what is open may be closed.
        probability_up=float("nan")
        if is_barred
        else _probability(reader, champion, wish, row),
        model_id=manifest.model_id,
        model_age_hours=float("inf") if is_barred else age_hours,
        build_id=reader.build_id,
    )
    return inputs, now


def _decision_row(
    reader: Reader, parameters: Parameters, wish: Wish
) -> tuple[dict[str, Any], datetime]:
    # The newest decision bar with a price, and the decision time of the newest bar.
    priced = [
        row
        for row in reader.decision_rows(wish.coin).iter_rows(named=True)
        if row["close"] is not None
        and (wish.now is None or row["bar_closed_at"] <= wish.now)
    ]
    rows = [
        row
        for row in priced
        if is_decision_bar(
            round(row["bar_closed_at"].timestamp()),
            parameters.bar_minutes,
            parameters.decide_every_bars,
        )
    ]
    if not rows:
        raise DataError(
            f"no priced decision bar of {wish.coin}; expected one bar in "
            f"{parameters.decide_every_bars} to be on the decision grid"
        )
    return rows[-1], priced[-1]["decided_at"]


def _probability(
    reader: Reader, champion: RegisteredModel, wish: Wish, row: dict[str, Any]
) -> float:
    frame = reader.training_rows(wish.coin, wish.experiment).frame
    chosen = frame.filter(frame["bar_closed_at"] == row["bar_closed_at"])
    if not chosen.height or not row["is_warm"]:
        return float("nan")
    features = chosen.select(champion.manifest.feature_names)
    return float(predict.predict(champion, features)[0])


def require_paper(venue: str) -> None:
    """Refuse any venue but the embedded exchange.

    Raises
    ------
    ConfigError
        If ``venue`` is another.
    """
    if venue != VENUE:
        raise ConfigError(
            f"--venue {venue!r}; expected {VENUE}: orders leave this process for no "
            "other venue"
        )


def require_account(account: str) -> None:
    """Refuse what is no address of an account.

    Raises
    ------
    ConfigError
        If ``account`` is not 0x and 40 hex digits in lower case.
    """
    if not _ADDRESS.fullmatch(account):
        raise ConfigError(
            f"--account {account!r}; expected 0x and 40 hex digits in lower case"
        )
