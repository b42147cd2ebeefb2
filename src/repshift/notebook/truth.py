"""Labels of maps, and how good the outputs of a network are beside them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.notebook.class_labels import OUTPUT, ClassLabels, class_labels, classes_of, require_classes
from repshift.notebook.domains import DOMAINS, TwoDomains
from repshift.similarity.arrays import is_tensor
from repshift.statistics.class_scores import CLASS_LONG_NAMES
from repshift.statistics.scores import LONG_NAMES, SCORES, score_intervals, scores
from repshift.vocabulary import InputError

Array = npt.NDArray[np.float64]

_OF_DEVIATIONS: Final = "chi2"
"""The score that needs predicted standard deviations."""


@dataclass(frozen=True)
class Labels:
    """Labels of the maps of both domains.

    Attributes
    ----------
    names
        Of the outputs.
    values
        (n_maps, outputs) of all maps, those in distribution first; NaN of a domain without labels.
    """

    names: tuple[str, ...]
    values: Array


def read_labels(labels: Sequence[Any], domains: TwoDomains) -> Labels | ClassLabels | None:
    """Read the labels of two domains; None where neither has any.

    Parameters
    ----------
    labels
        Of each domain: real numbers (n_maps,) or (n_maps, outputs), a ``DataFrame`` whose columns name the outputs,
        classes as `repshift.notebook.class_labels.classes_of` takes them, or None.
    domains
        The maps.

    Raises
    ------
    InputError
        If labels are words, masked, not finite, not as many as maps, or of other outputs in the two domains.
    """
    classes = [None if one is None else classes_of(one) for one in labels]
    has_classes = any(one is not None for one in classes)
    for one, found, name in zip(labels, classes, DOMAINS, strict=True):
        _require_unmasked(one, f"labels_{name}")
        if has_classes and one is not None and found is None:
            raise InputError(f"labels_{name} are no classes, but those of the other domain are. Give both alike.")
    if has_classes:
        return class_labels(classes, domains)
    return _real_labels(labels, domains)


def read_truth(
    labels: Any,  # noqa: ANN401 - whatever a user has
    n_maps: int,
    *,
    what: str = "labels",
) -> Labels | ClassLabels:
    """Read the labels of all maps, as `read_labels` takes those of a domain; errors as there, and name `what`."""
    _require_unmasked(labels, what)
    classes = classes_of(labels)
    if classes is None:
        return Labels(_names(labels), _values(labels, what, n_maps))
    require_classes(*classes, what, n_maps)
    return ClassLabels(*classes)


def _require_unmasked(labels: Any, what: str) -> None:  # noqa: ANN401 - whatever a user has
    if np.ma.is_masked(labels):
        raise InputError(f"{what} are masked in part. Leave out the maps that have no label.")


def _real_labels(labels: Sequence[Any], domains: TwoDomains) -> Labels | None:
    """Read labels that are real numbers."""
    counts = [int((domains.domains == name).sum()) for name in DOMAINS]
    given = [
        None if one is None else (_names(one), _values(one, f"labels_{name}", n_maps))
        for one, name, n_maps in zip(labels, DOMAINS, counts, strict=True)
    ]
    found = [one for one in given if one is not None]
    if not found:
        return None
    if len({one[0] for one in found}) > 1:
        raise InputError(f"labels_in are of {list(found[0][0])} and labels_out of {list(found[1][0])}: give the same.")
    names = found[0][0]
    none = [np.full((n_maps, len(names)), np.nan) for n_maps in counts]
    parts = [empty if one is None else one[1] for one, empty in zip(given, none, strict=True)]
    return Labels(names, np.concatenate(parts))


def with_scores(
    dataset: xr.Dataset,
    labels: Labels | ClassLabels,
    answers: Array,
    domains: TwoDomains,
    *,
    n_resamples: int,
    seed: int,
) -> xr.Dataset:
    """Return a dataset with the scores of the answers, by the functions of the stage scores.

    Parameters
    ----------
    answers
        (n_maps, outputs), or twice as many: means, then standard deviations.
    n_resamples, seed
        Of the bootstrap by simulation; 0 for no intervals.

    Returns
    -------
    With ``score`` (score, domain, output) and, with resamples, ``score_low`` and ``score_high``, the ends of 95 %
    intervals; the index ``score_name`` (score) says which they are. Without standard deviations there is no chi2.

    Raises
    ------
    InputError
        If the answers are of another number of outputs, or not finite.
    """
    if not np.isfinite(answers).all():
        raise InputError("The network returns numbers that are not finite.")
    if isinstance(labels, ClassLabels):
        found = labels.scored(answers, domains, n_resamples=n_resamples, seed=seed)
        words, outputs, units = CLASS_LONG_NAMES, [OUTPUT], "1"
    else:
        found = _scored(labels, answers, domains, n_resamples=n_resamples, seed=seed)
        words, outputs, units = LONG_NAMES, list(labels.names), "1, or as labelled"
    kept = [place for place, name in enumerate(words) if name != _OF_DEVIATIONS or np.isfinite(found[0, place]).any()]
    scored = [list(words)[place] for place in kept]
    about = {"units": units, "long_name": "; ".join(f"{name}: {words[name]}" for name in scored)}
    names = ("score", "score_low", "score_high") if n_resamples else ("score",)
    variables: dict[str, Any] = {
        name: (("score", "domain", "output"), values[kept], about) for name, values in zip(names, found, strict=False)
    }
    coords: dict[str, Any] = {"score_name": ("score", scored), "output": outputs}
    return dataset.assign(variables).assign_coords(coords).set_xindex("score_name")


def _scored(labels: Labels, answers: Array, domains: TwoDomains, *, n_resamples: int, seed: int) -> Array:
    """Return the scores of both domains and the ends of their intervals, (3, scores, domain, output)."""
    mean, std = posterior_of(answers, labels)
    found = np.full((3, len(SCORES), len(DOMAINS), len(labels.names)), np.nan)
    for place, name in enumerate(DOMAINS):
        maps = np.flatnonzero(domains.domains == name)
        if not np.isnan(labels.values[maps]).all():
            parts = [one[maps].T for one in (labels.values, mean, std)]
            found[:, :, place] = _of_domain(parts, domains.simulations[maps], n_resamples, seed)
    return found


def _of_domain(parts: Sequence[Array], simulations: npt.NDArray[np.str_], n_resamples: int, seed: int) -> Array:
    """Return the scores of one domain and the ends of their intervals, NaN without resamples, (3, scores, outputs).

    `parts` are truth, means and standard deviations, (outputs, n_maps) each.
    """
    found = np.full((3, len(SCORES), len(parts[0])), np.nan)
    for output, values in enumerate(zip(*parts, strict=True)):
        found[0, :, output] = list(asdict(scores(*values)).values())
        if n_resamples:
            ends = score_intervals(*values, simulations=simulations, n_resamples=n_resamples, seed=seed)
            found[1:, :, output] = ends.low, ends.high
    return found


def _names(labels: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever a user has
    """Return the names of the outputs: of columns, or their numbers."""
    if hasattr(labels, "columns"):
        return tuple(str(name) for name in labels.columns)
    shape = np.shape(labels)
    return tuple(str(number) for number in range(shape[1] if len(shape) > 1 else 1))


def _values(labels: Any, what: str, n_maps: int) -> Array:  # noqa: ANN401 - whatever a user has
    """Return labels, (n_maps, outputs), which errors call `what`."""
    values = _array(labels)
    if values.dtype.kind != "f":
        raise InputError(
            f"{what} are of type '{values.dtype}' and shape {values.shape}. Expected real numbers; of classes "
            "their places among the outputs, whole numbers (n,), or a pandas.Categorical in the order of the outputs."
        )
    if values.ndim not in (1, 2) or len(values) != n_maps:
        raise InputError(
            f"{what} have the shape {values.shape}, but there are {n_maps} maps: ({n_maps},) or ({n_maps}, "
            "outputs) was expected."
        )
    if not np.isfinite(values).all():
        raise InputError(f"{what} hold {int((~np.isfinite(values)).sum())} values that are not finite.")
    return values.reshape(n_maps, -1).astype(np.float64)


def _array(labels: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever a user has
    """Return labels as an array: numpy has no bfloat16."""
    if not is_tensor(labels):
        return np.asarray(labels)
    held = labels.detach().cpu()
    return np.asarray((held.double() if held.is_floating_point() else held).numpy())


def posterior_of(answers: Array, labels: Labels) -> tuple[Array, Array]:
    """Return means and standard deviations (n_maps, outputs) each; the latter NaN where the network gives none."""
    n_outputs, n_labels = answers.shape[1], len(labels.names)
    if n_outputs not in (n_labels, 2 * n_labels):
        raise InputError(
            f"The network returns {n_outputs} numbers a map, and the labels are of {n_labels} outputs: as many "
            "were expected, or twice as many, means and then standard deviations."
        )
    std = answers[:, n_labels:]
    return answers[:, :n_labels], std if std.size else np.full((len(answers), n_labels), np.nan)
