"""FinBERT: a transformer fine-tuned on financial news, from a local or hub model.

Torch and transformers are imported when a model is loaded, not before.

References
----------
Araci (2019), FinBERT: financial sentiment analysis with pre-trained language models.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import ConfigError
from solalpha.sentiment.scorer import FINBERT, Probabilities

MODEL_VARIABLE = "SOLALPHA_FINBERT_MODEL"
DEFAULT_MODEL = "ProsusAI/finbert"
_CLASSES = ("positive", "negative", "neutral")
_BATCH_TEXTS = 32
_MOST_TOKENS = 512
_PROBE = "Bitcoin price rises as profit and demand grow"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    torch: Any
    tokenizer: Any
    model: Any
    device: str
    columns: tuple[int, int, int]
    most_tokens: int
    version: str


class FinbertScorer:
    """Score texts by a sequence classifier with the classes of FinBERT."""

    __slots__ = ("_loaded",)

    def __init__(self, loaded: _Loaded) -> None:
        self._loaded = loaded

    @classmethod
    def load(cls, source: str | None = None) -> FinbertScorer:
        """Load the model of ``source``, else of the environment, else the default.

        Parameters
        ----------
        source
            A directory, or a hub id that was downloaded before: scoring itself never
            opens a connection.

        Raises
        ------
        ConfigError
            If the extra or the weights are missing, the classes are not FinBERT's,
            or the tokenizer knows no English word.
        """
        chosen = source or os.environ.get(MODEL_VARIABLE) or DEFAULT_MODEL
        torch, transformers = _libraries()
        tokenizer, model = _from_pretrained(transformers, chosen)
        model.eval()
        device = _device(torch)
        loaded = _Loaded(
            torch=torch,
            tokenizer=tokenizer,
            model=model.to(device),
            device=device,
            columns=_columns(model.config, chosen),
            most_tokens=_most_tokens(tokenizer, model.config),
            version=_version(tokenizer, model),
        )
        scorer = cls(loaded)
        if bool(scorer.score([_PROBE]).is_abstained[0]):
            raise ConfigError(
                f"the tokenizer of {chosen} turns every word of {_PROBE!r} into its "
                "unknown token; expected a vocabulary that knows English"
            )
        return scorer

    @property
    def name(self) -> str:
        """Return ``finbert``."""
        return FINBERT

    @property
    def version(self) -> str:
        """Return a hash of weights, configuration and vocabulary."""
        return self._loaded.version

    @property
    def device(self) -> str:
        """Return where the model runs: cuda, mps or cpu."""
        return self._loaded.device

    def score(self, texts: Sequence[str]) -> Probabilities:
        """Return the probabilities of each text; abstain where no word is known."""
        found = np.full((len(texts), len(_CLASSES)), np.nan)
        # Texts of like length share a batch, so that little padding is computed.
        order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
        for start in range(0, len(order), _BATCH_TEXTS):
            places = order[start : start + _BATCH_TEXTS]
            found[places] = self._batch([texts[place] for place in places])
        return Probabilities(
            positive=found[:, 0],
            negative=found[:, 1],
            neutral=found[:, 2],
            is_abstained=np.isnan(found[:, 0]),
        )

    def _batch(self, texts: list[str]) -> NDArray[np.float64]:
        loaded = self._loaded
        encoded = loaded.tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=loaded.most_tokens,
            return_tensors="pt",
        ).to(loaded.device)
        with loaded.torch.inference_mode():
            logits = loaded.model(**encoded).logits.double()
            probabilities = loaded.torch.softmax(logits, dim=-1).cpu().numpy()
        ordered = np.asarray(probabilities[:, list(loaded.columns)], dtype=np.float64)
        ordered[~self._knows(encoded["input_ids"].cpu().numpy())] = np.nan
        return ordered

    def _knows(self, token_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        # Special tokens include the unknown one: what is left is a word or part.
        special = np.asarray(self._loaded.tokenizer.all_special_ids)
        return np.asarray((~np.isin(token_ids, special)).any(axis=1), dtype=bool)


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ConfigError(
            f"scorer finbert needs the extra finbert ({error.name} is not installed); "
            "run `pip install 'solalpha[finbert]'` or use the scorer lexicon"
        ) from error
    return torch, transformers


def _from_pretrained(transformers: Any, chosen: str) -> tuple[Any, Any]:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            chosen, local_files_only=True
        )
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            chosen, local_files_only=True
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"no FinBERT model {chosen!r} on this machine ({reason}); fetch it once "
            f"with `hf download {DEFAULT_MODEL}`, or set {MODEL_VARIABLE} to a "
            "directory with weights, config.json and vocabulary"
        ) from error
    return tokenizer, model


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _columns(config: Any, chosen: str) -> tuple[int, int, int]:
    # The order of classes differs between checkpoints; only their names decide.
    named = {str(name).lower(): int(place) for place, name in config.id2label.items()}
    if set(named) != set(_CLASSES):
        raise ConfigError(
            f"{chosen} has the classes {sorted(named)}; expected {sorted(_CLASSES)}"
        )
    return named["positive"], named["negative"], named["neutral"]


def _most_tokens(tokenizer: Any, config: Any) -> int:
    positions = int(getattr(config, "max_position_embeddings", _MOST_TOKENS))
    return min(positions, int(tokenizer.model_max_length), _MOST_TOKENS)


def _version(tokenizer: Any, model: Any) -> str:
    digest = hashlib.sha256()
    config = {
        key: value
        for key, value in sorted(model.config.to_dict().items())
        if key not in {"_name_or_path", "transformers_version"}
    }
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    vocabulary = sorted(tokenizer.get_vocab().items())
    digest.update(json.dumps(vocabulary).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
