"""How shift scores are called and coloured in a figure."""

from typing import Final

from repshift.evidence.shift_scores import shift_score
from repshift.evidence.shift_scores.score import Family

FAMILY_COLOURS: Final[dict[Family, str]] = {
    "cka": "#AA3377",
    "distances": "#4477AA",
    "outputs": "#228833",
    "input": "#888888",
}
FAMILY_WORDS: Final[dict[Family, str]] = {
    "cka": "CKA, out minus in",
    "distances": "distances of layers",
    "outputs": "outputs",
    "input": "raw input",
}


def predictor_label(name: str) -> str:
    """Return a shift score in few words.

    Raises
    ------
    InputError
        If no shift score has that name.

    Examples
    --------
    >>> predictor_label("cka_debiased_mean_rise"), predictor_label("mmd_rbf_last")
    ('debiased CKA: rise of mean', 'RBF MMD, last layer')
    """
    return shift_score(name).label
