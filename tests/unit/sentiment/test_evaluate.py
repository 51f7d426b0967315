from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import f1_score

from solalpha.config import real_data_dir
from solalpha.errors import ConfigError, DataError
from solalpha.sentiment import evaluate as ev
from solalpha.sentiment.scorer import Probabilities, scorer_named


class Fixed:
    """Answer with the numbers that the texts spell."""

    name = "fixed"
    version = "one"

    def score(self, texts: Sequence[str]) -> Probabilities:
        values = np.array([float(text) if text else np.nan for text in texts])
        return Probabilities(
            positive=np.maximum(values, 0),
            negative=np.maximum(-values, 0),
            neutral=1 - np.abs(values),
            is_abstained=np.isnan(values),
        )


def test_hand_worked_agreement() -> None:
    # Classes said: +, -, 0, 0 (abstained); meant: +, -, 0, +.
    human = np.array([0.8, -0.4, 0.05, 0.3])
    found = ev.evaluate(["0.5", "-0.2", "0.1", ""], human, Fixed())
    assert found.accuracy == 0.75
    assert found.majority_rate == 0.5
    assert found.abstained == 1
    # F1: plus 2/3, minus 1, neutral 2/3.
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    machine = np.array([0.5, -0.2, 0.1, 0.0])
    assert found.pearson == pytest.approx(pearsonr(machine, human).statistic)
    assert found.dead_zone == 0.1
    assert found.texts_per_s > 0


def test_macro_f1_agrees_with_the_reference() -> None:
    generator = np.random.default_rng(1)
    meant = generator.integers(-1, 2, 300)
    said = np.where(generator.random(300) < 0.6, meant, generator.integers(-1, 2, 300))
    wanted = f1_score(meant, said, average="macro")
    assert ev.macro_f1(said, meant) == pytest.approx(wanted)


def test_scores_on_the_edge_of_the_dead_zone_are_neutral() -> None:
    found = ev.sign_classes(np.array([0.1, 0.11, -0.1, -0.11, 0.0]))
    assert found.tolist() == [0, 1, 0, -1, 0]


@pytest.mark.parametrize(
    ("texts", "human"), [(["0.1", "0.1"], [0.1, 0.2]), (["0.1"], [0.1])]
)
def test_scores_without_variation_are_refused(
    texts: list[str], human: list[float]
) -> None:
    with pytest.raises(DataError):
        ev.evaluate(texts, np.array(human), Fixed())


def test_file_of_labelled_texts_is_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "labelled.json"
    entries = [
        {"text": "Profit surges to record high", "score": 0.9},
        {"text": "Shares plunge after fraud probe", "score": -0.8},
        {"text": "Annual meeting on Tuesday", "score": 0},
    ]
    path.write_text(json.dumps(entries))
    found = ev.evaluate_file(path, "lexicon")
    assert (found.texts, found.abstained, found.accuracy) == (3, 1, 1.0)
    assert found.pearson > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[]",
        '{"text": "a", "score": 1}',
        '[{"text": "a"}]',
        '[{"text": 3, "score": 0.1}]',
        '[{"text": "a", "score": "0.1"}]',
        '[{"text": "a", "score": true}]',
        '[{"text": "a", "score": 1.5}]',
        '[{"text": "a", "score": NaN}]',
        "[3]",
    ],
)
def test_unfit_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labelled.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"labelled\.json"):
        ev.evaluate_file(path, "lexicon")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; expected"):
        ev.evaluate_file(tmp_path / "none.json", "lexicon")


def test_unknown_scorer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labelled.json"
    path.write_text('[{"text": "a", "score": 0.1}]')
    with pytest.raises(ConfigError, match="is unknown"):
        ev.evaluate_file(path, "oracle")


@pytest.mark.real_data
def test_lexicon_agrees_with_human_scores_of_financial_headlines() -> None:
    folder = real_data_dir()
    if folder is None:
        pytest.skip("SOLALPHA_REAL_DATA is not set")
    path = folder / "sentiment_labelled/fiqa2018/task1_headline_ABSA_train.json"
    entries = json.loads(path.read_text())
    texts = [entry["sentence"] for entry in entries.values()]
    human = [
        np.mean([float(info["sentiment_score"]) for info in entry["info"]])
        for entry in entries.values()
    ]
    found = ev.evaluate(texts, np.array(human), scorer_named("lexicon"))
    assert found.pearson > 0.6
    assert found.accuracy > found.majority_rate
