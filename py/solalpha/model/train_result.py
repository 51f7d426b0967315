"""What a training run gives back to its caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from solalpha.model.evaluate import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """Hold a training run's outcome.

    ``metrics`` are out of sample and belong to the procedure. ``walk_forward`` and
    ``live`` are the exported predictions. ``final_metrics`` is None unless the final
    block was opened; ``final_openings`` counts recorded openings that overlap it.
    ``contributions`` says what each feature saved of the out-of-sample log loss.
    """

    model_id: str
    experiment: str
    algorithm: str
    coin: str
    build_id: str
    rows: int
    feature_names: tuple[str, ...]
    absent_features: tuple[str, ...]
    barred_features: tuple[str, ...]
    is_champion: bool
    metrics: Metrics
    final_metrics: Metrics | None
    final_openings: int
    walk_forward: pl.DataFrame
    live: pl.DataFrame
    importance: pl.DataFrame
    contributions: pl.DataFrame

    def summary(self) -> dict[str, Any]:
        """Return the plain facts for a report or ``--json``."""
        final = self.final_metrics
        return {
            "model_id": self.model_id,
            "experiment": self.experiment,
            "algorithm": self.algorithm,
            "coin": self.coin,
            "rows": self.rows,
            "feature_count": len(self.feature_names),
            "absent_features": list(self.absent_features),
            "barred_features": list(self.barred_features),
            "is_champion": self.is_champion,
            **_headline(self.metrics),
            "final": None if final is None else _headline(final),
            "final_openings": self.final_openings,
            "live_rows": self.live.height,
            "top_features": self.importance["feature"].head(10).to_list(),
            "earning_features": self.contributions.filter(
                self.contributions["contribution_low"] > 0
            )["feature"].to_list(),
        }


def _headline(metrics: Metrics) -> dict[str, Any]:
    facts = metrics.as_dict()
    for name in ("calibration", "confusion", "auc_folds"):
        del facts[name]
    facts["test_rows"] = facts.pop("rows")
    return facts
