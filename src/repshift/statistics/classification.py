"""How well a classifier tells the domain of a map."""

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import FOLDS, InputError


def domain_auc(
    features: npt.NDArray[np.float64],
    *,
    out_of_distribution: npt.ArrayLike,
    simulations: npt.ArrayLike,
    n_folds: int = FOLDS,
    seed: int,
) -> float:
    """Return the area under the curve (AUC) of a logistic regression that tells two domains apart.

    Parameters
    ----------
    features
        (n_maps, n_features): a few, such as principal scores.
    out_of_distribution
        (n_maps,) bool: the domain of each map.
    simulations
        (n_maps,) labels: no simulation is in the training and the test part at once.
    n_folds
        Parts of the cross-validation, at least 2.
    seed
        Draws them.

    Returns
    -------
    The mean over the folds: 0.5 where the domains cannot be distinguished (it scatters around), 1 where they can.

    Raises
    ------
    InputError
        If labels do not fit the features, or a fold would lack maps of one domain.

    Notes
    -----
    Features are standardised by the training part, weights are penalised by half their sum of squares. A mean over
    folds, for scores of two regressions do not compare.
    """
    if features.ndim != 2:
        raise InputError(f"Features are of the shape (n_maps, n_features); found {features.shape}.")
    labels = {"out_of_distribution": out_of_distribution, "simulations": simulations}
    return float(domain_aucs(features[None], **labels, n_folds=n_folds, seed=seed)[0])


def domain_aucs(
    features: npt.NDArray[np.float64],
    *,
    out_of_distribution: npt.ArrayLike,
    simulations: npt.ArrayLike,
    n_folds: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return `domain_auc` of each layer (layers, n_maps, n_features), all in the same folds, which are drawn once."""
    # here, for a figure reads no more than what scores are called
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    outside, groups = np.asarray(out_of_distribution, dtype=bool), np.asarray(simulations)
    if not outside.shape == groups.shape == features.shape[1:2]:
        shape = features.shape[1:]
        raise InputError(f"Domains {outside.shape}, simulations {groups.shape} do not label features {shape}.")
    counts = [len(np.unique(groups[outside == domain])) for domain in (False, True)]
    if not 2 <= n_folds <= min(counts):
        raise InputError(
            f"{n_folds} folds of {counts[0]} simulations in distribution and {counts[1]} out of it: expected 2 "
            "folds or more, and no more than simulations of either domain."
        )
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed % 2**32)  # all that scikit-learn takes
    areas = []
    for known, shown in folds.split(groups, outside, groups):
        if len(np.unique(outside[shown])) < 2 or len(np.unique(outside[known])) < 2:
            raise InputError(f"A fold of {n_folds} has maps of one domain only. Use fewer folds, or more simulations.")
        of_fold = []
        for one in features:
            classifier = make_pipeline(StandardScaler(), LogisticRegression())
            classifier.fit(one[known], outside[known])
            of_fold.append(roc_auc_score(outside[shown], classifier.decision_function(one[shown])))
        areas.append(of_fold)
    return np.array([np.mean(of_layer) for of_layer in zip(*areas, strict=True)])
