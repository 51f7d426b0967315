"""Backtrader, imported once.

Its sources hold escape sequences that newer Python versions warn about while they
compile it; that is no concern of a run, so the warnings are silenced here alone.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import backtrader as bt

__all__ = ["bt"]
