"""How shift_scores of failure are called and coloured in a figure."""

from typing import Final

FAMILY_COLOURS: Final = {"cka": "#AA3377", "distances": "#4477AA", "answers": "#228833", "input": "#888888"}
FAMILY_WORDS: Final = {
    "cka": "CKA, out minus in",
    "distances": "distances of layers",
    "answers": "answers",
    "input": "raw input",
}

_CHANGES: Final = {
    "mean_rise": "rise of mean",
    "share_rise": "rise of leading share",
    "entropy_fall": "fall of entropy",
    "participation_fall": "fall of participation",
    "skewness_rise": "rise of skewness",
    "distance": "matrix distance",
}
_DISCREPANCIES: Final = {
    "mmd_linear": "linear MMD",
    "mmd_rbf": "RBF MMD",
    "mahalanobis": "Mahalanobis",
    "nearest": "nearest neighbour",
    "auc": "domain classifier",
}
_OTHERS: Final = {
    "sigma_ratio": r"predicted $\sigma$",
    "disagreement": "disagreement of trials",
    "disagreement_in_sigma": r"disagreement over $\sigma$",
    "symmetry_scatter": "scatter under symmetries",
    "symmetry_scatter_in_sigma": r"scatter over $\sigma$",
    "pixel_mean": "pixels: mean",
    "pixel_std": "pixels: standard deviation",
    "pixel_skewness": "pixels: skewness",
    "pixel_kurtosis": "pixels: kurtosis",
    "pixel_spectrum": "pixels: power spectrum",
}


def predictor_label(name: str) -> str:
    """Return a predictor in few words; of one that is not known, its name.

    Examples
    --------
    >>> predictor_label("cka_debiased_mean_rise"), predictor_label("mmd_rbf_last")
    ('debiased CKA: rise of mean', 'RBF MMD, last layer')
    """
    first, _, rest = name.partition("_")
    if first == "cka":
        estimator, _, change = rest.partition("_")
        return f"{estimator} CKA: {_CHANGES[change]}" if change in _CHANGES else name
    if first == "pixel" and rest in _DISCREPANCIES:
        return f"pixels: {_DISCREPANCIES[rest]}"
    measure, _, which = name.rpartition("_")
    if measure in _DISCREPANCIES and which in ("mean", "last"):
        return f"{_DISCREPANCIES[measure]}, {'last layer' if which == 'last' else 'mean'}"
    return _OTHERS.get(name, name)
