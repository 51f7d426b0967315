"""A paper decision is taken no earlier than anything its model has learned."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from solalpha import clock
from solalpha.config import load_parameters, load_paths
from solalpha.cycle import paper
from solalpha.cycle.status import status
from solalpha.errors import ConfigError, DataError
from solalpha.risk.limits import is_model_expired
from solalpha.warehouse.reader import Reader

MIDNIGHT = datetime(2025, 7, 2, tzinfo=UTC)
DELAY = timedelta(seconds=30)
KNOWN = {
    "close": 100.0,
    "atr_14": 1.0,
    "ema_50": 99.0,
    "ema_200": 98.0,
    "macd_line": 0.2,
    "macd_signal": 0.1,
    "rsi_14": 50.0,
    "realised_volatility_24": 0.04,
    "sentiment": 0.0,
    "funding_rate_last": 0.0,
    "regime": 1,
    "quality_verdict": "PASS",
    "is_warm": True,
}


class Tables:
    """Answer with four hourly bars around midnight, which is the decision bar."""

    build_id = "b"

    def __init__(self, *barred: str) -> None:
        self._barred = frozenset(barred)

    def barred_features(self, coin: str, experiment: str) -> frozenset[str]:
        return self._barred

    def decision_rows(self, coin: str) -> pl.DataFrame:
        edges = [MIDNIGHT + timedelta(hours=hour) for hour in (-1, 0, 1, 2)]
        return pl.DataFrame(
            {"coin": coin, "bar_closed_at": edges, **KNOWN}
        ).with_columns(decided_at=pl.col("bar_closed_at") + DELAY)

    def training_rows(self, coin: str, experiment: str) -> Any:
        del experiment
        rows = self.decision_rows(coin).select("bar_closed_at", feature=pl.lit(1.0))
        return SimpleNamespace(frame=rows)


def inputs_at(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    learned_at: datetime,
    now: datetime | None,
    tables: Tables | None = None,
) -> Any:
    champion = SimpleNamespace(
        manifest=SimpleNamespace(
            model_id="m",
            training_last_known_at=clock.iso(learned_at),
            feature_names=("feature",),
            created=lambda: MIDNIGHT,
        )
    )
    monkeypatch.setattr(paper.predict, "load_champion", lambda *_: champion)
    monkeypatch.setattr(paper.predict, "predict", lambda *_: [0.6])
    wish = paper.Wish(
        experiment="perp", policy="perp", coin="SOL", account=paper.ACCOUNT, now=now
    )
    return paper._inputs(
        cast(Reader, tables or Tables()), load_paths(tmp_path), load_parameters(), wish
    )


def test_the_lakes_time_is_that_of_its_newest_bar(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned_at = MIDNIGHT + timedelta(hours=2) + DELAY
    inputs, now = inputs_at(monkeypatch, tmp_path, learned_at=learned_at, now=None)
    assert now == learned_at
    assert inputs.bar_closed_at == MIDNIGHT
    assert math.isclose(inputs.probability_up, 0.6)
    assert inputs.model_age_hours == 0.0


def test_the_lakes_time_waits_for_a_label_that_came_late(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    late = MIDNIGHT + timedelta(hours=2, minutes=20)
    _, now = inputs_at(monkeypatch, tmp_path, learned_at=late, now=None)
    assert now == late


def test_a_model_that_knows_the_time_after_now_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned_at = MIDNIGHT + timedelta(hours=2) + DELAY
    early = learned_at - timedelta(microseconds=1)
    with pytest.raises(DataError, match="learned from labels known at 2025-07-02T02"):
        inputs_at(monkeypatch, tmp_path, learned_at=learned_at, now=early)


def test_a_model_may_be_asked_as_soon_as_its_labels_are_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned_at = MIDNIGHT + timedelta(hours=1)
    inputs, now = inputs_at(
        monkeypatch, tmp_path, learned_at=learned_at, now=learned_at
    )
    assert now == learned_at
    # Counted from when it was made, as the wall clock counts.
    assert inputs.model_age_hours == 1.0


def test_a_model_that_reads_a_barred_feature_says_nothing_and_counts_as_expired(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned_at = MIDNIGHT + timedelta(hours=1)
    for tables, is_heard in ((Tables("other"), True), (Tables("feature"), False)):
        inputs, _ = inputs_at(
            monkeypatch, tmp_path, learned_at=learned_at, now=None, tables=tables
        )
        assert math.isnan(inputs.probability_up) is not is_heard
        assert math.isinf(inputs.model_age_hours) is not is_heard
        assert is_model_expired(inputs.model_age_hours, 48.0) is not is_heard


@pytest.mark.parametrize("account", ["", "foo", "0x12", "0x" + "G" * 40])
def test_account_that_is_no_address_is_refused(account: str) -> None:
    with pytest.raises(ConfigError, match="expected 0x and 40 hex digits"):
        paper.require_account(account)


def test_status_of_an_unknown_experiment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'moon' is unknown; expected one of paper"):
        status(
            load_paths(tmp_path),
            load_parameters(),
            venue=paper.VENUE,
            account=paper.ACCOUNT,
            experiment="moon",
            now=MIDNIGHT,
        )
