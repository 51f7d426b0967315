"""What the public tables mean: models, columns, features, units and sources.

dbt's manifest is the origin; a published version carries the same catalogue as two
tables, so that a reader needs nothing but the published file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.warehouse import catalog_words, duck
from solalpha.warehouse.dbt_call import target_dir

MODELS_TABLE = catalog_words.MODELS.name
COLUMNS_TABLE = catalog_words.COLUMNS.name
EXPERIMENTS = ("paper", "perp")
_FEATURES_MODEL = "features"
_FEATURE_ROLE = "feature"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEntry:
    """Describe one column of a public model; a word that does not apply is empty."""

    name: str
    data_type: str
    description: str
    role: str
    unit: str
    feature_group: str
    source_table: str
    experiments: tuple[str, ...]

    @property
    def comment(self) -> str:
        """Return the description, with the unit where one is declared."""
        unit = f"Unit: {self.unit}." if self.unit else ""
        return f"{self.description} {unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """Describe one public model; its columns stand in their order in the table."""

    name: str
    description: str
    causality: str
    known_at_column: str
    key: tuple[str, ...]
    columns: tuple[ColumnEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEntry:
    """Describe one feature: its group, unit and the raw table it comes from."""

    name: str
    group: str
    unit: str
    source: str
    description: str
    experiments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Hold the public models by name order."""

    models: tuple[ModelEntry, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the public models."""
        return tuple(model.name for model in self.models)

    def features(self, experiment: str) -> tuple[FeatureEntry, ...]:
        """Return the features of ``experiment``, in the order of their definition.

        Raises
        ------
        DataError
            If the model ``features`` is absent or declares none for ``experiment``.
        """
        found = tuple(
            FeatureEntry(
                name=column.name,
                group=column.feature_group,
                unit=column.unit,
                source=column.source_table,
                description=column.description,
                experiments=column.experiments,
            )
            for model in self.models
            if model.name == _FEATURES_MODEL
            for column in model.columns
            if column.role == _FEATURE_ROLE and experiment in column.experiments
        )
        if not found:
            raise DataError(
                f"model {_FEATURES_MODEL!r} declares no feature for experiment "
                f"{experiment!r}; expected one of {', '.join(EXPERIMENTS)}"
            )
        return found


def features(paths: Paths, experiment: str) -> tuple[FeatureEntry, ...]:
    """Return the features of ``experiment`` in the published version."""
    from solalpha.warehouse.reader import Reader

    with Reader.open(paths) as reader:
        return reader.catalog.features(experiment)


def public_models(paths: Paths, *, target: str = "prod") -> tuple[ModelEntry, ...]:
    """Return the public models of what was last built for ``target``.

    They come from dbt's manifest, so that a warehouse need not be published first.
    """
    return from_manifest(target_dir(paths, target) / "manifest.json").models


def from_manifest(path: Path) -> Catalog:
    """Read the public models of dbt's manifest at ``path``.

    Raises
    ------
    DataError
        If there is no manifest, which means that nothing was built.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"no dbt manifest at {path}; expected one; run `solalpha build`"
        ) from error
    found = [
        _model(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and (node.get("access") or node["config"].get("access")) == "public"
    ]
    return Catalog(models=tuple(sorted(found, key=lambda model: model.name)))


def write(
    connection: duck.Connection, schema: str, catalog: Catalog, *, mark: str
) -> None:
    """Create the two catalogue tables in ``schema`` (already quoted)."""
    models = [
        (
            model.name,
            model.description,
            model.causality,
            model.known_at_column,
            ",".join(model.key),
        )
        for model in catalog.models
    ]
    columns = [
        (model.name, column.name, position, *_words(column))
        for model in catalog.models
        for position, column in enumerate(model.columns, start=1)
    ]
    catalog_words.MODELS.create(connection, schema, models, mark=mark)
    catalog_words.COLUMNS.create(connection, schema, columns, mark=mark)


def read(connection: duck.Connection, schema: str) -> Catalog:
    """Read the catalogue tables of ``schema`` (already quoted)."""
    columns: dict[str, list[ColumnEntry]] = {}
    for model, *words in duck.rows(
        connection,
        "select model, column_name, data_type, description, role, unit, feature_group, "
        f"source_table, experiments from {schema}.{COLUMNS_TABLE} "
        "order by model, position",
    ):
        columns.setdefault(model, []).append(_column_of(words))
    return Catalog(
        models=tuple(
            ModelEntry(
                name=name,
                description=description,
                causality=causality,
                known_at_column=known_at_column,
                key=_split(key),
                columns=tuple(columns.get(name, ())),
            )
            for name, description, causality, known_at_column, key in duck.rows(
                connection,
                "select model, description, causality, known_at_column, key "
                f"from {schema}.{MODELS_TABLE} order by model",
            )
        )
    )


def _words(column: ColumnEntry) -> list[str]:
    return [
        column.data_type,
        column.description,
        column.role,
        column.unit,
        column.feature_group,
        column.source_table,
        ",".join(column.experiments),
    ]


def _column_of(words: list[str]) -> ColumnEntry:
    name, data_type, description, role, unit, group, source, experiments = words
    return ColumnEntry(
        name=name,
        data_type=data_type,
        description=description,
        role=role,
        unit=unit,
        feature_group=group,
        source_table=source,
        experiments=_split(experiments),
    )


def _model(node: Mapping[str, Any]) -> ModelEntry:
    meta = meta_of(node)
    return ModelEntry(
        name=node["name"],
        description=_flat(node.get("description")),
        causality=_flat(meta.get("causality")),
        known_at_column=_flat(meta.get("known_at_column")),
        key=tuple(meta.get("key") or ()),
        columns=tuple(_column(column) for column in node["columns"].values()),
    )


def _column(column: Mapping[str, Any]) -> ColumnEntry:
    meta = meta_of(column)
    return ColumnEntry(
        name=column["name"],
        data_type=_flat(column.get("data_type")),
        description=_flat(column.get("description")),
        role=_flat(meta.get("role")),
        unit=_flat(meta.get("unit")),
        feature_group=_flat(meta.get("feature_group")),
        source_table=_flat(meta.get("source_table")),
        experiments=tuple(meta.get("experiments") or ()),
    )


def meta_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the meta of a node or column of the manifest, in both of its places."""
    # dbt keeps meta under config and, for older readers, beside it.
    config = entry.get("config") or {}
    return {**(entry.get("meta") or {}), **(config.get("meta") or {})}


def _flat(text: object) -> str:
    return " ".join(str(text).split()) if text is not None else ""


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)
