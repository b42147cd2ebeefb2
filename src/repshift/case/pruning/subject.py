"""A domain made ready for pruning: its maps, which split fits on which, and what is true of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs, outputs_of, posterior, true_classes
from repshift.case.pruning.settings import PruningSettings
from repshift.case.truth import truth_of
from repshift.evidence.pruning.split_scores import Judgement
from repshift.statistics.selection import choose_maps
from repshift.statistics.tuning_splits import tuning_splits
from repshift.storage.simulations import Positions
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PrunedMaps:
    """The maps of a domain.

    Attributes
    ----------
    shown
        The model shown the domain.
    positions
        (n_maps,) in their file, simulation after simulation.
    inputs
        (n_maps, channels, y, x), as the network reads them.
    tuned, judged
        (splits, n_maps): the maps that a split fits on, and those that it judges.
    """

    shown: OpenCase
    positions: Positions
    inputs: npt.NDArray[np.float32]
    tuned: Chosen
    judged: Chosen

    @property
    def simulations(self) -> npt.NDArray[np.int64]:
        """The simulation of each map, (n_maps,)."""
        return np.asarray(self.positions // self.shown.maps_per_simulation)

    @property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Places of a map of each simulation, another of each in turn."""
        n_each = len(self.positions) // len(np.unique(self.simulations))
        n = len(self.positions) // n_each
        return np.arange(n) * n_each + np.arange(n) % n_each


def pruned_maps(shown: OpenCase, settings: PruningSettings) -> PrunedMaps:
    """Choose the maps of a domain, and divide its simulations.

    Raises
    ------
    InputError
        If a split would judge fewer than ten simulations.
    """
    split, each = shown.split(), min(settings.maps_each, shown.maps_per_simulation)
    n = len(split)
    how = {"maps_each": each, "maps_per_simulation": shown.maps_per_simulation}
    positions = choose_maps(split, n_maps=n * each, seed=settings.seed, **how)
    divided = tuning_splits(n, n_tuned=max(n // 2, 1), n_splits=settings.splits, seed=settings.seed)
    of_simulation = np.zeros((len(divided), n), dtype=bool)
    for row, one in zip(of_simulation, divided, strict=True):
        row[one.tuned] = True
    tuned = np.repeat(of_simulation, each, axis=1)
    return PrunedMaps(shown, positions, shown.simulations.standardised(positions, shown.moments), tuned, ~tuned)


@dataclass(frozen=True)
class Truth:
    """What networks are judged against.

    Attributes
    ----------
    names
        Parameters that are scored; of classes the one label.
    columns
        Their places among what the network infers; of classes none.
    outputs
        What the network infers.
    judgement
        True values, and the maps that splits judge.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]
    outputs: Outputs
    judgement: Judgement

    def predictions(self, shown: OpenCase, answers: Values, positions: Positions) -> Values:
        """Return what is scored of a network's outputs, (n_maps, parameters); of classes the place of that named."""
        found = posterior(answers, shown, self.outputs, positions=positions)
        if self.outputs.label is not None:
            return np.asarray(found["probability"].argmax(1)[:, None], dtype=np.float64)
        return found["mean"][:, list(self.columns)]


def truth_of_maps(maps: PrunedMaps, settings: PruningSettings, *, parameters: Path | None) -> Truth:
    """Return what is true of the maps of a domain.

    Raises
    ------
    InputError
        If the domain has no labels of what the network infers: layers are judged by scores.
    """
    shown, outputs = maps.shown, outputs_of(maps.shown)
    if outputs.label is not None and shown.description.classes is not None:
        places = true_classes(shown, shown.description.classes, label=outputs.label, parameters=parameters)
        truth = places[maps.simulations][:, None].astype(np.float64)
        return Truth((outputs.label,), (), outputs, Judgement(truth, maps.simulations, maps.judged, "accuracy"))
    values = truth_of(shown, outputs, parameters, settings.unscored)[maps.simulations]
    known = [name for name, column in zip(outputs.names, values.T, strict=True) if np.isfinite(column).all()]
    names = _scored(settings.outputs, known, outputs.names, shown.domain.name)
    columns = tuple(outputs.names.index(name) for name in names)
    return Truth(names, columns, outputs, Judgement(values[:, list(columns)], maps.simulations, maps.judged, "r2"))


def _scored(asked: Sequence[str], known: Sequence[str], inferred: Sequence[str], domain: str) -> tuple[str, ...]:
    """Return the parameters that are scored."""
    unknown = [name for name in asked if name not in inferred]
    if unknown:
        raise InputError(f"The network does not infer {', '.join(unknown)}. It infers {', '.join(inferred)}.")
    missing = [name for name in asked if name not in known]
    if missing or not known:
        raise InputError(
            f"Domain '{domain}' has no labels of {', '.join(missing or inferred)}, and pruning is judged by scores. "
            "Choose a domain that has them."
        )
    return tuple(asked) or tuple(known[:2])
