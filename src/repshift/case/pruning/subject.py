"""A domain made ready for pruning: its maps, which split fits on which, and what is true of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.adaptation.sample import Sample
from repshift.case.domain_maps import DomainMaps, KnownLabels, domain_maps
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs, outputs_of, posterior
from repshift.case.pruning.settings import JudgingSettings
from repshift.evidence.map_scores import ACCURACY, R2
from repshift.evidence.pruning.split_scores import Judgement
from repshift.statistics.resampling import FEWEST_SIMULATIONS
from repshift.statistics.tuning_splits import TuningSplit, tuning_splits
from repshift.storage.simulations import Positions
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PrunedMaps:
    """The maps of a domain, simulation after simulation, and which split fits on which.

    Attributes
    ----------
    domain
        Maps and labels of each simulation.
    splits
        Simulations that fit, and those that judge.
    """

    domain: DomainMaps
    splits: Sequence[TuningSplit]

    @property
    def shown(self) -> OpenCase:
        """The model shown the domain."""
        return self.domain.shown

    @property
    def maps_each(self) -> int:
        """Maps of each simulation."""
        return int(self.domain.positions.shape[1])

    @property
    def positions(self) -> Positions:
        """Where the maps are in their file, (n_maps,)."""
        return self.domain.positions.ravel()

    @property
    def inputs(self) -> Tensor:
        """(n_maps, channels, y, x), as the network reads them, on its device."""
        return self.domain.maps.flatten(0, 1)

    @property
    def simulations(self) -> npt.NDArray[np.int64]:
        """The simulation of each map, (n_maps,), by its place."""
        return np.repeat(np.arange(self.domain.n_simulations), self.maps_each)

    @property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Places of a map of each simulation."""
        return np.arange(self.domain.n_simulations) * self.maps_each

    @property
    def judged(self) -> Chosen:
        """Which maps each split judges, (splits, n_maps)."""
        return np.stack([np.isin(self.simulations, one.judged) for one in self.splits])

    @property
    def tuned(self) -> Chosen:
        """Which maps each split fits on, (splits, n_maps)."""
        return ~self.judged

    def sample(self, split: int) -> Sample:
        """Return the maps that a split fits on, with their labels."""
        return self.domain.sample(self.splits[split].tuned, self.maps_each)


def pruned_maps(
    shown: OpenCase, settings: JudgingSettings, *, labels: KnownLabels | None, device: torch.device
) -> PrunedMaps:
    """Choose the maps of a domain, and divide its simulations: half fit, or as many as leave ten to judge.

    Raises
    ------
    InputError
        If a split would judge fewer than ten simulations.
    """
    domain = domain_maps(
        shown,
        outputs_of(shown),
        maps_each=min(settings.maps_each, shown.maps_per_simulation),
        most_simulations=None,
        seed=settings.seed,
        device=device,
        labels=labels,
    )
    n = domain.n_simulations
    splits = tuning_splits(
        n, n_tuned=max(min(n // 2, n - FEWEST_SIMULATIONS), 1), n_splits=settings.splits, seed=settings.seed
    )
    return PrunedMaps(domain, splits)


@dataclass(frozen=True)
class Truth:
    """What networks are judged against.

    Attributes
    ----------
    names
        Parameters that are scored; of classes the one label.
    columns
        Places of what is scored among what the network infers.
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
        """Return what is scored of a network's outputs, (n_maps, scored); of classes the probability of each."""
        found = posterior(answers, shown, self.outputs, positions=positions)
        return found["probability" if self.outputs.label is not None else "mean"][:, list(self.columns)]


def truth_of_maps(maps: PrunedMaps, settings: JudgingSettings) -> Truth:
    """Return what is true of the maps of a domain.

    Raises
    ------
    InputError
        If the domain has no labels of what the network infers: layers are judged by scores.
    """
    outputs, of_simulations = outputs_of(maps.shown), maps.domain.truth
    if of_simulations is None:
        raise InputError(
            f"Domain '{maps.shown.domain.name}' has no labels, and pruning is judged by scores. Choose a domain that "
            "has them."
        )
    truth = of_simulations[maps.simulations]
    if outputs.label is not None:
        columns = tuple(range(len(outputs.names)))
        judgement = Judgement(ACCURACY, truth, maps.simulations, maps.judged)
        return Truth((outputs.label,), columns, outputs, judgement)
    known = [name for name, column in zip(outputs.names, truth.T, strict=True) if np.isfinite(column).all()]
    names = _scored(settings.outputs, known, outputs.names, maps.shown.domain.name)
    columns = tuple(outputs.names.index(name) for name in names)
    return Truth(names, columns, outputs, Judgement(R2, truth[:, list(columns)], maps.simulations, maps.judged))


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
