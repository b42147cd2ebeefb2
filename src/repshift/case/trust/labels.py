"""The labels of the maps of a case, and what its network errs on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.case.trust.sample import TrustSample
from repshift.case.truth import truth_of
from repshift.evidence.trust.numbers import Errors, class_errors, parameter_errors


@dataclass(frozen=True)
class LabelFile:
    """Where the labels of a domain are.

    Attributes
    ----------
    path
        The table; None: of parameters, the simulations were opened with it.
    unscored
        Labels that are not the maps' own.
    """

    path: Path | None
    unscored: Sequence[str] = ()


def errors_of(sample: TrustSample, labels: LabelFile) -> Errors:
    """Return what a network errs on maps, NaN of a parameter whose labels are not the maps' own."""
    if sample.outputs.label is not None:
        return class_errors(sample.maps.outputs["probability"], true_places(sample, labels))
    truth = _of_maps(sample, labels)[:, sample.columns]
    return parameter_errors(sample.maps.outputs["mean"], truth)


def true_places(sample: TrustSample, labels: LabelFile) -> npt.NDArray[np.int64]:
    """Return the place of the true class of each map, (n_maps,)."""
    places = {name: place for place, name in enumerate(sample.outputs.names)}
    return np.array([places[str(name)] for name in _of_maps(sample, labels)], dtype=np.int64)


def _of_maps(sample: TrustSample, labels: LabelFile) -> npt.NDArray[Any]:
    """Return the labels of maps: values (n_maps, n_outputs), or names of classes (n_maps,)."""
    of_simulations = truth_of(sample.shown, sample.outputs, labels.path, labels.unscored)
    return np.asarray(of_simulations[sample.positions // sample.shown.maps_per_simulation])
