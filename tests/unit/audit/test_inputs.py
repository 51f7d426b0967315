"""Paths that a project names outright, found in its code and hooks."""

from __future__ import annotations

from typing import Any

import pytest

from solalpha.audit.inputs import past_the_lake


def manifest(code: str, hook: str = "") -> dict[str, Any]:
    hooks = [{"sql": hook}] if hook else []
    node = {"name": "m", "raw_code": code, "config": {"pre-hook": hooks}}
    return {"nodes": {"model.p.m": node}}


@pytest.mark.parametrize(
    ("code", "hook", "path"),
    [
        ("select * from read_parquet('/lake/**/*.parquet')", "", "/lake/**/*.parquet"),
        ("from read_csv(['s3://b/x.csv', 'y.csv'])", "", "s3://b/x.csv"),
        ("select * FROM 'prices.csv'", "", "prices.csv"),
        ("from other.bars", "attach if not exists '/o.duckdb' as other", "/o.duckdb"),
        ("select 1", "ATTACH 'dbname=prices' as p (type postgres)", "dbname=prices"),
    ],
)
def test_a_path_of_its_own_is_named(code: str, hook: str, path: str) -> None:
    (found,) = past_the_lake(manifest(code, hook))
    assert found["model"] == "m"
    assert found["assumption"].startswith(f"reads {path!r}, which no cut reaches")


@pytest.mark.parametrize(
    "code",
    [
        "from read_parquet('{{ env_var(\"SOLALPHA_DATA_DIR\") }}/raw/x.parquet')",
        "from read_parquet('{{ env_var('SOLALPHA_DATA_DIR') }}/raw/x.parquet')",
        "select extract(year from '2025-01-01'::date), trim(both 'x' from 'axb')",
        "-- once: from '/old/prices.csv'\nselect * from {{ ref('bars') }}",
        "select 'attach' as word from {{ source('raw', 'candles') }}",
    ],
)
def test_the_lake_and_other_texts_are_no_such_path(code: str) -> None:
    assert past_the_lake(manifest(code)) == ()
