"""Labels that are classes, and how good a classifier is beside them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.networks.classes import SUM_TOLERANCE, Answers, Classes, class_probabilities
from repshift.notebook.domains import DOMAINS, TwoDomains
from repshift.statistics.class_scores import CLASS_SCORES, class_score_intervals, class_scores
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

OUTPUT: Final = "class"
"""What the only output of a classifier is called."""


@dataclass(frozen=True)
class ClassLabels:
    """Classes of the maps of both domains.

    Attributes
    ----------
    classes
        Their names, in the order of the network's outputs.
    places
        (n_maps,) of all maps, those in distribution first; -1 of a domain without labels.
    """

    classes: tuple[str, ...]
    places: npt.NDArray[np.int64]

    def scored(self, answers: Values, domains: TwoDomains, *, n_resamples: int, seed: int) -> Values:
        """Return the scores of answers (n_maps, n_classes), and the ends of their intervals: (3, scores, domain, 1).

        Raises
        ------
        InputError
            If the answers fit no such classes, or are not finite, or all maps of a domain are of one class.
        """
        probability = _probabilities(answers, self.classes)
        found = np.full((3, len(CLASS_SCORES), len(DOMAINS), 1), np.nan)
        for number, name in enumerate(DOMAINS):
            maps = np.flatnonzero(domains.domains == name)
            places = self.places[maps]
            if (places < 0).all():
                continue
            if len(np.unique(places)) < 2:
                raise InputError(
                    f"labels_{name} are all of the class '{self.classes[places[0]]}'. Expected two classes or more."
                )
            found[0, :, number, 0] = list(asdict(class_scores(places, probability[maps])).values())
            if n_resamples:
                how: dict[str, Any] = {"n_resamples": n_resamples, "seed": seed}
                ends = class_score_intervals(places, probability[maps], simulations=domains.simulations[maps], **how)
                found[1:, :, number, 0] = ends.low, ends.high
        return found


def are_classes(labels: Any) -> bool:  # noqa: ANN401 - whatever a user has
    """Say whether labels are classes: a ``Categorical``, or whole numbers (n_maps,), as torch's losses take them."""
    return _categorical(labels) is not None or (_kind(labels) in "iub" and np.ndim(labels) == 1)


def read_classes(labels: Sequence[Any], domains: TwoDomains) -> ClassLabels:
    """Read classes of two domains, of which one may be None.

    Parameters
    ----------
    labels
        Of each domain (n_maps,): the places of the classes among the network's outputs, from 0, or a pandas
        ``Categorical`` whose categories are in the order of the outputs.
    domains
        The maps.

    Raises
    ------
    InputError
        If labels are missing in part, not as many as maps, below 0, or of other categories in the two domains.
    """
    counts = [int((domains.domains == name).sum()) for name in DOMAINS]
    found = [
        None if one is None else _read(one, name, n_maps)
        for one, name, n_maps in zip(labels, DOMAINS, counts, strict=True)
    ]
    names = {one[0] for one in found if one is not None and one[0]}
    if len(names) > 1:
        raise InputError(f"labels_in have the categories {found[0][0]} and labels_out {found[1][0]}: give the same.")  # type: ignore[index]
    parts = [np.full(n_maps, -1) if one is None else one[1] for one, n_maps in zip(found, counts, strict=True)]
    places = np.concatenate(parts).astype(np.int64)
    return ClassLabels(names.pop() if names else tuple(map(str, range(int(places.max()) + 1))), places)


def _read(labels: Any, name: str, n_maps: int) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:  # noqa: ANN401
    """Return the names of the classes, none where they are numbers, and the place of each map's."""
    categorical = _categorical(labels)
    given = labels if categorical is None else categorical.codes
    places = np.asarray(given.cpu() if hasattr(given, "cpu") else given).astype(np.int64)
    if places.shape != (n_maps,):
        raise InputError(f"labels_{name} have the shape {places.shape}, but there are {n_maps} maps: ({n_maps},).")
    if (places < 0).any():
        raise InputError(f"labels_{name} name no class at {int((places < 0).sum())} maps. Expected one of each map.")
    return (() if categorical is None else tuple(map(str, categorical.categories))), places


def _categorical(labels: Any) -> Any:  # noqa: ANN401 - pandas is not imported for it
    """Return labels as a Categorical of pandas; None of others."""
    held = getattr(labels, "values", labels)
    return held if hasattr(held, "categories") and hasattr(held, "codes") else None


def _kind(labels: Any) -> str:  # noqa: ANN401
    dtype: Any = getattr(labels, "dtype", None)
    if hasattr(dtype, "is_floating_point"):  # of torch
        return "f" if dtype.is_floating_point else "i"
    return np.asarray(labels).dtype.kind


def _probabilities(answers: Values, names: tuple[str, ...]) -> Values:
    """Return the probabilities of the classes; answers that are no probabilities are logits."""
    if not np.isfinite(answers).all():
        raise InputError("The network answers with numbers that are not finite.")
    n_classes = max(answers.shape[1], 2)
    names = (*names, *map(str, range(len(names), n_classes))) if names == tuple(map(str, range(len(names)))) else names
    are_shares = (answers >= 0).all() and (np.abs(answers.sum(axis=1) - 1) <= SUM_TOLERANCE).all()
    kind: Answers = "probabilities" if are_shares and answers.shape[1] > 1 else "logits"
    try:
        return class_probabilities(answers, Classes(names, kind))
    except InputError as error:
        raise InputError(
            f"{error} Labels that are whole numbers are taken for classes: give other values as labels.astype(float)."
        ) from error
