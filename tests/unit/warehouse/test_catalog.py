import json
from pathlib import Path

import duckdb
import pytest

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.warehouse import catalog
from solalpha.warehouse.catalog import Catalog, ColumnEntry, ModelEntry

MANIFEST = {
    "nodes": {
        "model.solalpha.bars": {
            "resource_type": "model",
            "name": "bars",
            "access": "public",
            "description": "One row per coin\n  and closed bar.",
            "config": {"meta": {"causality": "causal", "key": ["coin"]}},
            "meta": {},
            "columns": {
                "rsi_14": {
                    "name": "rsi_14",
                    "data_type": "double",
                    "description": "Strength.",
                    "config": {
                        "meta": {
                            "role": "feature",
                            "unit": "index",
                            "feature_group": "technical",
                            "source_table": "candles",
                            "experiments": ["paper"],
                        }
                    },
                }
            },
        },
        "model.solalpha.int_bars": {
            "resource_type": "model",
            "name": "int_bars",
            "access": "protected",
            "config": {},
            "columns": {},
        },
        "test.solalpha.not_null": {"resource_type": "test", "name": "not_null"},
    }
}
CATALOG = Catalog(
    models=(
        ModelEntry(
            name="bars",
            description="One row per coin and closed bar.",
            causality="causal",
            known_at_column="",
            key=("coin",),
            columns=(
                ColumnEntry(
                    name="rsi_14",
                    data_type="double",
                    description="Strength.",
                    role="feature",
                    unit="index",
                    feature_group="technical",
                    source_table="candles",
                    experiments=("paper",),
                ),
            ),
        ),
    )
)


def test_from_manifest_keeps_public_models_only(paths: Paths) -> None:
    folder = paths.warehouse / "target" / "prod"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    assert catalog.public_models(paths) == CATALOG.models


def test_public_models_without_a_build_is_refused(paths: Paths) -> None:
    with pytest.raises(DataError, match=r"no dbt manifest at .*run `solalpha build`"):
        catalog.public_models(paths)


def test_write_then_read_gives_the_same_catalog(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        catalog.write(connection, "main", CATALOG, mark="Build 1.")
        assert catalog.read(connection, "main") == CATALOG
