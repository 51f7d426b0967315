"""The rule tests of the dbt project each catch a violation planted in a small one."""

import shutil
from pathlib import Path

import pytest
import yaml

from solalpha.config import Paths, load_parameters, project_dir
from solalpha.errors import DataError
from solalpha.warehouse.build import build

SOUND = """
  - name: sound
    description: One row per coin.
    config:
      contract: {enforced: true}
      meta: {causality: causal, known_at_column: decided_at, key: [coin]}
    data_tests:
      - unique_key: {arguments: {columns: [coin]}}
    columns:
      - {name: coin, data_type: varchar, description: c, config: {meta: {role: key}}}
      - name: decided_at
        data_type: timestamp
        description: d
        config: {meta: {role: audit}}
"""
PROPERTIES = f"""
version: 2
sources:
  - name: raw
    tables: [{{name: candles}}]
models:
{SOUND}
{SOUND.replace("sound", "without_contract").replace("true", "false")}
{SOUND.replace("sound", "without_grain").replace("One row per", "All rows of the")}
{SOUND.replace("sound", "without_causality").replace("causality: causal, ", "")}
{SOUND.replace("sound", "without_known_at").replace("decided_at, key", "kept_at, key")}
{SOUND.replace("sound", "without_key").replace(", key: [coin]", "")}
{SOUND.replace("sound", "without_key_test").replace("unique_key", "never_empty")}
{SOUND.replace("sound", "without_role").replace("role: key", "role: other")}
{SOUND.replace("sound", "without_unit").replace("role: key", "role: feature")}
{SOUND.replace("sound", "outcome").replace("causal,", "label,")}
{SOUND.replace("sound", "leaking")}
{SOUND.replace("sound", "hidden").replace("causal,", "summary,")}
{SOUND.replace("sound", "from_file")}
{SOUND.replace("sound", "from_source")}
"""
ROW = "select 'SOL' as coin, timestamp '2025-01-01' as decided_at"
MODELS = {
    "leaking": "select * from {{ ref('step') }}",
    "step": "select * from {{ ref('outcome') }}",
    "from_file": f"-- read_parquet('x')\n{ROW}",
    "from_source": f"-- depends_on: {{{{ source('raw', 'candles') }}}}\n{ROW}",
}
NAMED = (
    *("sound", "without_contract", "without_grain", "without_causality"),
    *("without_known_at", "without_key", "without_key_test", "without_role"),
    *("without_unit", "outcome", "hidden"),
)
NEVER_EMPTY = "{% test never_empty(model, columns) %}select 1 where false{% endtest %}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("planted")
    project, real = root / "dbt_project", project_dir()
    marts = project / "models" / "marts"
    marts.mkdir(parents=True)
    shutil.copytree(real / "tests" / "rules", project / "tests" / "rules")
    shutil.copytree(real / "tests" / "generic", project / "tests" / "generic")
    (project / "tests" / "generic" / "never_empty.sql").write_text(NEVER_EMPTY)
    (project / "macros").mkdir()
    shutil.copy(real / "macros" / "rules.sql", project / "macros")
    shutil.copy(real.parent / "profiles.yml", root)
    whole = yaml.safe_load((real / "dbt_project.yml").read_text())
    kept = ("name", "version", "config-version", "profile", "vars")
    document = {name: whole[name] for name in kept}
    document["models"] = {"solalpha": {"marts": {"+access": "public"}}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(document))
    for name in NAMED:
        (marts / f"{name}.sql").write_text(ROW)
    for name, sql in MODELS.items():
        (marts / f"{name}.sql").write_text(sql)
    private = "{{ config(access='protected') }}"
    (marts / "step.sql").write_text(private + MODELS["step"])
    (marts / "_models.yml").write_text(PROPERTIES)
    return root


def violations(root: Path, rule: str) -> set[str]:
    """Run one rule test and return the texts of its compiled violations."""
    paths = Paths(data_dir=root / "data")
    with pytest.raises(DataError, match=f"data test {rule} found"):
        build(
            paths,
            load_parameters(),
            select=rule,
            target="prod",
            project=root / "dbt_project",
        )
    compiled = next((paths.warehouse / "target").rglob(f"compiled/**/{rule}.sql"))
    texts = compiled.read_text().split("select '")[1:]
    return {text.split("' as violation")[0] for text in texts}


def test_rule_finds_public_models_that_are_not_declared(project: Path) -> None:
    found = violations(project, "assert_public_models_are_declared")
    assert found == {
        "without_contract: contract is not enforced",
        "without_grain: description does not begin with its grain",
        "without_causality: meta.causality is ",
        "without_known_at: meta.known_at_column is no column of it",
        "without_key: meta.key is missing",
        "without_key_test: no unique_key test on its meta.key",
    }


def test_rule_finds_columns_that_are_not_described(project: Path) -> None:
    assert violations(project, "assert_public_columns_are_described") == {
        "without_role.coin: meta.role is other",
        "without_unit.coin: feature without meta.unit",
        "without_unit.coin: feature without meta.feature_group",
        "without_unit.coin: feature without meta.source_table",
        "without_unit.coin: feature without meta.source",
        "without_unit.coin: feature without meta.experiments",
        "without_unit.coin: feature without meta.warmup_bars",
    }


def test_rule_finds_a_causal_model_that_reads_a_label_through_another(
    project: Path,
) -> None:
    assert violations(project, "assert_causal_models_read_no_label") == {
        "leaking: causal, but reads outcome, a label model"
    }


def test_rule_finds_marts_that_read_raw_files(project: Path) -> None:
    assert violations(project, "assert_marts_read_models_only") == {
        "from_file: reads files by read_parquet",
        "from_source: reads source.solalpha.raw.candles",
    }


def test_rule_finds_summaries_that_are_not_listed(project: Path) -> None:
    assert violations(project, "assert_summary_models_are_listed") == {
        "hidden: a summary that the rule does not list"
    }
