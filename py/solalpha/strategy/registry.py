"""The names of policies, and loading a user's own from a file."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from solalpha.errors import ConfigError
from solalpha.strategy.decision import Policy
from solalpha.strategy.policies import paper, perp
from solalpha.strategy.probe import probe

POLICIES: dict[str, Policy] = {"paper": paper, "perp": perp, "probe": probe}


def policy_named(name: str) -> Policy:
    """Return the policy called ``name``, or the function of ``FILE.py:function``.

    A user's function takes ``PolicyInputs`` and ``Parameters`` and returns a
    ``PolicyDecision``; it runs under the same limits as the built-in ones.

    Raises
    ------
    ConfigError
        If no policy has this name, or the file has no such function.
    """
    if name in POLICIES:
        return POLICIES[name]
    path, separator, function = name.rpartition(":")
    if separator and path.endswith(".py"):
        return _loaded(Path(path), function)
    raise ConfigError(
        f"policy {name!r} is unknown; expected one of {', '.join(sorted(POLICIES))} "
        "or FILE.py:function"
    )


def policy_source_id(name: str) -> str:
    """Return what identifies a policy's code: its name, and its file's hash."""
    if name in POLICIES:
        return name
    path = Path(name.rpartition(":")[0])
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise ConfigError(f"policy file {path} cannot be read: {error}") from error
    return f"{name.rpartition(':')[2]}@{digest}"


def experiment_of(policy: str) -> str:
    """Return the experiment whose predictions the policy reads by default."""
    return "paper" if policy == "paper" else "perp"


def _loaded(path: Path, function: str) -> Policy:
    if not path.is_file():
        raise ConfigError(f"policy file {path} does not exist; expected a Python file")
    spec = importlib.util.spec_from_file_location(f"solalpha_policy_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"policy file {path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a user's file may raise anything
        raise ConfigError(f"policy file {path} failed to load: {error}") from error
    found = getattr(module, function, None)
    if not callable(found):
        raise ConfigError(f"policy file {path} has no function {function!r}")
    policy: Policy = found
    return policy
