"""A word list for finance and crypto: fast, offline, and silent where it knows nothing.

Weights of matched terms are flipped by a negation shortly before, scaled by words of
degree, and summed per side. With evidence p and n the probabilities are p, n and 1
over p + n + 1, so that more evidence leaves less to neutrality.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from solalpha.errors import DataError
from solalpha.sentiment.scorer import LEXICON, Probabilities

_FILE = "lexicon.csv"
_POLARITY, _NEGATOR, _DEGREE = "polarity", "negator", "degree"
_LONGEST_PHRASE = 3
_NEGATION_REACH = 3
_DEGREE_REACH = 2
# A negated term says less than its opposite: "not good" is milder than "bad".
_NEGATION_FACTOR = -0.6
# Beyond the list, what turns matches into a score: part of the version.
_RULES = "clauses-1"

_NOISE = re.compile(r"https?://\S+|[$@#]?\b[\w.-]*\.(?:com|co|io|ly)\S*|[$@]\w+")
_TOKEN = re.compile(r"[a-z]+(?:['-][a-z0-9]+)*|\d+-[a-z]+|[,;:.!?]")
_CLAUSE_ENDS = frozenset(",;:.!?") | {"but", "while", "although", "though"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Hold the word list; a pattern that ended in ``*`` stands under its stem.

    ``phrases`` maps one to three token patterns to a weight; ``exact`` are tokens and
    ``stems`` prefixes that occur in any of them.
    """

    phrases: Mapping[tuple[str, ...], float]
    exact: frozenset[str]
    stems: frozenset[str]
    negators: frozenset[str]
    degrees: Mapping[str, float]
    content_hash: str


class LexiconScorer:
    """Score texts by the word list."""

    __slots__ = ("_known", "_lexicon")

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[str, tuple[str, ...]] = {}

    @classmethod
    def load(cls) -> LexiconScorer:
        """Load the word list that ships with the package."""
        content = resources.files(__package__).joinpath(_FILE).read_bytes()
        return cls(parse_lexicon(content))

    @property
    def name(self) -> str:
        """Return ``lexicon``."""
        return LEXICON

    @property
    def version(self) -> str:
        """Return a hash of the list and of the rules that read it."""
        return self._lexicon.content_hash

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return the probabilities of each text; abstain where no term matches."""
        evidence = np.array([self._evidence(text) for text in texts], dtype=np.float64)
        evidence = evidence.reshape(len(texts), 2)
        total = evidence.sum(axis=1)
        is_abstained = total == 0.0
        share = np.where(is_abstained, np.nan, 1.0 / (total + 1.0))
        return Probabilities(
            positive=evidence[:, 0] * share,
            negative=evidence[:, 1] * share,
            neutral=share,
            is_abstained=is_abstained,
        )

    def _evidence(self, text: str) -> tuple[float, float]:
        tokens = _TOKEN.findall(_NOISE.sub(" ", text.lower().replace("\u2019", "'")))
        positive = negative = 0.0
        place = 0
        while place < len(tokens):
            length, weight = self._match(tokens, place)
            if length:
                weight *= self._context(tokens, place)
                positive += max(weight, 0.0)
                negative += max(-weight, 0.0)
            place += max(length, 1)
        return positive, negative

    def _match(self, tokens: Sequence[str], place: int) -> tuple[int, float]:
        # The longest phrase wins; a token may match itself and several stems.
        longest = min(_LONGEST_PHRASE, len(tokens) - place)
        known = [self._patterns(token) for token in tokens[place : place + longest]]
        for length in range(longest, 0, -1):
            for pattern in itertools.product(*known[:length]):
                weight = self._lexicon.phrases.get(pattern)
                if weight is not None:
                    return length, weight
        return 0, 0.0

    def _patterns(self, token: str) -> tuple[str, ...]:
        found = self._known.get(token)
        if found is None:
            lexicon = self._lexicon
            stems = (token[:end] for end in range(len(token), 1, -1))
            found = (
                *((token,) if token in lexicon.exact else ()),
                *(f"{stem}*" for stem in stems if stem in lexicon.stems),
            )
            self._known[token] = found
        return found

    def _context(self, tokens: Sequence[str], place: int) -> float:
        factor = 1.0
        for distance in range(1, _NEGATION_REACH + 1):
            before = place - distance
            if before < 0 or tokens[before] in _CLAUSE_ENDS:
                break
            if tokens[before] in self._lexicon.negators:
                return factor * _NEGATION_FACTOR
            if distance <= _DEGREE_REACH:
                factor *= self._lexicon.degrees.get(tokens[before], 1.0)
        return factor


def parse_lexicon(content: bytes) -> Lexicon:
    """Read a word list with the columns term, kind and value.

    Raises
    ------
    DataError
        If a row is malformed or a term occurs twice.
    """
    phrases: dict[tuple[str, ...], float] = {}
    negators: set[str] = set()
    degrees: dict[str, float] = {}
    reader = csv.DictReader(io.StringIO(content.decode("utf-8")))
    for number, row in enumerate(reader, start=2):
        term, kind, value = _checked(row, number)
        words = tuple(term.split())
        if (kind == _POLARITY and words in phrases) or (
            kind == _DEGREE and term in degrees
        ):
            raise DataError(f"{_FILE} line {number}: {term!r} occurs twice")
        if kind == _POLARITY:
            phrases[words] = value
        elif kind == _NEGATOR:
            negators.add(term)
        else:
            degrees[term] = value
    parts = {part for words in phrases for part in words}
    digest = hashlib.sha256(content + _RULES.encode()).hexdigest()
    return Lexicon(
        phrases=phrases,
        exact=frozenset(part for part in parts if not part.endswith("*")),
        stems=frozenset(part[:-1] for part in parts if part.endswith("*")),
        negators=frozenset(negators),
        degrees=degrees,
        content_hash=digest[:16],
    )


def _checked(row: Mapping[str, str | None], number: int) -> tuple[str, str, float]:
    term, kind, value = row.get("term"), row.get("kind"), row.get("value")
    has_kind = kind in {_POLARITY, _NEGATOR, _DEGREE}
    words = (term or "").split()
    if not term or not kind or not has_kind or not 1 <= len(words) <= _LONGEST_PHRASE:
        raise DataError(
            f"{_FILE} line {number}: found {dict(row)}; expected a term of one to "
            f"{_LONGEST_PHRASE} words and a kind polarity, negator or degree"
        )
    try:
        return term, kind, float(value or "")
    except ValueError as error:
        raise DataError(
            f"{_FILE} line {number}: value {value!r} is no number"
        ) from error
