from __future__ import annotations

import numpy as np
import pytest

from solalpha.errors import DataError
from solalpha.sentiment.lexicon import LexiconScorer, parse_lexicon

SMALL = b"""term,kind,value
rise*,polarity,1.0
fall,polarity,-1.0
fall in losses,polarity,2.0
good,polarity,0.5
interest rate*,polarity,0.0
not,negator,1
very,degree,2.0
"""


@pytest.fixture
def small() -> LexiconScorer:
    return LexiconScorer(parse_lexicon(SMALL))


@pytest.fixture(scope="module")
def shipped() -> LexiconScorer:
    return LexiconScorer.load()


def one(scorer: LexiconScorer, text: str) -> float:
    return float(scorer.score([text]).score()[0])


@pytest.mark.parametrize(
    ("text", "score"),
    [
        # Evidence p and n give (p - n) / (p + n + 1).
        ("Prices rise", 1 / 2),
        ("Prices rises and fall", 0.0),
        ("Very good day", 1.0 / 2.0),
        ("Not good", -0.3 / 1.3),
        ("Not rising, prices rise", 1 / 2),
        ("A fall in losses", 2 / 3),
        ("Prices rise as interest rates hold", 1 / 2),
        ("Not so, good", 0.5 / 1.5),
        ("RISE!", 1 / 2),
    ],
)
def test_hand_worked_scores(small: LexiconScorer, text: str, score: float) -> None:
    assert one(small, text) == pytest.approx(score)


def test_probabilities_sum_to_one(small: LexiconScorer) -> None:
    found = small.score(["Prices rise and fall", "very good", "fall"])
    total = found.positive + found.negative + found.neutral
    assert total == pytest.approx(np.ones(3))
    assert found.neutral[2] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "text", ["", "   ", "The of and", "日本語", "$SOL http://rise.io"]
)
def test_unknown_text_is_abstained(small: LexiconScorer, text: str) -> None:
    found = small.score([text])
    assert found.is_abstained.tolist() == [True]
    assert np.isnan(found.score()).all()


def test_no_texts_give_no_scores(small: LexiconScorer) -> None:
    assert small.score([]).positive.shape == (0,)


def test_score_does_not_depend_on_the_other_texts(shipped: LexiconScorer) -> None:
    texts = ["Solana network halted after outage", "SOL rallies to record high", "x"]
    together = shipped.score(texts).score()
    alone = [one(LexiconScorer.load(), text) for text in texts]
    assert together.tolist()[:2] == alone[:2]


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Solana surges 12% as spot ETF approved", 1),
        ("SOL hits record high after strong inflows", 1),
        ("Court dismisses lawsuit against exchange", 1),
        ("Company cuts losses and returns to profit", 1),
        ("Hackers drain $100 million in bridge exploit", -1),
        ("Solana network outage halts withdrawals", -1),
        ("SEC sues exchange over unregistered tokens", -1),
        ("Bitcoin plunges below support as longs liquidated", -1),
        ("Profit warning: sales fall short of expectations", -1),
        ("Demand is not strong", -1),
    ],
)
def test_shipped_list_knows_the_plain_cases(
    shipped: LexiconScorer, text: str, sign: int
) -> None:
    assert np.sign(one(shipped, text)) == sign


def test_version_is_stable_and_follows_the_list(shipped: LexiconScorer) -> None:
    assert shipped.version == LexiconScorer.load().version
    assert len(shipped.version) == 16
    changed = SMALL.replace(b"good,polarity,0.5", b"good,polarity,0.6")
    assert parse_lexicon(SMALL).content_hash != parse_lexicon(changed).content_hash


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"rise*,polarity,0.3\n", "occurs twice"),
        (b"new,colour,1\n", "expected a term"),
        (b"one two three four,polarity,1\n", "expected a term"),
        (b"new,polarity,much\n", "is no number"),
        (b",polarity,1\n", "expected a term"),
    ],
)
def test_malformed_list_is_refused(row: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_lexicon(SMALL + row)
