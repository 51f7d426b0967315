"""What a bar says at its decision: the published row with the model's probability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from solalpha.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInputs:
    """Hold what is known at a bar's decision; NaN is unknown, ``regime`` 0 too.

    Prices in USD; ``funding_rate`` is the last settled hourly rate (positive: longs
    pay); ``model_age_hours`` the time since the model was fitted.
    """

    coin: str
    bar_closed_at: datetime
    probability_up: float
    close: float
    atr: float
    ema_fast: float
    ema_slow: float
    macd_line: float
    macd_signal: float
    rsi: float
    realised_volatility: float
    regime: int
    sentiment: float
    funding_rate: float
    quality_verdict: str | None
    model_id: str | None
    model_age_hours: float
    build_id: str | None

    def __post_init__(self) -> None:
        if self.bar_closed_at.tzinfo is None:
            raise DataError("bar_closed_at has no zone; expected an aware UTC time")

    @classmethod
    def from_row(
        cls,
        row: Mapping[str, Any],
        *,
        probability_up: float,
        model_id: str | None,
        model_age_hours: float,
        build_id: str | None,
    ) -> DecisionInputs:
        """Read a row of the published decision rows; null is unknown."""
        closed_at = row["bar_closed_at"]
        return cls(
            coin=row["coin"],
            bar_closed_at=closed_at
            if closed_at.tzinfo is not None
            else closed_at.replace(tzinfo=UTC),
            probability_up=probability_up,
            close=_known(row["close"]),
            atr=_known(row["atr_14"]),
            ema_fast=_known(row["ema_50"]),
            ema_slow=_known(row["ema_200"]),
            macd_line=_known(row["macd_line"]),
            macd_signal=_known(row["macd_signal"]),
            rsi=_known(row["rsi_14"]),
            realised_volatility=_known(row["realised_volatility_24"]),
            regime=int(row["regime"] or 0),
            sentiment=_known(row["sentiment"]),
            funding_rate=_known(row["funding_rate_last"]),
            quality_verdict=row["quality_verdict"],
            model_id=model_id,
            model_age_hours=model_age_hours,
            build_id=build_id,
        )


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)
