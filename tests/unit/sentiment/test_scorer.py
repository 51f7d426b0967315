from __future__ import annotations

import pytest

from solalpha.errors import ConfigError
from solalpha.sentiment.scorer import LEXICON, scorer_named


def test_lexicon_is_ready_at_once() -> None:
    assert scorer_named("lexicon").name == LEXICON


def test_unknown_scorer_is_refused() -> None:
    with pytest.raises(ConfigError, match="'oracle' is unknown; expected one of lex"):
        scorer_named("oracle")
