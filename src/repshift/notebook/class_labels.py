"""Labels that are classes, and how good a classifier is beside them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.networks.classes import Classes, OutputScale, class_probabilities, sum_to_one
from repshift.notebook.domains import DOMAINS, TwoDomains
from repshift.similarity.arrays import array_of
from repshift.statistics.class_scores import CLASS_SCORES, class_score_intervals, class_scores
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

OUTPUT: Final = "class"
"""What the only output of a classifier is called."""


@dataclass(frozen=True)
class ClassLabels:
    """Classes of the maps of both domains.

    Attributes
    ----------
    names
        Of the classes, in the order of the network's outputs; none where they are numbers.
    places
        (n_maps,) of all maps, those in distribution first; -1 of a domain without labels.
    """

    names: tuple[str, ...]
    places: Places

    def scored(self, answers: Values, domains: TwoDomains, *, n_resamples: int, seed: int) -> Values:
        """Return the scores of answers (n_maps, n_classes), and the ends of their intervals: (3, scores, domain, 1).

        Raises
        ------
        InputError
            If the answers fit no such classes.
        """
        probability = self.probabilities(answers)
        found = np.full((3, len(CLASS_SCORES), len(DOMAINS), 1), np.nan)
        for number, name in enumerate(DOMAINS):
            maps = np.flatnonzero((domains.domains == name) & (self.places >= 0))
            if not len(maps):
                continue
            found[0, :, number, 0] = list(asdict(class_scores(self.places[maps], probability[maps])).values())
            if n_resamples:
                how: dict[str, Any] = {"simulations": domains.simulations[maps], "n_resamples": n_resamples}
                ends = class_score_intervals(self.places[maps], probability[maps], seed=seed, **how)
                found[1:, :, number, 0] = ends.low, ends.high
        return found

    def scale_of(self, answers: Values) -> OutputScale:
        """Return what answers (n_maps, n_classes) are: probabilities where all may be such, else logits."""
        return scale_of_answers(answers)

    def probabilities(self, answers: Values, scale: OutputScale | None = None) -> Values:
        """Return the probabilities of the classes (n_maps, n_classes), of answers of a scale; None: as `scale_of`."""
        n_classes, last = max(answers.shape[1], 2), int(self.places.max())
        if not self.names and last >= n_classes:
            raise InputError(
                f"The labels go up to {last}, but the network returns {answers.shape[1]} numbers a map, which are "
                f"of {n_classes} classes, from 0 to {n_classes - 1}. Whole numbers are taken for classes: give other "
                "values as labels.astype(float)."
            )
        names = self.names or tuple(map(str, range(n_classes)))
        return class_probabilities(answers, Classes(names, scale or self.scale_of(answers)))


def classes_of(labels: Any) -> tuple[tuple[str, ...], Places] | None:  # noqa: ANN401 - whatever a user has
    """Return the names of the classes, none where they are numbers, and each map's place among them, -1 where missing.

    None of labels that are no classes. A ``Categorical`` is, and whole numbers (n_maps,), as torch's losses take them;
    so is a table whose only column is either.
    """
    column = labels.iloc[:, 0] if hasattr(labels, "columns") and np.shape(labels)[1] == 1 else labels
    held = getattr(column, "values", column)
    if hasattr(held, "categories") and hasattr(held, "codes"):  # of pandas, which is not imported for it
        return tuple(map(str, held.categories)), np.asarray(held.codes, dtype=np.int64)
    if hasattr(column, "is_floating_point") and (column.is_floating_point() or column.is_complex()):
        return None
    places = array_of(column)
    return ((), places.astype(np.int64)) if places.dtype.kind in "iub" and places.ndim == 1 else None


def class_labels(found: Sequence[tuple[tuple[str, ...], Places] | None], domains: TwoDomains) -> ClassLabels:
    """Return the classes of two domains together, each as of `classes_of`, or None of a domain without labels.

    Raises
    ------
    InputError
        If labels are missing in part, not as many as maps, below 0, of one class, or of other categories in the two
        domains.
    """
    parts = []
    for one, name in zip(found, DOMAINS, strict=True):
        n_maps = int((domains.domains == name).sum())
        if one is not None:
            require_classes(*one, f"labels_{name}", n_maps)
        parts.append(np.full(n_maps, -1) if one is None else one[1])
    given = [one[0] for one in found if one is not None and one[0]]
    if len(set(given)) > 1:
        raise InputError(
            f"labels_in have the categories {given[0]} and labels_out {given[1]}. Expected the same, in one order."
        )
    return ClassLabels(given[0] if given else (), np.concatenate(parts))


def require_classes(names: tuple[str, ...], places: Places, what: str, n_maps: int) -> None:
    """Refuse classes that are not one a map, or one alone; `what` names them in errors."""
    if len(places) != n_maps:
        raise InputError(f"{what} have the shape {places.shape}, but there are {n_maps} maps. Expected ({n_maps},).")
    if (places < 0).any():
        raise InputError(f"{what} name no class at {int((places < 0).sum())} maps. Expected one of each map.")
    if len(np.unique(places)) < 2:
        only = names[places[0]] if names else places[0]
        raise InputError(f"{what} are all of the class '{only}'. Expected two classes or more.")


def scale_of_answers(answers: Values) -> OutputScale:
    """Return what answers (n_maps, n_classes) are: probabilities where all may be such, else logits."""
    return "probabilities" if _are_probabilities(answers) else "logits"


def _are_probabilities(answers: Values) -> bool:
    """Say whether answers are between 0 and 1 and, where there is more than one a map, sum to 1."""
    return sum_to_one(answers) or bool(answers.shape[1] == 1 and ((answers >= 0) & (answers <= 1)).all())
