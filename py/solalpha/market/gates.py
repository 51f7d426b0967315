"""The named outcome of one condition, so that a decision can show its reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Hold one condition's name, whether it let the decision pass, and why."""

    name: str
    passed: bool
    detail: str
