"""A slice of the fuzz campaign; `make fuzz` is the whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.bench.fuzz import counts, run_part
from tests.faults.fuzz_all import all_targets
from tests.faults.fuzz_mutations import mutated, seed_of
from tests.faults.fuzz_targets import Target, attempt, frame_target, rest_targets

from solalpha.errors import DataError

SEED = 11
REPLIES = 150
FRAMES = 1_500
FILES = 25


def is_of_lines(target: Target) -> bool:
    return target.lines > 1


@pytest.mark.parametrize("target", rest_targets(), ids=lambda target: target.name)
def test_broken_reply_is_refused_and_no_more(target: Target) -> None:
    found = run_part(target, REPLIES, SEED)
    assert found["examples"] == []
    assert found["refused"] > REPLIES / 3


def test_broken_frame_is_refused_and_no_more() -> None:
    found = run_part(frame_target(), FRAMES, SEED)
    assert found["examples"] == []
    assert found["refused"] > FRAMES / 3


def test_broken_file_is_refused_and_no_more(fast_dir: Path) -> None:
    kinds = ("candles.csv", "trades.parquet", "books.json", "mapping.yml")
    targets = [t for t in all_targets(fast_dir) if t.name in kinds]
    found = {t.name: run_part(t, FILES, SEED) for t in targets}
    assert {name: part["examples"] for name, part in found.items()} == {
        name: [] for name in kinds
    }


def test_broken_archive_line_is_refused_and_no_more(fast_dir: Path) -> None:
    targets = [t for t in all_targets(fast_dir) if is_of_lines(t)]
    found = {target.name: run_part(target, 1, SEED) for target in targets}
    assert {part["payloads"] for part in found.values()} == {targets[0].lines}
    assert [name for name, part in found.items() if part["examples"]] == []
    assert [name for name, part in found.items() if not part["refused"]] == []


def test_sound_payload_is_taken_by_every_target(fast_dir: Path) -> None:
    for target in all_targets(fast_dir):
        for seed in target.seeds:
            content = seed.content
            if is_of_lines(target):
                content = target.head + b"\n" + content + b"\n"
            assert attempt(target, content) == [], target.name


def test_error_that_is_not_ours_is_counted_as_uncaught() -> None:
    def fragile(content: bytes) -> list[str]:
        if b"null" in content:
            raise KeyError("px")
        if b"[" in content:
            raise DataError("found a list; expected an object")
        return []

    target = Target(
        name="fragile", seeds=[seed_of(b'{"a":1,"b":"2"}')], read=fragile, share=1.0
    )
    found = run_part(target, 400, SEED)
    assert 0 < found["uncaught"] < 400
    assert found["examples"][0]["error"] == "KeyError: 'px'"
    assert found["reasons"]["DataError: an object"] > 0
    assert found["accepted"] + found["refused"] == found["payloads"] == 400


def test_payload_depends_on_its_draw_alone() -> None:
    seed = seed_of(b'{"time":1750000200000,"px":"150.5"}')
    first, again = (
        [mutated(seed, random.Random(n)) for n in range(200)]  # noqa: S311 - no secret
        for _ in range(2)
    )
    assert first == again
    assert len(set(first)) > 100


def test_shares_add_up_to_the_payloads(fast_dir: Path) -> None:
    targets = all_targets(fast_dir)
    given = counts(targets, 1_000_000)
    assert sum(given.values()) == 1_000_000
    assert set(given) == {target.name for target in targets}
