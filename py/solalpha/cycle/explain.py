"""Say why: one bar or order, from its inputs to its fills, as published."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.model import predict, registry
from solalpha.warehouse.reader import Reader

_INPUTS = {
    "bars": "decided_at",
    "regimes": "decided_at",
    "sentiment_bars": "decided_at",
    "quality_bars": "decided_at",
    "bars_final": "known_at",
    "labels": "known_at",
}
STRONGEST = 10


def explain(paths: Paths, *, subject: str, coin: str) -> dict[str, Any]:
    """Return everything that is stored about a bar or an order.

    Parameters
    ----------
    subject
        A bar's right edge in ISO UTC, or an order id (``0x`` and 32 hex digits).

    Raises
    ------
    ConfigError
        If ``subject`` is neither.
    DataError
        If the published version does not hold it.
    """
    with Reader.open(paths) as reader:
        closed_at = _bar_of(reader, subject, coin)
        features = _rows(reader, "features", coin, closed_at)
        if features.is_empty():
            raise DataError(
                f"no {coin} bar closed at {clock.iso(closed_at)} in version "
                f"{reader.build_id}; expected a published bar"
            )
        decisions = _rows(reader, "decisions", coin, closed_at)
        orders = _rows(reader, "orders", coin, closed_at)
        return {
            "build_id": reader.build_id,
            "coin": coin,
            "bar_closed_at": closed_at,
            "inputs": _inputs(reader, coin, closed_at),
            "features": _known(features.row(0, named=True)),
            "prediction": _prediction(reader, paths, coin, closed_at),
            "decisions": [_decision(row) for row in decisions.to_dicts()],
            "orders": orders.to_dicts(),
            "fills": _fills(reader, orders).to_dicts(),
        }


def _bar_of(reader: Reader, subject: str, coin: str) -> datetime:
    if subject.startswith("0x"):
        found = reader.query(
            "select bar_closed_at from orders where order_id = ? and coin = ?",
            [subject.lower(), coin],
        )
        if found.is_empty():
            raise DataError(f"no {coin} order {subject} in version {reader.build_id}")
        moment: datetime = found.item()
        return moment
    try:
        return clock.parse_utc(subject)
    except ConfigError as error:
        raise ConfigError(
            f"{subject!r} is neither a bar's time (ISO UTC) nor an order id (0x...)"
        ) from error


def _rows(reader: Reader, table: str, coin: str, closed_at: datetime) -> pl.DataFrame:
    return reader.query(
        f"select * from {table} where coin = ? and bar_closed_at = ?",
        [coin, closed_at.replace(tzinfo=None)],
    )


def _inputs(reader: Reader, coin: str, closed_at: datetime) -> dict[str, Any]:
    inputs = {}
    for table, known_at in _INPUTS.items():
        rows = _rows(reader, table, coin, closed_at)
        if rows.height:
            row = rows.row(0, named=True)
            inputs[table] = {"known_at": row[known_at], "values": _known(row)}
    return inputs


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _prediction(
    reader: Reader, paths: Paths, coin: str, closed_at: datetime
) -> dict[str, Any] | None:
    rows = reader.query(
        "select model_id, experiment, kind, probability_up, predicted_at "
        "from predictions where coin = ? and bar_closed_at = ? "
        "order by predicted_at desc, kind limit 1",
        [coin, closed_at.replace(tzinfo=None)],
    )
    if rows.is_empty():
        return None
    found = rows.row(0, named=True)
    if found["kind"] != "live":
        # Out-of-sample models of the procedure are not kept; only the champion is.
        return found | {"contributions": None}
    model = registry.load(paths, found["model_id"])
    table = reader.training_rows(coin, found["experiment"]).frame
    if not set(model.manifest.feature_names) <= set(table.columns):
        # A feature was barred since; the published rows no longer hold it.
        return found | {"contributions": None}
    row = table.filter(pl.col("bar_closed_at") == closed_at)
    shares = predict.contributions(model, row.select(model.manifest.feature_names))
    ranked = sorted(shares.row(0, named=True).items(), key=lambda item: -abs(item[1]))
    return found | {"contributions": dict(ranked[:STRONGEST])}


def _decision(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"gates": json.loads(row["gates"]) if row["gates"] else []}


def _fills(reader: Reader, orders: pl.DataFrame) -> pl.DataFrame:
    ids = orders["order_id"].to_list()
    marks = ", ".join("?" for _ in ids) or "null"
    return reader.query(
        f"select * from fills where order_id in ({marks}) order by filled_at, fill_id",
        ids,
    )
