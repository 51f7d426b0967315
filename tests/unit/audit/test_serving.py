"""A served row and a training row differ in the cells that a hand count finds."""

from __future__ import annotations

from solalpha.audit.serving import differences


def test_equal_rows_have_no_difference() -> None:
    row = {"close": 1.5, "verdict": "PASS", "unknown": None, "nan": float("nan")}
    assert differences(dict(row), dict(row)) == ()


def test_last_bit_unknown_value_and_missing_column_differ() -> None:
    served = {"close": 0.1 + 0.2, "funding": None, "only_served": 1}
    later = {"close": 0.3, "funding": 0.0, "only_later": 1}
    assert set(differences(served, later)) == {
        *("close", "funding", "only_served", "only_later"),
    }
