"""The range of each parameter, read from the list that dbt checks too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from solalpha.errors import ConfigError

_LIST = Path("dbt_project") / "macros" / "_macros_parameters.yml"


@cache
def ranges() -> Mapping[str, Mapping[str, Any]]:
    """Return the range of each parameter: its bounds, and the words of a refusal.

    Raises
    ------
    ConfigError
        If the list is not where this program was installed.
    """
    here = Path(__file__).resolve()
    # The program's own list, whichever project it is told to build.
    candidates = [here.parents[2] / _LIST, here.parent / "_project" / _LIST]
    path = next((file for file in candidates if file.is_file()), None)
    if path is None:
        raise ConfigError(f"no list of ranges at {' or '.join(map(str, candidates))}")
    # Every command reads it: the parser in C takes a twentieth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 - safe
    macro = next(m for m in document["macros"] if m["name"] == "parameter_ranges")
    return {
        name: limits
        for limits in macro["config"]["meta"]["ranges"]
        for name in limits["names"]
    }


def require_range(name: str, value: object, where: str) -> None:
    """Refuse a number outside the range of its name.

    Raises
    ------
    ConfigError
        If ``value`` lies outside; ``where`` says where it was found.
    """
    limits = ranges()[name]
    if not isinstance(value, int | float) or limits.get("is_text"):
        return
    if (
        value < limits.get("least", value)
        or value > limits.get("most", value)
        or ("above" in limits and value <= limits["above"])
        or ("divides" in limits and limits["divides"] % value)
        or value - value != 0
    ):
        raise ConfigError(
            f"{where}: parameter {name} is {value}; expected {limits['expected']}"
        )
