from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from solalpha.errors import ConfigError
from solalpha.sentiment import finbert

HAS_EXTRA = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))
needs_extra = [
    pytest.mark.finbert,
    pytest.mark.skipif(not HAS_EXTRA, reason="the extra finbert is not installed"),
]
WORDS = [
    "bitcoin",
    "price",
    "rises",
    "falls",
    "as",
    "profit",
    "and",
    "demand",
    "grow",
    "solana",
    "the",
    "a",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tiny_model(folder: Path, labels: dict[int, str], words: list[str]) -> Path:
    import torch
    import transformers

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *words]) + "\n")
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(SPECIAL) + len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=24,
        num_labels=len(labels),
        id2label=labels,
        label2id={name: place for place, name in labels.items()},
        initializer_range=1.0,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


LABELS = {0: "positive", 1: "negative", 2: "neutral"}


def test_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match="needs the extra finbert") as caught:
        finbert.FinbertScorer.load("anywhere")
    assert "\n" not in str(caught.value)


class TestTinyModel:
    pytestmark = needs_extra

    def test_missing_weights_are_one_clear_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(finbert.MODEL_VARIABLE, str(tmp_path / "none"))
        with pytest.raises(ConfigError, match="no FinBERT model") as caught:
            finbert.FinbertScorer.load()
        assert "\n" not in str(caught.value)
        assert finbert.MODEL_VARIABLE in str(caught.value)

    def test_columns_follow_the_labels_of_the_model(self, tmp_path: Path) -> None:
        first = tiny_model(tmp_path / "first", LABELS, WORDS)
        text = ["solana price rises"]
        wanted = finbert.FinbertScorer.load(str(first)).score(text)
        # The same weights with other names for the classes.
        config = json.loads((first / "config.json").read_text())
        config["id2label"] = {"0": "Neutral", "1": "Positive", "2": "Negative"}
        config["label2id"] = {"Neutral": 0, "Positive": 1, "Negative": 2}
        (first / "config.json").write_text(json.dumps(config))
        found = finbert.FinbertScorer.load(str(first)).score(text)
        assert found.neutral == pytest.approx(wanted.positive)
        assert found.positive == pytest.approx(wanted.negative)
        assert found.negative == pytest.approx(wanted.neutral)
        total = found.positive + found.negative + found.neutral
        assert total == pytest.approx([1.0])

    def test_scores_do_not_depend_on_order_or_batch(self, tmp_path: Path) -> None:
        scorer = finbert.FinbertScorer.load(
            str(tiny_model(tmp_path / "model", LABELS, WORDS))
        )
        texts = [" ".join(WORDS[: 1 + n % 9]) for n in range(80)]
        forward = scorer.score(texts).score()
        backward = scorer.score(texts[::-1]).score()[::-1]
        alone = np.array([scorer.score([text]).score()[0] for text in texts[:9]])
        assert forward == pytest.approx(backward, abs=1e-6)
        assert forward[:9] == pytest.approx(alone, abs=1e-6)
        assert np.ptp(forward) > 0.01

    def test_long_text_is_cut_by_tokens(self, tmp_path: Path) -> None:
        scorer = finbert.FinbertScorer.load(
            str(tiny_model(tmp_path / "model", LABELS, WORDS))
        )
        # 24 positions hold 22 words: what follows changes nothing.
        start = ["price"] * 22
        texts = [" ".join([*start, *["falls"] * n]) for n in (0, 5, 500)]
        found = scorer.score(texts).score()
        assert found[1] == pytest.approx(found[0], abs=1e-6)
        assert found[2] == pytest.approx(found[0], abs=1e-6)

    def test_text_of_unknown_words_is_abstained(self, tmp_path: Path) -> None:
        scorer = finbert.FinbertScorer.load(
            str(tiny_model(tmp_path / "model", LABELS, WORDS))
        )
        found = scorer.score(["zzz qqq", "", "solana zzz"])
        assert found.is_abstained.tolist() == [True, True, False]
        assert np.isnan(found.score()).tolist() == [True, True, False]

    def test_vocabulary_without_english_is_refused(self, tmp_path: Path) -> None:
        folder = tiny_model(
            tmp_path / "model", LABELS, ["zzz"] + [f"q{n}" for n in WORDS]
        )
        with pytest.raises(ConfigError, match="unknown token"):
            finbert.FinbertScorer.load(str(folder))

    def test_other_classes_are_refused(self, tmp_path: Path) -> None:
        labels = {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}
        folder = tiny_model(tmp_path / "model", labels, WORDS)
        with pytest.raises(ConfigError, match="has the classes"):
            finbert.FinbertScorer.load(str(folder))

    def test_version_follows_the_weights(self, tmp_path: Path) -> None:
        import torch
        import transformers

        folder = tiny_model(tmp_path / "model", LABELS, WORDS)
        first = finbert.FinbertScorer.load(str(folder)).version
        assert finbert.FinbertScorer.load(str(folder)).version == first
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
        with torch.no_grad():
            model.classifier.bias += 0.5
        model.save_pretrained(folder)
        assert finbert.FinbertScorer.load(str(folder)).version != first
