"""Standardisation of features with numbers that travel in the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaler:
    """Hold one mean and one scale per feature, learned on train rows only."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, features: NDArray[np.float64]) -> Scaler:
        """Learn from ``features`` of shape (n_rows, n_features); NaN is skipped.

        The scale is the population standard deviation. A feature that is constant
        or never known gets scale 1, so that it passes through.
        """
        is_known = ~np.isnan(features)
        count = np.maximum(is_known.sum(axis=0), 1)
        filled = np.where(is_known, features, 0.0)
        mean = filled.sum(axis=0) / count
        centred = np.where(is_known, features - mean, 0.0)
        deviation = np.sqrt((centred**2).sum(axis=0) / count)
        tiny = 1e-12 * np.maximum(np.abs(mean), 1e-12)
        scale = np.where(deviation <= tiny, 1.0, deviation)
        return cls(
            mean=tuple(float(value) for value in mean),
            scale=tuple(float(value) for value in scale),
        )

    def apply(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return standardised features; NaN stays NaN."""
        if features.shape[1] != len(self.mean):
            raise DataError(
                f"scaler holds {len(self.mean)} features, found {features.shape[1]}"
            )
        centred = features - np.asarray(self.mean)
        return np.asarray(centred / np.asarray(self.scale), dtype=np.float64)

    def as_dict(self) -> dict[str, list[float]]:
        """Return plain lists for a manifest."""
        return {"mean": list(self.mean), "scale": list(self.scale)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Sequence[float]]) -> Scaler:
        """Rebuild from a manifest."""
        return cls(mean=tuple(found["mean"]), scale=tuple(found["scale"]))
