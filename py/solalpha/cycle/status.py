"""The operator's view: account, model, data and alerts at one moment."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.execution import operator
from solalpha.model import registry
from solalpha.model.experiment import settings_for
from solalpha.model.manifest import Manifest
from solalpha.monitor.health import Facts, alerts
from solalpha.warehouse.reader import Reader


def status(
    paths: Paths,
    parameters: Parameters,
    *,
    venue: str,
    account: str,
    experiment: str,
    now: datetime,
) -> dict[str, Any]:
    """Return state, model_id, equity_usd, positions, last_cycle_at, quality, alerts.

    What does not exist yet is None; only the alerts say so.

    Raises
    ------
    ConfigError
        If there is no such experiment.
    """
    settings_for(experiment, parameters)
    coin = parameters.trade_coin
    found = operator.status(paths, venue, account)
    champion = _champion(paths, experiment, coin)
    last_bar_at, verdict, build_id = _newest_bar(paths, coin)
    facts = Facts(
        now=now,
        last_bar_closed_at=last_bar_at,
        quality_verdict=verdict,
        model_fitted_at=champion.created() if champion else None,
        risk_state=found.risk_state if found else None,
        risk_code=found.risk_code if found else None,
        orders_in_doubt=found.in_doubt if found else 0,
    )
    raised = alerts(
        facts,
        stale_data_s=parameters.risk_stale_data_s,
        model_max_age_hours=parameters.model_max_age_hours,
    )
    return {
        "state": found.risk_state if found else None,
        "venue": venue,
        "account": account,
        "build_id": build_id,
        "model_id": champion.model_id if champion else None,
        "equity_usd": _number(found.equity_usd) if found else None,
        "positions": {
            coin: _number(size)
            for coin, size in (found.positions if found else {}).items()
        },
        "last_cycle_at": found.last_cycle_at if found else None,
        "last_bar_closed_at": last_bar_at,
        "quality": verdict,
        "alerts": [asdict(alert) for alert in raised],
    }


def _champion(paths: Paths, experiment: str, coin: str) -> Manifest | None:
    try:
        return registry.show(paths, registry.champion_id(paths, experiment, coin))
    except ConfigError:
        return None


def _newest_bar(
    paths: Paths, coin: str
) -> tuple[datetime | None, str | None, str | None]:
    try:
        reader = Reader.open(paths)
    except DataError:
        return None, None, None
    with reader:
        rows = reader.query(
            "select bars.bar_closed_at, quality_bars.verdict from bars "
            "left join quality_bars using (coin, bar_closed_at) "
            "where coin = ? and has_price order by bars.bar_closed_at desc limit 1",
            [coin],
        )
        if rows.is_empty():
            return None, None, reader.build_id
        row = rows.row(0, named=True)
        return row["bar_closed_at"], row["verdict"], reader.build_id


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
