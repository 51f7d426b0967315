"""Every known leak has one place to be planted, and a name of its own."""

from __future__ import annotations

import pytest

from solalpha.audit.leaks import Leak
from solalpha.audit.mutants import ALL_LEAKS, affected, chosen
from solalpha.config import project_dir
from solalpha.errors import ConfigError

LEAST = 25


def test_there_are_enough_leaks_of_different_names() -> None:
    assert len({leak.name for leak in ALL_LEAKS}) == len(ALL_LEAKS) >= LEAST


@pytest.mark.parametrize("leak", ALL_LEAKS, ids=lambda leak: leak.name)
def test_leak_changes_its_file(leak: Leak) -> None:
    text = (project_dir() / leak.path).read_text(encoding="utf-8")
    assert leak.patched(text) != text


def test_place_that_occurs_twice_is_refused() -> None:
    leak = Leak(name="x", path="a.sql", old="lag", new="lead", builds=("a",))
    assert leak.patched("select lag(b)") == "select lead(b)"
    for text in ("lag lag", "nothing"):
        with pytest.raises(ConfigError, match="expected once"):
            leak.patched(text)


def test_unknown_leak_is_refused() -> None:
    assert chosen(["centred_window"])[0].name == "centred_window"
    with pytest.raises(ConfigError, match="'nonsense' is unknown"):
        chosen(["nonsense"])


def manifest() -> dict[str, dict[str, object]]:
    """Return the graph a -> b -> d, a -> c, d -> e."""
    children = {"a": ["b", "c"], "b": ["d"], "c": [], "d": ["e"], "e": []}
    return {
        "nodes": {
            f"model.p.{name}": {"name": name, "resource_type": "model"}
            for name in children
        },
        "child_map": {
            f"model.p.{name}": [*(f"model.p.{child}" for child in found), "test.p.t"]
            for name, found in children.items()
        },
    }


def test_only_what_leads_to_the_nearest_compared_models_is_built() -> None:
    assert affected(manifest(), ["a"], {"d", "e"}) == (
        ("a", "b", "d"),
        frozenset({"d"}),
    )
    assert affected(manifest(), ["d"], {"d"}) == (("d",), frozenset({"d"}))


def test_change_that_no_compared_model_reads_is_refused() -> None:
    with pytest.raises(ConfigError, match="no compared model reads c"):
        affected(manifest(), ["c"], {"d"})
