"""The replay finds leaks: known ones in our models, and one in a stranger's project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.program import Answer

Program = Callable[..., Answer]
# One of each sort: a window, a join, a late row, a row that was revised.
SLICE = (
    "centred_window",
    "label_of_the_same_bar",
    "late_trades_counted_in_their_bar",
    "last_reading_of_contexts",
)

PROJECT = """
name: stranger
version: "1.0"
profile: whatever
model-paths: ["models"]
"""
HONEST = """
select
    coin,
    event_at,
    available_at,
    avg(close) over (partition by coin order by event_at rows 3 preceding) as mean
from read_parquet('{{ env_var("SOLALPHA_DATA_DIR") }}/raw/candles/**/*.parquet')
where ingest_id <> 'revision'
"""
LEAKING = """
select coin, event_at, available_at, mean - avg(mean) over (partition by coin) as score
from {{ ref('means') }}
"""


@pytest.fixture(scope="module")
def data_dir(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small scored market."""
    found = tmp_path_factory.mktemp("leaks") / "data"
    wish = ["sample", "--days", "12", "--book-interval", "900", "--data-dir", found]
    assert program(*wish).code == 0
    assert program("score", "--scorer", "lexicon", "--data-dir", found).code == 0
    return found


def write_project(folder: Path, models: dict[str, str]) -> Path:
    """Write a dbt project of these models and return its directory."""
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    for name, sql in models.items():
        (folder / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    return folder


def audit(program: Program, data_dir: Path, *options: object) -> Answer:
    """Run the audit on the market."""
    wish = ("audit", "point-in-time", "--data-dir", data_dir, "--json", *options)
    return program(*wish)


def test_leaks_planted_in_our_models_are_found(
    program: Program, data_dir: Path
) -> None:
    wishes = [word for name in SLICE for word in ("--mutant", name)]
    answer = audit(program, data_dir, *wishes)
    assert answer.code == 0, answer.err
    assert answer.json["changed"] == 0
    assert answer.json["mutants_planted"] == len(SLICE)
    assert answer.json["mutants_caught"] == len(SLICE)
    assert answer.json["survivors"] == []
    assert not list(data_dir.glob("audit-*"))


def test_leak_of_a_strangers_project_is_found_and_only_that(
    program: Program, data_dir: Path, tmp_path: Path
) -> None:
    models = {"means": HONEST, "scores": LEAKING}
    project = write_project(tmp_path / "stranger", models)
    answer = audit(program, data_dir, "--cuts", 2, "--project", project)
    assert answer.code == 3
    assert "changed after it" in answer.err
    facts = answer.json
    assert {cell["model"] for cell in facts["changed_cells"]} == {"scores"}
    assert {cell["column"] for cell in facts["changed_cells"]} == {"score"}
    assert facts["assumptions"] == [
        {
            "model": "scores",
            "assumption": "causal; available_at; one row per coin, event_at",
        }
    ]


def test_strangers_honest_project_changes_nothing(
    program: Program, data_dir: Path, tmp_path: Path
) -> None:
    # A file of its own is the same at every cut, so no change tells what it leaks.
    aside = tmp_path / "prices.csv"
    aside.write_text("coin,event_at,highest\nSOL,2025-06-01 00:00:00,9\n")
    models = {"means": HONEST, "outside": f"select * from read_csv('{aside}')"}
    project = write_project(tmp_path / "stranger", models)
    answer = audit(program, data_dir, "--cuts", 2, "--project", project, "--no-harder")
    assert answer.code == 0, answer.err
    told = {row["model"]: row["assumption"] for row in answer.json["assumptions"]}
    assert told["outside"].startswith(f"reads '{aside}', which no cut reaches")
    assert answer.json["changed"] == 0
    assert answer.json["non_null_cells"] > 100


def test_what_is_no_project_is_refused_in_one_line(
    program: Program, data_dir: Path, tmp_path: Path
) -> None:
    broken = write_project(tmp_path / "broken", {"bad": "select {{ ref('no') }}"})
    absent = "from read_csv('{{ env_var(\"SOLALPHA_DATA_DIR\") }}/no.csv')"
    bare = write_project(tmp_path / "bare", {"bad": absent})
    for folder, words, code in (
        (tmp_path, "no dbt_project.yml", 2),
        (broken, "named 'no'", 2),
        (bare, "No files found", 3),
    ):
        answer = audit(program, data_dir, "--project", folder, "--no-harder")
        assert answer.code == code
        assert answer.err.startswith(f"error: --project {folder}: ")
        assert words in answer.err
        # The log goes with the audit's directory.
        assert "dbt.log" not in answer.err
        assert len(answer.err.strip().splitlines()) == 1
