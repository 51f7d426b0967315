"""Parameters and paths: the same numbers that the SQL reads, and where files live.

Every number that moves a result is a flat variable of ``dbt_project.yml``.
This module reads that block into a frozen ``Parameters`` and refuses names that
are missing, unknown or of another type, because dbt itself ignores a mistyped
name in silence. Paths and secrets come from the environment only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from solalpha.errors import ConfigError
from solalpha.parameters import Parameters

__all__ = [
    "Parameters",
    "Paths",
    "load_parameters",
    "load_paths",
    "profiles_dir",
    "project_dir",
    "real_data_dir",
]

DATA_DIR_VARIABLE = "SOLALPHA_DATA_DIR"
PROJECT_DIR_VARIABLE = "SOLALPHA_PROJECT_DIR"
REAL_DATA_VARIABLE = "SOLALPHA_REAL_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Name every directory under the data directory; each file has one writer."""

    data_dir: Path

    @property
    def raw(self) -> Path:
        """Raw tables (written by the raw room)."""
        return self.data_dir / "raw"

    @property
    def scores(self) -> Path:
        """Sentiment scores (written by the sentiment room)."""
        return self.data_dir / "scores"

    @property
    def results(self) -> Path:
        """Predictions, backtests, ledger exports: one parquet file per run or day."""
        return self.data_dir / "results"

    @property
    def warehouse(self) -> Path:
        """Working database, published versions and the link to the current one."""
        return self.data_dir / "warehouse"

    @property
    def models(self) -> Path:
        """Model registry (written by the model room)."""
        return self.data_dir / "models"

    @property
    def ledger(self) -> Path:
        """Order ledger and paper exchange store (SQLite)."""
        return self.data_dir / "ledger"

    @property
    def reports(self) -> Path:
        """HTML reports."""
        return self.data_dir / "reports"

    @property
    def logs(self) -> Path:
        """JSON-lines log per run, dbt's own logs."""
        return self.data_dir / "logs"

    @property
    def truth(self) -> Path:
        """True probabilities of a simulated market; no model ever reads them."""
        return self.data_dir / "truth"


def load_paths(data_dir: Path | str | None = None) -> Paths:
    """Return the paths under ``data_dir``, else the environment's, else ``./data``."""
    chosen = data_dir or os.environ.get(DATA_DIR_VARIABLE) or "data"
    return Paths(data_dir=Path(chosen).expanduser().resolve())


def project_dir() -> Path:
    """Return the dbt project: the environment's, the checkout's, else the wheel's.

    Raises
    ------
    ConfigError
        If none of them holds a ``dbt_project.yml``.
    """
    here = Path(__file__).resolve()
    candidates = [here.parents[2] / "dbt_project", here.parent / "_project/dbt_project"]
    if named := os.environ.get(PROJECT_DIR_VARIABLE):
        candidates = [Path(named).expanduser().resolve()]
    for candidate in candidates:
        if (candidate / "dbt_project.yml").is_file():
            return candidate
    raise ConfigError(
        f"no dbt_project.yml in {', '.join(map(str, candidates))}; set "
        f"{PROJECT_DIR_VARIABLE} to the dbt project's directory"
    )


def profiles_dir() -> Path:
    """Return the directory that holds ``profiles.yml``, beside the dbt project."""
    return project_dir().parent


def real_data_dir() -> Path | None:
    """Return the directory of real market data, or None where it is absent."""
    named = os.environ.get(REAL_DATA_VARIABLE)
    return Path(named) if named and Path(named).is_dir() else None


def load_parameters(
    overrides: Mapping[str, str] | None = None, project: Path | None = None
) -> Parameters:
    """Read the dbt variables into ``Parameters`` and apply ``overrides``.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a name is missing, unknown or ill-typed.
    """
    path = (project or project_dir()) / "dbt_project.yml"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from error
    found = document.get("vars") if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise ConfigError(f"{path} has no flat 'vars:' block; expected one")
    return Parameters.from_block(found, path).override(overrides or {})
