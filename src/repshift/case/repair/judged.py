"""What repaired networks make of the maps that judge them, and of the domains beside each other without labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.adaptation import Material
from repshift.adaptation.barrier import repaired
from repshift.case.outputs import posterior
from repshift.case.repair.domain_maps import DomainMaps
from repshift.case.repair.opened import OpenLadder
from repshift.case.repair.planned import Planned, as_it_is
from repshift.evidence.repair.label_free import RepairedSide, label_free_names, label_free_numbers
from repshift.evidence.repair.quantities import SAME_PRIOR
from repshift.evidence.repair.runs import Run
from repshift.recording.fast import accelerate
from repshift.recording.grams import record_grams
from repshift.recording.representations import record_representations
from repshift.similarity.cka import cka_matrix
from repshift.statistics.tuning_splits import TuningSplit
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_CONSTANT: Final = 1e-12
"""Share of the largest spread of a layer below which a layer is constant, so that it has no CKA."""


@dataclass(frozen=True)
class Seen:
    """What a network makes of the judged maps of a domain.

    Attributes
    ----------
    places
        (n_maps,): of the maps among all that may judge.
    outputs
        ``mean`` and maybe ``std``, or ``probability``, (n_maps, outputs): those that are scored.
    features
        (n_simulations, units): of the last layer, for the first map of each simulation.
    """

    places: Places
    outputs: dict[str, Values]
    features: npt.NDArray[np.floating]


@dataclass(frozen=True)
class JudgedRun:
    """A run with what its network makes of each domain.

    Attributes
    ----------
    run
        What it is called.
    seen
        By domain: ``target``, ``home`` and maybe ``prior``; outputs alone.
    label_free
        Shift scores by name.
    cka
        Debiased CKA of the layers, of ``home`` and ``target``; empty where it is not computed.
    """

    run: Run
    seen: dict[str, Seen]
    label_free: dict[str, float] = field(default_factory=dict)
    cka: dict[str, Values] = field(default_factory=dict)


def judged_runs(
    ladder: OpenLadder, planned: Iterable[Planned], *, made: Callable[[Planned, nn.Module], None] | None = None
) -> list[JudgedRun]:
    """Return the runs of the network as it is, and of each repair, judged.

    Parameters
    ----------
    ladder, planned
        What is opened, and what is made of it.
    made
        Called with each network that was made.

    Raises
    ------
    InputError
        As the repairs do, or if a network answers with numbers that are not finite; names the run.
    """
    baseline = [_Judge(ladder, split).baseline(run) for split, run in enumerate(as_it_is(ladder))]
    found = [one.judged for one in baseline]
    for one in planned:
        try:
            network = repaired(ladder.network, one.repair, material_of(ladder, one), one.options)
            if made is not None:
                made(one, network)
            found.append(baseline[one.run.split].judge.of_repair(one, network, baseline[one.run.split]))
        except InputError as error:
            raise InputError(f"Rung '{one.run.rung}' of {_words(one.run)}: {error}") from error
    return found


def material_of(ladder: OpenLadder, planned: Planned) -> Material:
    """Return all that there is to make a network from; the barrier leaves what its repair may see."""
    n = ladder.settings.tuned_maps_each
    third = tuple(one.sample(np.arange(one.n_simulations), n) for one in ladder.third)
    return Material(ladder.source(planned.run.split), planned.target, third, planned.perturbed, ladder.task)


@dataclass(frozen=True)
class _Baseline:
    """The network as it is in a split, with what label-free numbers of repairs are measured against."""

    judge: "_Judge"
    judged: JudgedRun
    home: RepairedSide


@dataclass(frozen=True)
class _Judge:
    """Judges networks in a split."""

    ladder: OpenLadder
    split: int

    def baseline(self, run: Run) -> _Baseline:
        """Return the network as it is, judged."""
        network = self.ladder.network
        seen = self.seen(network)
        target, home = (self.side(network, name, seen[name], with_matrix=True) for name in ("target", "home"))
        judged = JudgedRun(run, seen, self._numbers(target, home), _matrices(target, home))
        return _Baseline(self, judged, home)

    def of_repair(self, planned: Planned, network: nn.Module, beside: _Baseline) -> JudgedRun:
        """Return a repaired network, judged; matrices of CKA are those of the most simulations of the same prior."""
        run, trains = planned.run, planned.repair.trains
        most = run.prior == SAME_PRIOR and run.n_simulations in (0, self.ladder.settings.n_tuned)
        seen = self.seen(network)
        if run.prior != SAME_PRIOR:
            return JudgedRun(run, seen)
        target = self.side(network, "target", seen["target"], with_matrix=most)
        home = self.side(network, "home", seen["home"], with_matrix=most) if trains else beside.home
        return JudgedRun(run, seen, self._numbers(target, home), _matrices(target, home) if most else {})

    def seen(self, network: nn.Module) -> dict[str, Seen]:
        """Return what a network makes of the judged maps of all domains, from one pass over them together."""
        parts = {name: self._judged(name) for name in self._domains}
        together = torch.cat([maps for _, maps in parts.values()])
        answers, features = _run(network, together, self.ladder)
        found, start = {}, 0
        for name, (places, maps) in parts.items():
            piece = slice(start, start + len(maps))
            start += len(maps)
            first = np.arange(0, len(maps), self.ladder.settings.maps_each)
            found[name] = Seen(places, self._said(name, places, answers[piece]), features[piece][first])
        return found

    def side(self, network: nn.Module, name: str, seen: Seen, *, with_matrix: bool) -> RepairedSide:
        """Return one map of each judged simulation of a domain as a network has it."""
        each = self.ladder.settings.maps_each
        outputs = {kind: values[::each] for kind, values in seen.outputs.items()}
        matrix = None
        if with_matrix:
            _, maps = self._judged(name)
            matrix = _cka(network, maps[::each], self.ladder)
        return RepairedSide(seen.features, outputs, matrix)

    def _numbers(self, target: RepairedSide, home: RepairedSide) -> dict[str, float]:
        return label_free_numbers(target, home, seed=self.ladder.settings.seed)

    @property
    def _domains(self) -> dict[str, tuple[DomainMaps, TuningSplit]]:
        """The domains with their split."""
        ladder = self.ladder
        found = {
            "target": (ladder.target, ladder.splits[self.split]),
            "home": (ladder.home, ladder.home_splits[self.split]),
        }
        return found if ladder.prior is None else found | {"prior": (ladder.prior, ladder.prior_splits[self.split])}

    def _judged(self, name: str) -> tuple[Places, Tensor]:
        """Return the places and the maps that judge in the split, simulation after simulation."""
        maps, split = self._domains[name]
        each = self.ladder.settings.maps_each
        places = (split.judged[:, None] * each + np.arange(each)).ravel()
        return places, maps.chosen(each)[1][places]

    def _said(self, name: str, places: Places, answers: Values) -> dict[str, Values]:
        """Return what answers mean, of what is scored."""
        ladder, (maps, _) = self.ladder, self._domains[name]
        positions = maps.chosen(ladder.settings.maps_each)[0][places]
        wrong = np.flatnonzero(~np.isfinite(answers).all(1))
        if len(wrong):
            raise InputError(f"The network answers map {positions[wrong[0]]} with a number that is not finite.")
        said = posterior(answers, maps.shown, ladder.outputs, positions=positions)
        return {kind: values[:, list(ladder.scored)] for kind, values in said.items()}


def _run(network: nn.Module, maps: Tensor, ladder: OpenLadder) -> tuple[Values, npt.NDArray[np.floating]]:
    """Return the answers to maps (n_maps, n_answers), and the last layer (n_maps, units), by the fast path."""
    answers: list[Tensor] = []
    fast = accelerate(network, _extremes(maps), layers=[ladder.last_layer], device=ladder.device)
    how: dict[str, Any] = {"batch_size": ladder.settings.batch_size, "device": ladder.device, "answers": answers}
    (features,) = record_representations(fast.network, maps, layers=fast.layers, **how).values()
    return torch.cat(answers).flatten(1).double().numpy(), features


def _extremes(maps: Tensor) -> Tensor:
    """Return the faintest and the brightest map, which check the fast path."""
    sizes = maps.flatten(1).square().sum(1)
    return maps[[int(sizes.argmin()), int(sizes.argmax())]]


def _cka(network: nn.Module, maps: Tensor, ladder: OpenLadder) -> Values:
    """Return debiased CKA of all layers, from maps of different simulations; NaN of layers that are constant."""
    how: dict[str, Any] = {"batch_size": ladder.settings.batch_size, "device": ladder.device}
    grams = record_grams(network, maps, layers=ladder.description.layers, **how)
    spread = grams["relative_spread"].to_numpy()
    varies = np.flatnonzero(spread > _CONSTANT * spread.max())
    found = np.full((len(spread), len(spread)), np.nan)
    if len(varies):
        found[np.ix_(varies, varies)] = cka_matrix(grams.isel(layer=varies), estimator="debiased")
    return found


def _matrices(target: RepairedSide, home: RepairedSide) -> dict[str, Values]:
    """Return the matrices of both domains, where they were computed."""
    both = {"target": target.matrix, "home": home.matrix}
    return {name: matrix for name, matrix in both.items() if matrix is not None}


def _words(run: Run) -> str:
    words = [f"{run.n_simulations} simulations", run.prior, run.setting, f"split {run.split}", f"seed {run.seed}"]
    return ", ".join(one for one in words if one)


def names_of(runs: Sequence[JudgedRun]) -> tuple[str, ...]:
    """Return the names of the shift scores of some runs."""
    return label_free_names(list(runs[0].seen["target"].outputs))


def stacked(runs: Sequence[JudgedRun], domain: str, kind: str, *, n_maps: int) -> Values:
    """Return outputs of all runs for all maps of a domain, (runs, n_maps, outputs), NaN where they are not judged."""
    parts: list[Mapping[str, Values]] = [one.seen[domain].outputs for one in runs]
    found = np.full((len(runs), n_maps, parts[0][kind].shape[1]), np.nan)
    for place, one in enumerate(runs):
        found[place, one.seen[domain].places] = parts[place][kind]
    return found
