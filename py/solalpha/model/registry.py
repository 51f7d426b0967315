"""The registry: one folder per model, and the pointer to each champion.

A model's folder holds the library's native file and ``manifest.json``; nothing is
ever unpickled. The pointer file names the champion of each experiment and coin and
the champions before it, so that a rollback has somewhere to go.
"""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.model import records
from solalpha.model.experiment import EXPERIMENTS
from solalpha.model.files import sha256, sync_folder, write_bytes
from solalpha.model.fitting import FittedModel
from solalpha.model.learner import learner_named
from solalpha.model.manifest import FILE_NAME, Manifest
from solalpha.model.scaling import Scaler

PROMOTE = "promote"
ROLLBACK = "rollback"
_POINTER = "champions.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """Hold a manifest and the model it describes, checked against each other."""

    manifest: Manifest
    model: FittedModel


def register(paths: Paths, manifest: Manifest, content: bytes) -> Path:
    """Store a model so that a reader sees both its files or neither.

    Returns
    -------
    Path
        The model's folder. A model that is stored already with the same bytes only
        gets its manifest replaced.
    """
    target = paths.models / manifest.model_id
    if _holds(target, manifest, content):
        write_bytes(target / FILE_NAME, manifest.to_json())
        return target
    draft = paths.models / f".{uuid.uuid4().hex}"
    write_bytes(draft / manifest.model_file, content)
    write_bytes(draft / FILE_NAME, manifest.to_json())
    if target.exists():
        aside = paths.models / f".{uuid.uuid4().hex}"
        target.rename(aside)
        draft.rename(target)
        shutil.rmtree(aside)
    else:
        draft.rename(target)
    sync_folder(paths.models)
    return target


def load(paths: Paths, model_id: str) -> RegisteredModel:
    """Load a model and check its file against the manifest.

    Raises
    ------
    ConfigError
        If no such model is registered.
    DataError
        If the file is missing, was changed, or holds another feature list.
    """
    manifest = show(paths, model_id)
    path = paths.models / model_id / manifest.model_file
    if path.parent != paths.models / model_id or not path.is_file():
        raise DataError(f"model {model_id} has no file {manifest.model_file!r}")
    content = path.read_bytes()
    if sha256(content) != manifest.model_sha256:
        raise DataError(
            f"{path} has SHA-256 {sha256(content)[:16]}; its manifest says "
            f"{manifest.model_sha256[:16]}: the file was changed or swapped"
        )
    learner = learner_named(manifest.algorithm)
    scaler = None if manifest.scaler is None else Scaler.from_dict(manifest.scaler)
    model = FittedModel(
        ensemble=learner.load(content, manifest.feature_names),
        scaler=scaler,
        feature_names=manifest.feature_names,
        rows=manifest.training_rows,
    )
    return RegisteredModel(manifest=manifest, model=model)


def show(paths: Paths, model_id: str) -> Manifest:
    """Return the manifest of ``model_id``.

    Raises
    ------
    ConfigError
        If no such model is registered.
    """
    path = paths.models / model_id / FILE_NAME
    is_plain = model_id and Path(model_id).name == model_id
    if not is_plain or not path.is_file():
        raise ConfigError(
            f"model {model_id!r} is not registered in {paths.models}; "
            "`solalpha models list` shows those that are"
        )
    manifest = Manifest.from_json(path.read_bytes(), str(path))
    if manifest.model_id != model_id:
        raise DataError(f"{path} describes {manifest.model_id!r}, not {model_id!r}")
    return manifest


def list_models(paths: Paths) -> tuple[Manifest, ...]:
    """Return all manifests, oldest first."""
    if not paths.models.is_dir():
        return ()
    found = [
        show(paths, folder.name)
        for folder in paths.models.iterdir()
        if not folder.name.startswith(".") and (folder / FILE_NAME).is_file()
    ]
    return tuple(sorted(found, key=lambda one: (one.created(), one.model_id)))


def champion_id(paths: Paths, experiment: str, coin: str | None = None) -> str:
    """Return the champion of ``experiment``.

    Parameters
    ----------
    coin
        Whose champion; None where only one coin has one.

    Raises
    ------
    ConfigError
        If there is none or no such experiment, or several coins have one and none
        was named.
    """
    if experiment not in EXPERIMENTS:
        raise ConfigError(
            f"experiment {experiment!r} is unknown; expected one of "
            f"{', '.join(EXPERIMENTS)}"
        )
    pointer = _pointer(paths)
    fitting = [
        names[-1]
        for key, names in sorted(pointer.items())
        if names and (key == _key(experiment, coin) if coin else _of(key, experiment))
    ]
    if len(fitting) != 1:
        raise ConfigError(
            f"{len(fitting)} champions for experiment {experiment!r}"
            f"{f' of {coin}' if coin else ''}; expected one: run `solalpha train "
            f"--experiment {experiment}` or name the coin"
        )
    return fitting[0]


def promote(
    paths: Paths, model_id: str, *, reason: str, created_at: datetime
) -> Manifest:
    """Make ``model_id`` the champion of its experiment and coin, and record it."""
    manifest = load(paths, model_id).manifest
    pointer = _pointer(paths)
    names = pointer.setdefault(_key(manifest.experiment, manifest.coin), [])
    if not names or names[-1] != model_id:
        names.append(model_id)
        _write_pointer(paths, pointer)
        _record(paths, manifest, PROMOTE, reason, created_at)
    return manifest


def rollback(
    paths: Paths, experiment: str, coin: str, *, reason: str, created_at: datetime
) -> Manifest:
    """Return to the champion before the present one, and record it.

    Raises
    ------
    ConfigError
        If there was none before.
    """
    pointer = _pointer(paths)
    names = pointer.get(_key(experiment, coin), [])
    if len(names) < 2:
        raise ConfigError(
            f"experiment {experiment!r} of {coin} had {len(names)} champions; expected "
            "an earlier one to return to"
        )
    manifest = load(paths, names[-2]).manifest
    names.pop()
    _write_pointer(paths, pointer)
    _record(paths, manifest, ROLLBACK, reason, created_at)
    return manifest


def _holds(target: Path, manifest: Manifest, content: bytes) -> bool:
    path = target / manifest.model_file
    return path.is_file() and path.read_bytes() == content


def _key(experiment: str, coin: str) -> str:
    return f"{experiment}/{coin}"


def _of(key: str, experiment: str) -> bool:
    return key.split("/", 1)[0] == experiment


def _pointer(paths: Paths) -> dict[str, list[str]]:
    path = paths.models / _POINTER
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())
        return {str(key): [str(name) for name in found[key]] for key in found}
    except (ValueError, TypeError, LookupError) as error:
        raise DataError(f"{path} is damaged: {error}") from error


def _write_pointer(paths: Paths, pointer: dict[str, list[str]]) -> None:
    content = json.dumps(pointer, indent=2, sort_keys=True) + "\n"
    write_bytes(paths.models / _POINTER, content.encode())


def _record(
    paths: Paths, manifest: Manifest, action: str, reason: str, created_at: datetime
) -> None:
    records.write_promotion(
        paths,
        model_id=manifest.model_id,
        experiment=manifest.experiment,
        action=action,
        reason=reason,
        created_at=created_at,
    )
