"""What a scorer offers, and which ones there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import ConfigError

LEXICON = "lexicon"
FINBERT = "finbert"
SCORERS = (LEXICON, FINBERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probabilities:
    """Hold class probabilities, one row per text, in the order of the texts.

    Attributes
    ----------
    positive, negative, neutral
        ndarrays of shape (n_texts,), summing to 1 in each row; NaN where the scorer
        abstains.
    is_abstained
        ndarray of shape (n_texts,), True where the scorer knows nothing of the text.
    """

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    neutral: NDArray[np.float64]
    is_abstained: NDArray[np.bool_]

    def score(self) -> NDArray[np.float64]:
        """Return positive minus negative, in [-1, 1]; NaN where abstained."""
        return self.positive - self.negative


class Scorer(Protocol):
    """Turn texts into class probabilities.

    ``version`` changes whenever the same text could get another score.
    """

    @property
    def name(self) -> str:
        """Return the scorer's name, which is the folder of its scores."""
        ...

    @property
    def version(self) -> str:
        """Return a hash of all that determines a score."""
        ...

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return the probabilities of each text."""
        ...


def scorer_named(name: str) -> Scorer:
    """Return the scorer called ``name``, ready to score.

    Raises
    ------
    ConfigError
        If the name is unknown, or what the scorer needs is not installed.
    """
    if name == LEXICON:
        from solalpha.sentiment.lexicon import LexiconScorer

        return LexiconScorer.load()
    if name == FINBERT:
        from solalpha.sentiment.finbert import FinbertScorer

        return FinbertScorer.load()
    raise ConfigError(
        f"scorer {name!r} is unknown; expected one of {', '.join(SCORERS)}"
    )
