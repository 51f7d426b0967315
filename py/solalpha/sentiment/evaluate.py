"""Compare a scorer with human scores of the same texts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solalpha import clock
from solalpha.errors import ConfigError, DataError
from solalpha.sentiment.scorer import Scorer, scorer_named

# A score nearer to zero than this is of the class neutral, for human and machine.
DEAD_ZONE = 0.1
_LEAST_SECONDS = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Hold the agreement with human scores.

    ``accuracy`` and ``macro_f1`` compare three classes, cut at ``dead_zone`` on either
    side of zero; ``majority_rate`` is the accuracy of always naming the commonest.
    Texts on which the scorer abstains count as neutral.
    """

    scorer: str
    scorer_version: str
    texts: int
    abstained: int
    dead_zone: float
    pearson: float
    macro_f1: float
    accuracy: float
    majority_rate: float
    texts_per_s: float


def evaluate_file(path: Path, scorer: str) -> Evaluation:
    """Evaluate a scorer on a JSON list of ``{text, score}``.

    Raises
    ------
    ConfigError
        If the scorer is unknown or cannot be loaded, or there is no such file.
    DataError
        If the file is no such list.
    """
    texts, human = read_labelled(path)
    return evaluate(texts, human, scorer_named(scorer))


def evaluate(
    texts: Sequence[str], human: NDArray[np.float64], scorer: Scorer
) -> Evaluation:
    """Compare a scorer's scores of ``texts`` with ``human`` ones.

    Parameters
    ----------
    texts
        Any texts.
    human
        ndarray of shape (n_texts,), scores in [-1, 1].
    scorer
        Who is evaluated.

    Raises
    ------
    DataError
        If there are fewer than two texts, or either side's scores do not vary.
    """
    if len(texts) != human.size or human.size < 2:
        raise DataError(
            f"{len(texts)} texts and {human.size} scores; expected as many, 2 or more"
        )
    started = clock.monotonic_s()
    found = scorer.score(texts)
    seconds = max(clock.monotonic_s() - started, _LEAST_SECONDS)
    machine = np.where(found.is_abstained, 0.0, found.score())
    said, meant = sign_classes(machine), sign_classes(human)
    _, counts = np.unique(meant, return_counts=True)
    return Evaluation(
        scorer=scorer.name,
        scorer_version=scorer.version,
        texts=len(texts),
        abstained=int(found.is_abstained.sum()),
        dead_zone=DEAD_ZONE,
        pearson=pearson(machine, human),
        macro_f1=macro_f1(said, meant),
        accuracy=float((said == meant).mean()),
        majority_rate=float(counts.max() / counts.sum()),
        texts_per_s=len(texts) / seconds,
    )


def read_labelled(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Read texts and human scores from a JSON list of ``{text, score}``.

    Raises
    ------
    ConfigError
        If there is no such file.
    DataError
        If the file is no such list, or a score is not in [-1, 1].
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; expected a JSON list")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, list) or not found:
        raise DataError(
            f"{path} is no JSON list with entries; expected {{text, score}}"
        )
    texts: list[str] = []
    scores: list[float] = []
    for place, entry in enumerate(found):
        text, score = _entry(entry)
        if text is None or score is None:
            raise DataError(
                f"{path} entry {place}: found {str(entry)[:80]!r}; expected a text and "
                "a score in [-1, 1]"
            )
        texts.append(text)
        scores.append(score)
    return texts, np.array(scores)


def sign_classes(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return 1, 0 or -1 per score; 0 where it lies within the dead zone."""
    signs = np.where(np.abs(scores) <= DEAD_ZONE, 0.0, np.sign(scores))
    return signs.astype(np.int64)


def pearson(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Return the linear correlation.

    Raises
    ------
    DataError
        If either side does not vary.
    """
    left_centred, right_centred = left - left.mean(), right - right.mean()
    product = float((left_centred**2).sum() * (right_centred**2).sum())
    if not product > 0.0:
        raise DataError("scores do not vary; expected some to differ for a correlation")
    return float((left_centred * right_centred).sum()) / math.sqrt(product)


def macro_f1(said: NDArray[np.int64], meant: NDArray[np.int64]) -> float:
    """Return the mean F1 over the classes that either side names."""
    scores = []
    for name in np.union1d(said, meant):
        both = int(((said == name) & (meant == name)).sum())
        scores.append(2.0 * both / int((said == name).sum() + (meant == name).sum()))
    return float(np.mean(scores))


def _entry(entry: object) -> tuple[str | None, float | None]:
    if not isinstance(entry, dict):
        return None, None
    text: object = entry.get("text")
    score: object = entry.get("score")
    if not isinstance(text, str) or isinstance(score, bool):
        return None, None
    if not isinstance(score, int | float) or not abs(score) <= 1:
        return None, None
    return text, float(score)
