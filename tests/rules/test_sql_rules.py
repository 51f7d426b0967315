"""The project's SQL against the rules, and each rule against a planted violation."""

from pathlib import Path

import pytest
from tests.rules import sql_rules

from solalpha.config import project_dir

PROJECT = project_dir()
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
MACROS = sorted((PROJECT / "macros").rglob("*.sql"))
# Macros that read files are the one place where files are read.
FILE_READERS = {"source_rows.sql", "order_flow_files.sql"}


def broken(files: list[Path], rule: object) -> dict[str, list[str]]:
    assert callable(rule)
    found = {file.name: rule(file.read_text(encoding="utf-8")) for file in files}
    return {name: told for name, told in found.items() if told}


def test_there_are_models_to_judge() -> None:
    assert len(MODELS) > 50
    assert len(MACROS) > 5


def test_models_use_words_that_both_engines_have() -> None:
    assert broken(MODELS, sql_rules.unportable) == {}


def test_macros_leave_such_words_to_the_engines_own() -> None:
    files = [file for file in MACROS if file.name not in FILE_READERS]
    assert broken(files, sql_rules.unportable_macros) == {}


def test_models_write_down_no_number_but_0_and_1() -> None:
    assert broken(MODELS, sql_rules.literals) == {}


def test_models_past_staging_name_every_column() -> None:
    files = [file for file in MODELS if "staging" not in file.parts]
    starred = [f.name for f in files if sql_rules.selects_all(f.read_text())]
    assert starred == []


def test_files_begin_with_why() -> None:
    files = [*MODELS, *(PROJECT / "tests").rglob("*.sql")]
    assert [f.name for f in files if not sql_rules.has_header(f.read_text())] == []


def test_models_are_named_as_their_layer_demands() -> None:
    models = PROJECT / "models"
    wrong = [
        file.name
        for file in MODELS
        if not sql_rules.is_well_named(file.relative_to(models).parts[0], file.stem)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("select arg_max(close, t) from x", "arg_max"),
        ("select a from x asof join y using (t)", "asof join"),
        ("select list(a) from x", "list functions"),
        ("select list_sum(a) from x", "list functions"),
        ("select columns('a.*') from x", "columns()"),
        ("select date_diff('s', a, b) from x", "date_diff"),
        ("select epoch_ms(a) from x", "epoch"),
        ("select a from read_parquet('x')", "read files"),
        ("select last_value(a ignore nulls) over () from x", "ignore nulls"),
        ("select a // b from x", "whole division"),
        ("select quantile_cont(a, b) from x", "quantile_cont"),
        ("select unnest(a) from x", "unnest"),
        ("pivot x on a", "pivot"),
    ],
)
def test_unportable_word_is_found(sql: str, word: str) -> None:
    assert sql_rules.unportable(sql) == [word]


def test_portable_forms_comments_strings_and_macros_are_left_alone() -> None:
    sql = """
    -- arg_max would not run elsewhere
    select max_by(a, b), x::double, 'list(a)' as told, {{ epoch_us('a') }} as t,
    date_trunc('hour', t) from x qualify row_number() over (order by t) = 1
    """
    assert sql_rules.unportable(sql) == []


def test_unportable_macro_is_found_unless_it_is_an_engines_own() -> None:
    text = """
    {% macro latest(a) %} arg_max({{ a }}, t) {% endmacro %}
    {% macro default__latest(a) %} arg_max({{ a }}, t) {% endmacro %}
    """
    assert sql_rules.unportable_macros(text) == ["latest: arg_max"]


def test_number_in_a_model_is_found() -> None:
    sql = """
    -- 99 in a comment
    select a * 14, b + 0.5, c / 1e3, d - 1, e * 1.0, {{ var('x') * 7 }}, ema_50,
    cast(f as decimal(18, 8)), 'level 5' from x where g > 0
    """
    assert sql_rules.literals(sql) == ["14", "0.5", "1e3"]


@pytest.mark.parametrize(
    "sql", ["select * from x", "select a, x.* from x", "SELECT  *"]
)
def test_star_is_found(sql: str) -> None:
    assert sql_rules.selects_all(sql)


def test_count_star_is_no_star() -> None:
    assert not sql_rules.selects_all("select count(*) from x")


@pytest.mark.parametrize(
    ("layer", "name", "is_good"),
    [
        ("staging", "stg_news__headlines", True),
        ("staging", "headlines", False),
        ("intermediate", "int_trades_aggregated_to_bars", True),
        ("intermediate", "int_bars", False),
        ("marts", "funding_hours", True),
        ("marts", "fct_trades", False),
    ],
)
def test_names_of_layers(layer: str, name: str, is_good: bool) -> None:
    assert sql_rules.is_well_named(layer, name) is is_good


def test_missing_header_is_found() -> None:
    assert sql_rules.has_header("-- Why this is here.\nselect 1")
    assert not sql_rules.has_header("select 1 -- late")
