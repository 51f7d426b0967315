"""Measure after how many bars a feature is first known, beside what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from solalpha.config import Paths
from solalpha.warehouse import build as dbt
from solalpha.warehouse import duck
from solalpha.warehouse.catalog import meta_of

_MODEL = "features"
_COUNTED = "headlines"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureWarmup:
    """Say how many bars of one feature are null before its first value.

    ``measured`` is None where the feature is null throughout; ``is_gapless`` says
    whether every bar up to there had a price. ``declared`` is the feature's own word:
    exact, unless ``is_most``, where volume and not bars fill the window. Headlines come
    when they come, so that what ``is_counted`` in them has no number of bars.
    """

    feature: str
    coin: str
    declared: int | None
    measured: int | None
    is_gapless: bool
    is_most: bool
    is_counted: bool

    @property
    def agrees(self) -> bool:
        """Whether the measured number is the declared one, or none could be measured.

        After a gap the first value may come later than on gapless data.
        """
        if self.measured is None or not self.is_gapless or self.is_counted:
            return True
        if self.is_most and self.declared is not None:
            return self.measured <= self.declared
        return self.measured == self.declared


def measure(
    paths: Paths, manifest: Mapping[str, Any], coin: str, *, is_planted: bool
) -> tuple[FeatureWarmup, ...]:
    """Measure every feature of ``coin`` in the model ``features``, if it was built.

    Where late rows and holes were planted no table counts as gapless.
    """
    node = next(
        (
            found
            for found in manifest["nodes"].values()
            if found["resource_type"] == "model" and found["name"] == _MODEL
        ),
        None,
    )
    if node is None:
        return ()
    declared = {
        name: meta_of(column)
        for name, column in node["columns"].items()
        if meta_of(column).get("role") == "feature"
    }
    if not declared:
        return ()
    connection = duck.read_only(dbt.database(paths, dbt.PROD))
    try:
        found = _measured(connection, declared, coin)
    finally:
        connection.close()
    if is_planted:
        return tuple(replace(feature, is_gapless=False) for feature in found)
    return found


def _measured(
    connection: duck.Connection, declared: Mapping[str, Any], coin: str
) -> tuple[FeatureWarmup, ...]:
    firsts = ", ".join(
        f"min(place) filter (where {duck.quoted(name)} is not null)"
        for name in declared
    )
    bars = (
        "select f.*, b.has_price, row_number() over (order by f.bar_closed_at) - 1 "
        "as place from features as f join bars as b using (coin, bar_closed_at) "
        "where coin = ?"
    )
    (found,) = duck.rows(
        connection,
        f"select min(place) filter (where not has_price), {firsts} from ({bars})",
        [coin],
    )
    first_gap = found[0]
    return tuple(
        FeatureWarmup(
            feature=name,
            coin=coin,
            declared=None if (word := meta.get("warmup_bars")) is None else int(word),
            measured=measured,
            is_gapless=first_gap is None or (measured or 0) < first_gap,
            is_most=bool(meta.get("warmup_is_most")),
            is_counted=meta.get("source_table") == _COUNTED,
        )
        for (name, meta), measured in zip(declared.items(), found[1:], strict=True)
    )
