"""Every parameter has one range, of its own type, that its value in use lies in."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import yaml

from solalpha.config import Parameters, load_parameters, project_dir
from solalpha.parameter_ranges import ranges

LIST = project_dir() / "macros" / "_macros_parameters.yml"
WORDS = {"expected", "names", "is_text", "is_whole"}
BOUNDS = {"least", "most", "above", "divides"}


def test_every_parameter_stands_in_one_range() -> None:
    document = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    macros = {macro["name"]: macro for macro in document["macros"]}
    listed = macros["parameter_ranges"]["config"]["meta"]["ranges"]
    counted = Counter(name for limits in listed for name in limits["names"])
    assert counted == Counter(field.name for field in fields(Parameters))


def test_a_range_is_of_the_types_of_its_parameters() -> None:
    kinds = {
        name: "str"
        if limits.get("is_text")
        else "int"
        if limits.get("is_whole")
        else "float"
        for name, limits in ranges().items()
    }
    assert kinds == {field.name: str(field.type) for field in fields(Parameters)}


def test_a_range_of_numbers_has_bounds_and_nothing_misspelt() -> None:
    for limits in ranges().values():
        assert limits.keys() <= WORDS | BOUNDS
        assert bool(limits.keys() & BOUNDS) != bool(limits.get("is_text"))


def test_values_in_use_are_in_range() -> None:
    assert load_parameters().as_dict().keys() == ranges().keys()
