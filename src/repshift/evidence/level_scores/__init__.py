"""Every level score by its name: what can be seen, without labels, of maps perturbed along an axis.

Each module of this package declares some, beside their functions. A score is of perturbed maps of half the simulations
beside unperturbed maps of the other half, one map of each simulation: no map ever meets its own simulation.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from repshift.declarations import declared, require
from repshift.evidence.level_scores.score import Halves, LevelPair, LevelScore, Rows, Values
from repshift.evidence.shift_scores.score import FAMILIES
from repshift.similarity.discrepancy import FEWEST_OF_DOMAIN
from repshift.vocabulary import InputError


def _scores() -> dict[str, LevelScore]:
    found = declared(LevelScore, package=__name__, path=__path__).values()
    return {one.name: one for family in FAMILIES for one in found if one.family == family}


LEVEL_SCORES: Final[dict[str, LevelScore]] = _scores()
"""All level scores, family by family."""

DEFAULT_SCORES: Final = (
    "cka_debiased_mean_rise",
    "cka_debiased_distance",
    "mmd_linear_last",
    "nearest_last",
    "pixel_std",
    "pixel_spectrum",
    "sigma_ratio",
    "entropy_rise",
    "confidence_fall",
)
"""Those that cost little; one that a network has not what it needs for is left out."""


def level_score(name: str) -> LevelScore:
    """Return the level score called `name`.

    Raises
    ------
    InputError
        If there is none.
    """
    return require(name, LEVEL_SCORES, what="level score")


def divisions(n_shown: int, n_own: int, *, n_halves: int, seed: int) -> tuple[Rows, Rows]:
    """Return random halves of the simulations of a case, and halves of those of the own domain that stand beside them.

    Parameters
    ----------
    n_shown, n_own
        Simulations of either. Where they are as many, the halves have no number in common: they may be the same ones.
    n_halves, seed
        Divisions, and what draws them.

    Returns
    -------
    Rows (n_halves, n) of either, n being half the fewer, sorted.

    Raises
    ------
    InputError
        If a half would have fewer than four simulations.
    """
    n = min(n_shown, n_own) // 2
    if n < FEWEST_OF_DOMAIN:
        raise InputError(
            f"{min(n_shown, n_own)} simulations do not make two halves: a half needs {FEWEST_OF_DOMAIN} or more, so "
            f"{2 * FEWEST_OF_DOMAIN} are needed."
        )
    rng = np.random.default_rng(seed)
    drawn = [(rng.permutation(n_shown), rng.permutation(n_own)) for _ in range(n_halves)]
    same = n_shown == n_own
    shown = np.array([np.sort(one[:n]) for one, _ in drawn]).reshape(n_halves, n)
    own = np.array([np.sort(one[n : 2 * n] if same else other[:n]) for one, other in drawn]).reshape(n_halves, n)
    return shown, own


def values_of_level(pair: LevelPair, halves: Halves, names: Sequence[str]) -> dict[str, Values]:
    """Return scores of a level by name, (divisions,) or (divisions, outputs) each.

    Those that the pair has not what they need for are left out. NaN where halves have none, as where a layer is
    constant over one.

    Raises
    ------
    InputError
        If a name is unknown.
    """
    has = pair.has()
    wanted = [one for one in map(level_score, names) if one.needs <= has]
    return {one.name: _all_or_each(one, pair, halves) for one in wanted}


def _all_or_each(score: LevelScore, pair: LevelPair, halves: Halves) -> Values:
    """Return a score of all divisions at once; where one has none, of each alone."""
    try:
        return score.function(pair, halves)
    except InputError:
        how = (halves.n_components, halves.n_folds, halves.seed)
        each = [Halves(halves.shown[[at]], halves.own[[at]], *how) for at in range(len(halves.shown))]
        return np.concatenate([_or_nan(score, pair, one) for one in each])


def _or_nan(score: LevelScore, pair: LevelPair, halves: Halves) -> Values:
    try:
        return score.function(pair, halves)
    except InputError:
        return np.full(1, np.nan)
