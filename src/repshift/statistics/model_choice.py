"""Choosing among networks by a number that needs no labels: what the choice costs against the best of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.statistics.ranks import spearman
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """The network that a number chooses for one target.

    Attributes
    ----------
    target
        Place of the target.
    chosen, best
        Places of the network chosen, and of that of least error.
    n_models
        Networks that there were to choose from.
    regret
        Error of the network chosen less the least error, 0 or more.
    regret_at_random
        The same of a network drawn at random: its expectation.
    regret_of_always_one
        The same of the network whose mean error on the other targets is least: no number of the target is used.
    """

    target: int
    chosen: int
    best: int
    n_models: int
    regret: float
    regret_at_random: float
    regret_of_always_one: float


def choices(score: Values, error: Values, *, suites: npt.ArrayLike) -> list[Choice]:
    r"""Choose a network for each target, by what the targets of all other suites say of the number.

    Parameters
    ----------
    score
        (n_targets, n_models): the number, known without labels; NaN where a network is no candidate.
    error
        (n_targets, n_models): error of each network on each target, 0 or more; NaN where it is no candidate.
    suites
        (n_targets,): suite that each target's maps are of; all targets of a suite are left out together.

    Returns
    -------
    One choice a target that has two candidates or more, where targets of other suites have as many; else none of it.

    Raises
    ------
    InputError
        If shapes differ.

    Notes
    -----
    Whether a small or a large number is chosen is learned: by the sign of the mean, over the targets of all other
    suites, of the rank correlation of number and error within a target. A mean of 0 says nothing, and chooses none.
    Of networks that tie, the first is chosen. With errors e of the candidates m of a target and the one chosen c, the
    regret is

    .. math:: e_c - \min_m e_m.
    """
    labels = np.asarray(suites)
    if score.shape != error.shape or len(labels) != len(score):
        raise InputError(
            f"Numbers, errors and suites disagree: {score.shape}, {error.shape} and {labels.shape}. Expected "
            "(n_targets, n_models) of both, and (n_targets,)."
        )
    known = np.isfinite(score) & np.isfinite(error)
    correlations = np.array([_correlation(*each) for each in zip(score, error, known, strict=True)], dtype=np.float64)
    found = []
    for target in np.flatnonzero(known.sum(axis=1) > 1):
        learned = (labels != labels[target]) & np.isfinite(correlations)
        direction = np.sign(correlations[learned].mean()) if learned.any() else 0.0
        if direction:
            always = _always_one(np.where(known, error, np.nan)[learned], among=known[target])
            found.append(_choice(int(target), direction * score[target], error[target], known[target], always))
    return found


def _correlation(score: Values, error: Values, known: npt.NDArray[np.bool_]) -> float:
    """Return the rank correlation within a target; NaN of fewer than two candidates, or of equal ones."""
    return float(spearman(score[known], error[known])) if known.sum() > 1 else np.nan


def _always_one(errors: Values, *, among: npt.NDArray[np.bool_]) -> int | None:
    """Return the candidate whose mean error is least over the targets where it was one; None where none was.

    The errors of a target count from their mean over its candidates, for some targets are harder than others.
    """
    centred = errors - np.nanmean(errors, axis=1, keepdims=True)
    counted = np.isfinite(centred).sum(axis=0)
    means = np.where((counted > 0) & among, np.nansum(centred, axis=0) / np.maximum(counted, 1), np.inf)
    return int(means.argmin()) if np.isfinite(means).any() else None


def _choice(target: int, ascending: Values, error: Values, known: npt.NDArray[np.bool_], always: int | None) -> Choice:
    chosen = int(np.where(known, ascending, np.inf).argmin())
    best = int(np.where(known, error, np.inf).argmin())
    return Choice(
        target=target,
        chosen=chosen,
        best=best,
        n_models=int(known.sum()),
        regret=float(error[chosen] - error[best]),
        regret_at_random=float(error[known].mean() - error[best]),
        regret_of_always_one=np.nan if always is None else float(error[always] - error[best]),
    )
