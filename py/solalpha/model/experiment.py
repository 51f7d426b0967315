"""The two named experiments: how each fits, splits and weighs."""

from __future__ import annotations

from dataclasses import dataclass

from solalpha.config import Parameters
from solalpha.errors import ConfigError

PAPER = "paper"
PERP = "perp"
EXPERIMENTS = (PAPER, PERP)
# Curvature of the logistic loss at even odds: what one unit of weight adds to the sum
# that the libraries compare with their least leaf weight.
_EVEN_ODDS_CURVATURE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold what an experiment fixes of a fit.

    ``min_child_weight`` is in the libraries' unit, the sum of the loss's curvature.
    ``is_scaled`` standardises features on the train rows, ``is_weighted`` uses the
    labels' uniqueness, ``is_walk_forward`` tells the purged walk-forward from one
    chronological split.
    """

    experiment: str
    trees: int
    depth: int
    learning_rate: float
    subsample: float
    column_share: float
    min_child_weight: float
    seed: int
    is_scaled: bool
    is_weighted: bool
    is_walk_forward: bool


def settings_for(experiment: str, parameters: Parameters) -> Settings:
    """Return the settings of a named experiment.

    Raises
    ------
    ConfigError
        If the name is unknown.

    Notes
    -----
    A row's weight is its label's uniqueness, so the least leaf weight of ``perp``
    counts independent labels: bars that look at the same day do not fill a leaf.
    What the paper leaves unsaid keeps the library's defaults: whole rows and
    columns, a least leaf weight of 1, no sample weights.
    """
    if experiment == PERP:
        return Settings(
            experiment=PERP,
            trees=parameters.perp_trees,
            depth=parameters.perp_depth,
            learning_rate=parameters.perp_learning_rate,
            subsample=parameters.perp_subsample,
            column_share=parameters.perp_column_share,
            min_child_weight=parameters.perp_min_child_weight * _EVEN_ODDS_CURVATURE,
            seed=parameters.model_seed,
            is_scaled=False,
            is_weighted=True,
            is_walk_forward=True,
        )
    if experiment == PAPER:
        return Settings(
            experiment=PAPER,
            trees=parameters.paper_trees,
            depth=parameters.paper_depth,
            learning_rate=parameters.paper_learning_rate,
            subsample=1.0,
            column_share=1.0,
            min_child_weight=1.0,
            seed=parameters.model_seed,
            is_scaled=True,
            is_weighted=False,
            is_walk_forward=False,
        )
    raise ConfigError(
        f"experiment {experiment!r} is unknown; expected one of "
        f"{', '.join(EXPERIMENTS)}"
    )
