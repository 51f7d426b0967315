"""The two tables that say what the published tables mean, and their own columns."""

from __future__ import annotations

from solalpha.warehouse.own_tables import OwnTable

MODELS = OwnTable(
    name="catalog_models",
    description="One row per published model: what it means and when it is known.",
    columns={
        "model": ("varchar", "Name of the table."),
        "description": ("varchar", "Its grain first, then what it means."),
        "causality": (
            "varchar",
            "causal: a row never changes once decided; label: it looks forward and is "
            "known at known_at_column; summary: it describes all history.",
        ),
        "known_at_column": ("varchar", "Column with the time a row becomes known."),
        "key": ("varchar", "Key columns, with commas between."),
    },
)
COLUMNS = OwnTable(
    name="catalog_columns",
    description="One row per column of a published model.",
    columns={
        "model": ("varchar", "Name of the table."),
        "column_name": ("varchar", "Name of the column."),
        "position": ("integer", "Its place in the table, from 1."),
        "data_type": ("varchar", "Type that the contract enforces."),
        "description": ("varchar", "What it means, its sign and range."),
        "role": ("varchar", "key, feature, label, weight or audit."),
        "unit": ("varchar", "Unit of the value; empty where it has none."),
        "feature_group": ("varchar", "Group of a feature; empty for other columns."),
        "source_table": ("varchar", "Raw table that a feature comes from."),
        "experiments": ("varchar", "Experiments that read it, with commas between."),
    },
)
