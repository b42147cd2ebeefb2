"""How good the probabilities of a classifier are, with intervals by simulation."""

from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.areas import mean_auc, mean_over_held, weighted_auc
from repshift.statistics.resampling import (
    Interval,
    bias_covering_interval,
    bootstrap_weights,
    percentile_interval,
    simulation_of,
)

CALIBRATION_BINS: Final = 15
"""Bins of the expected calibration error, as Guo et al. have them."""

Values = npt.NDArray[np.float64]

_KNOWN: Final = 0.95
"""Share of the resamples that must hold two classes or more for an interval of the AUC."""


@dataclass(frozen=True)
class ClassScores:
    r"""Scores of the classes of some maps, all dimensionless.

    The class that is named is the one of largest probability, the first of several. Means over classes are over those
    that at least one of these maps is of: a class that none is of has no recall and no AUC.

    Attributes
    ----------
    accuracy
        Share of maps whose class is named rightly, 0 to 1.
    balanced_accuracy
        Mean over the classes of the share of their maps that are named rightly, 0 to 1.
    macro_f1
        Mean over the classes of F1, 2 TP / (2 TP + FP + FN), 0 to 1.
    auc
        Mean over the classes of the area under the curve of each against the rest, 0 to 1, by chance 0.5; NaN where all
        maps are of one class.
    log_loss
        Mean of -ln p of the true class [nats], 0 or more; p is at least 2.2e-16, as scikit-learn has it, so no map adds
        more than 36.
    brier
        Mean over the maps of the squared differences of p and 1, or 0, summed over the classes (Brier 1950): 0 to 2,
        for two classes twice what others call by this name.
    calibration_error
        Expected calibration error, 0 to 1, over 15 bins of equal width of the largest probability:

        .. math:: \sum_b \frac{n_b}{n} \left| \mathrm{acc}_b - \mathrm{conf}_b \right|

    References
    ----------
    Brier 1950, Monthly Weather Review 78, 1.
    Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 29.
    Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599, equation 3.
    """

    accuracy: float = field(metadata={"long_name": "accuracy"})
    balanced_accuracy: float = field(metadata={"long_name": "balanced accuracy, mean recall of the classes"})
    macro_f1: float = field(metadata={"long_name": "macro F1, mean over the classes"})
    auc: float = field(metadata={"long_name": "AUC of one class against the rest, mean over the classes"})
    log_loss: float = field(metadata={"long_name": "log loss, in nats"})
    brier: float = field(metadata={"long_name": "Brier score, summed over the classes"})
    calibration_error: float = field(metadata={"long_name": "expected calibration error, 15 bins"})


CLASS_SCORES: Final = tuple(one.name for one in fields(ClassScores))
"""What `class_score_intervals` returns intervals of, in its order."""

CLASS_LONG_NAMES: Final = {one.name: str(one.metadata["long_name"]) for one in fields(ClassScores)}
"""What each score is, in words."""


def class_scores(truth: npt.NDArray[np.int64], probability: Values) -> ClassScores:
    """Score the probabilities of the classes.

    Parameters
    ----------
    truth
        (n_maps,): place of the true class.
    probability
        (n_maps, n_classes), in [0, 1]; rows sum to 1.
    """
    # here, for a table reads no more than what scores are called
    from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score

    named, n_classes = probability.argmax(axis=1), probability.shape[1]
    how = {"labels": np.unique(truth), "average": "macro"}
    return ClassScores(
        accuracy=float(accuracy_score(truth, named)),
        balanced_accuracy=float(recall_score(truth, named, **how)),
        macro_f1=float(f1_score(truth, named, **how)),
        auc=mean_auc(truth, probability),
        log_loss=float(log_loss(truth, probability, labels=range(n_classes))),
        brier=float(_brier(truth, probability).mean()),
        calibration_error=float(np.abs(map_miscalibration(truth, probability).sum(axis=0)).sum() / len(truth)),
    )


def map_log_loss(truth: npt.NDArray[np.int64], probability: Values) -> Values:
    """Return -ln p of the true class of each map [nats], (n_maps,); p as in `ClassScores`."""
    smallest = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(probability[np.arange(len(truth)), truth], smallest, 1 - smallest)))


def confusion_matrix(truth: npt.NDArray[np.int64], probability: Values) -> npt.NDArray[np.int64]:
    """Return the maps of each class (rows) by the class that is named (columns), (n_classes, n_classes)."""
    counts = np.zeros((probability.shape[1],) * 2, dtype=np.int64)
    np.add.at(counts, (truth, probability.argmax(axis=1)), 1)
    return counts


def class_score_intervals(
    truth: npt.NDArray[np.int64],
    probability: Values,
    *,
    simulations: npt.ArrayLike,
    n_resamples: int,
    seed: int,
) -> Interval:
    """Return how far the scores of these simulations may be from those of all: bootstrap, by simulation.

    Parameters
    ----------
    truth, probability
        As in `class_scores`.
    simulations
        (n_maps,) labels: maps of one simulation are drawn together.
    n_resamples, seed
        Resamples, and what draws them.

    Returns
    -------
    Ends (7,), in the order of `CLASS_SCORES`. A class that a resample lacks is left out of its means, as a class that
    the maps lack; a resample of one class has no AUC. The interval of the AUC is of those that have one; where more
    than 5 % have none it is NaN.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.

    Notes
    -----
    Noise makes the calibration error, a sum of sizes, larger, so its interval is `bias_covering_interval`, which may
    leave the range of the number; the others are `percentile_interval`. The latter held the truth in 0.93 to 0.97 of
    draws. That of the calibration error did so in 0.90 or more where it is large, but in 0.3 to 0.5 of one map each of
    50 to 750 simulations where the network is perfectly calibrated: there it lies too high.
    """
    index = simulation_of(simulations)
    n = int(index.max()) + 1
    weights = bootstrap_weights(n, n_resamples=n_resamples, seed=seed)
    resampled = weighted_class_scores(truth, probability, simulation=index, weights=weights)
    ends = percentile_interval(resampled, n_simulations=n)
    low, high = ends.low.copy(), ends.high.copy()
    auc, calibration = CLASS_SCORES.index("auc"), CLASS_SCORES.index("calibration_error")
    known = resampled[np.isfinite(resampled[:, auc]), auc]
    found = percentile_interval(known, n_simulations=n) if len(known) >= _KNOWN * n_resamples else None
    low[auc], high[auc] = (np.nan, np.nan) if found is None else (found.low, found.high)
    ones = weighted_class_scores(truth, probability, simulation=index, weights=np.ones((1, n)))
    covering = bias_covering_interval(ones[0, calibration], resampled[:, calibration], n_simulations=n)
    low[calibration], high[calibration] = covering.low, covering.high
    return Interval(low, high)


def weighted_class_scores(
    truth: npt.NDArray[np.int64],
    probability: Values,
    *,
    simulation: npt.NDArray[np.int64],
    weights: Values,
) -> Values:
    """Return the scores of maps that count as often as their simulation does.

    Parameters
    ----------
    truth, probability
        As in `class_scores`.
    simulation
        (n_maps,): number of the simulation of each map.
    weights
        (n_resamples, n_simulations), 0 or more, not all 0.

    Returns
    -------
    (n_resamples, 7), in the order of `CLASS_SCORES`: those of `class_scores` where all weights are 1.
    """
    named, classes = probability.argmax(axis=1), np.arange(probability.shape[1])
    true, chosen = truth[:, None] == classes, named[:, None] == classes
    columns = [true & chosen, true, chosen, map_log_loss(truth, probability)[:, None]]
    columns += [_brier(truth, probability)[:, None], map_miscalibration(truth, probability)]
    summed = _summed(np.hstack(columns), simulation, n_simulations=weights.shape[1])
    parts = np.split(weights @ summed, np.cumsum([part.shape[1] for part in columns])[:-1], axis=1)
    right, of_truth, of_choice, loss, square, gap = parts
    n_maps, held = of_truth.sum(axis=1), of_truth > 0
    return np.stack(
        [
            right.sum(axis=1) / n_maps,
            mean_over_held(right, of_truth, held=held),
            mean_over_held(2 * right, of_truth + of_choice, held=held),
            weighted_auc(truth, probability, simulation=simulation, weights=weights),
            loss[:, 0] / n_maps,
            square[:, 0] / n_maps,
            np.abs(gap).sum(axis=1) / n_maps,
        ],
        axis=1,
    )


def _summed(columns: Values, simulation: npt.NDArray[np.int64], *, n_simulations: int) -> Values:
    """Return the sums of columns (n_maps, columns) over the maps of each simulation, (n_simulations, columns)."""
    found = np.zeros((n_simulations, columns.shape[1]))
    np.add.at(found, simulation, columns)
    return found


def _brier(truth: npt.NDArray[np.int64], probability: Values) -> Values:
    """Return the squared differences of each map, summed over the classes, (n_maps,)."""
    is_true = truth[:, None] == np.arange(probability.shape[1])
    return np.asarray(np.square(probability - is_true).sum(axis=1))


def map_miscalibration(truth: npt.NDArray[np.int64], probability: Values) -> Values:
    """Return, in the bin of each map's largest probability, 1 or 0 as it is right, less it, (n_maps, bins)."""
    confidence = probability.max(axis=1)
    inside = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1)
    gap = (probability.argmax(axis=1) == truth) - confidence
    return np.asarray(gap[:, None] * (inside[:, None] == np.arange(CALIBRATION_BINS)))
