"""The whole job on a simulated market, and what it leaves for others to read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.integration.program import SAMPLE_DAYS, Answer, Done

Program = Callable[..., Answer]


def test_run_prints_the_promised_object(done: Done) -> None:
    facts = done.facts
    assert facts["bars"] == SAMPLE_DAYS * 24
    assert facts["absent_groups"] == []
    assert facts["feature_count"] >= 60
    assert 0.0 < facts["auc"] < 1.0
    assert 0.5 <= facts["majority_rate"] <= 1.0
    assert facts["verdict"] in {"BEATS", "INCONCLUSIVE", "DOES NOT BEAT"}
    assert facts["backtest"]["funding_status"] == "known"
    assert facts["backtest"]["max_drawdown"] <= 0.0
    assert Path(facts["report_path"]).is_absolute()


def test_report_is_one_file_without_addresses_to_load(done: Done) -> None:
    text = Path(done.facts["report_path"]).read_text(encoding="utf-8")
    assert done.facts["verdict"] in text
    assert done.facts["build_id"] in text
    page = text.split("</script>", 1)[1]
    assert not re.findall(r"(?:src|href)=[\"']https?://", page)
    for section in ("equity", "trades", "costs", "model", "quality", "orders"):
        assert f'id="{section}"' in text


def test_published_file_opens_with_plain_duckdb(done: Done) -> None:
    # Other tests publish later versions; this one is kept beside them.
    version = f"{done.facts['build_id']}.duckdb"
    published = done.data_dir / "warehouse" / "versions" / version
    with duckdb.connect(str(published), read_only=True) as connection:
        [(build_id,)] = connection.execute("select build_id from build_info").fetchall()
        [(bars,)] = connection.execute(
            "select count(*) from bars where coin = 'SOL'"
        ).fetchall()
    assert build_id == done.facts["build_id"]
    assert bars == done.facts["bars"]


def test_query_is_read_only(done: Done, program: Program) -> None:
    answer = program("query", "drop table bars", "--data-dir", done.data_dir)
    assert answer.code == 2
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1


def test_query_returns_rows_as_objects(done: Done, program: Program) -> None:
    answer = program(
        "query",
        "select coin, count(*) as bars from bars group by coin order by coin",
        "--data-dir",
        done.data_dir,
        "--json",
    )
    assert answer.json["columns"] == ["coin", "bars"]
    assert {row["coin"] for row in answer.json["rows"]} == {"BTC", "SOL"}


def test_second_run_changes_nothing(done: Done, program: Program) -> None:
    before = _orders(done, program)
    again = program("run", "--source", "sample", "--data-dir", done.data_dir, "--json")
    assert again.code == 0, again.err
    assert again.json["orders_placed"] == 0
    assert again.json["model_id"] == done.facts["model_id"]
    assert again.json["backtest"]["run_id"] == done.facts["backtest"]["run_id"]
    assert _orders(done, program) == before


def test_every_run_leaves_a_log_of_json_lines(done: Done) -> None:
    [log, *_] = sorted((done.data_dir / "logs").glob("*-run-*.jsonl"))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[0]["event"] == "started"
    assert {line["command"] for line in lines} == {"run"}


@pytest.mark.parametrize("command", ["tables", "status"])
def test_readers_answer_in_json(done: Done, program: Program, command: str) -> None:
    answer = program(command, "--data-dir", done.data_dir, "--json")
    assert answer.code == 0, answer.err
    assert answer.json


def _orders(done: Done, program: Program) -> list[dict[str, object]]:
    answer = program(
        "query",
        "select order_id, state, size_base from orders order by order_id",
        "--data-dir",
        done.data_dir,
        "--json",
    )
    return answer.json["rows"]
