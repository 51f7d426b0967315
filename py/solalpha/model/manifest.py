"""What a registered model says about itself, as JSON beside its native file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from solalpha import clock
from solalpha.errors import ConfigError, DataError

FILE_NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Hold one model's manifest; times are ISO 8601 UTC text.

    ``metrics`` belong to the procedure that ``metrics_scope`` describes, not to the
    registered model itself, which was refitted on all labelled rows.
    """

    model_id: str
    experiment: str
    algorithm: str
    coin: str
    feature_names: tuple[str, ...]
    absent_features: tuple[str, ...]
    barred_features: tuple[str, ...]
    constant_features: tuple[str, ...]
    model_file: str
    model_sha256: str
    scaler: dict[str, list[float]] | None
    build_id: str
    parameters_fingerprint: str
    parameters: dict[str, Any]
    label_horizon_bars: int
    bar_minutes: int
    training_rows: int
    training_first_bar_at: str
    training_last_bar_at: str
    training_last_known_at: str
    metrics_scope: str
    metrics: dict[str, Any]
    final_metrics: dict[str, Any] | None
    importance: list[dict[str, Any]]
    library: str
    created_at: str

    def created(self) -> datetime:
        """Return the aware time of creation."""
        return clock.parse_utc(self.created_at)

    def to_json(self) -> bytes:
        """Return indented JSON with a final newline."""
        return (json.dumps(asdict(self), indent=2, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes, origin: str) -> Manifest:
        """Read a manifest that stood at ``origin``.

        Raises
        ------
        DataError
            If it is not JSON, or a field is missing, unknown or malformed.
        """
        try:
            found = json.loads(content)
        except ValueError as error:
            raise DataError(f"{origin} is not JSON: {error}") from error
        if isinstance(found, dict):
            # Older manifests were written before any feature could be barred.
            found.setdefault("barred_features", [])
        wanted = {field.name for field in fields(cls)}
        names = set(found) if isinstance(found, dict) else set()
        if names != wanted:
            raise DataError(
                f"{origin}: fields missing {sorted(wanted - names) or 'none'}, unknown "
                f"{sorted(names - wanted) or 'none'}"
            )
        for name in (
            *("feature_names", "absent_features"),
            *("barred_features", "constant_features"),
        ):
            if not isinstance(found[name], list):
                raise DataError(f"{origin}: {name} is no list")
            found[name] = tuple(str(item) for item in found[name])
        manifest = cls(**found)
        try:
            manifest.created()
        except (ConfigError, AttributeError) as error:
            raise DataError(f"{origin}: created_at is no time") from error
        return manifest
