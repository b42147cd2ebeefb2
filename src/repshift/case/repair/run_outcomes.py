"""What repaired networks make of the maps that judge them, and of the domains beside each other without labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.adaptation import Material
from repshift.adaptation.barrier import repaired
from repshift.case.domain_maps import DomainMaps
from repshift.case.outputs import posterior
from repshift.case.repair.open_ladder import OpenLadder
from repshift.case.repair.passes import Origin, Pass, matrix_of, origin_of
from repshift.case.repair.run_plans import RunPlan, as_it_is
from repshift.evidence.repair.label_free import RepairedSide, label_free_names, label_free_numbers
from repshift.evidence.repair.quantities import SAME_PRIOR
from repshift.evidence.repair.runs import Run
from repshift.networks.insertions import OUTPUTS
from repshift.statistics.tuning_splits import TuningSplit
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """What a network infers of the judged maps of a domain.

    Attributes
    ----------
    places
        (n_maps,): of the maps among all that may judge.
    outputs
        ``mean`` and maybe ``std``, or ``probability``, (n_maps, outputs): those that are scored.
    """

    places: Places
    outputs: dict[str, Values]


@dataclass(frozen=True)
class RunOutcome:
    """A run with what its network makes of each domain.

    Attributes
    ----------
    run
        What it is called.
    seen
        By domain, ``target``, ``home`` and ``prior``: those that it judges.
    label_free
        Shift scores by name.
    cka
        Debiased CKA of the layers, of ``home`` and ``target``; empty where it is not computed.
    """

    run: Run
    seen: dict[str, Seen]
    label_free: dict[str, float] = field(default_factory=dict)
    cka: dict[str, Values] = field(default_factory=dict)


def run_outcomes(
    ladder: OpenLadder, plans: Iterable[RunPlan], *, made: Callable[[RunPlan, nn.Module], None] | None = None
) -> list[RunOutcome]:
    """Return the runs of the network as it is, and of each repair, judged.

    Parameters
    ----------
    ladder, plans
        What is opened, and what is made from it.
    made
        Called with each network that was made.

    Raises
    ------
    InputError
        As the repairs do, or if a network returns numbers that are not finite; names the run.
    """
    judges: dict[int, _Judge] = {}
    found, origin = [], origin_of(ladder)
    domains = {"target": ladder.target, "home": ladder.home} | ({"prior": ladder.prior} if ladder.prior else {})
    passes = {name: origin.over(maps.chosen(ladder.settings.maps_each)[1]) for name, maps in domains.items()}
    for run in as_it_is(ladder):
        judges[run.split] = _Judge(ladder, origin, run.split)
        found.append(judges[run.split].baseline(run, passes))
    for one in plans:
        try:
            network = repaired(ladder.network, one.repair, material_of(ladder, one), one.options)
            if made is not None:
                made(one, network)
            found.append(judges[one.run.split].of_repair(one, network))
        except InputError as error:
            raise InputError(f"Rung '{one.run.rung}' of {_words(one.run)}: {error}") from error
    return found


def material_of(ladder: OpenLadder, plan: RunPlan) -> Material:
    """Return all that there is to make a network from; the barrier leaves what its repair may see."""
    n = ladder.settings.tuned_maps_each
    third = tuple(one.sample(np.arange(one.n_simulations), n) for one in ladder.third)
    return Material(plan.source, plan.target, third, plan.perturbed, ladder.task)


class _Judge:
    """Judges the networks of a split; holds its maps, and what the network as it is makes of them."""

    def __init__(self, ladder: OpenLadder, origin: Origin, split: int) -> None:
        self.ladder, self.origin, self.each = ladder, origin, ladder.settings.maps_each
        self.domains: dict[str, tuple[DomainMaps, TuningSplit]] = {
            "target": (ladder.target, ladder.splits[split]),
            "home": (ladder.home, ladder.home_splits[split]),
        }
        if ladder.prior is not None:
            self.domains["prior"] = (ladder.prior, ladder.prior_splits[split])
        self.maps = {name: self._maps(name) for name in self.domains}
        self.passes: dict[str, Pass] = {}
        self.matrices: dict[str, Values] = {}

    def baseline(self, run: Run, passes: Mapping[str, Pass]) -> RunOutcome:
        """Return the network as it is, judged; `passes` of it over all maps of each domain that may judge."""
        self.passes = {name: passes[name].of(self.maps[name][0]) for name in self.domains}
        self.matrices = {name: self._matrix(self.ladder.network, name) for name in ("target", "home")}
        return self._judged(run, self.passes, self.matrices)

    def of_repair(self, plan: RunPlan, network: nn.Module) -> RunOutcome:
        """Return a repaired network, judged.

        What it costs at home, and label-free numbers, are of networks tuned with the prior of the domain; matrices of
        CKA of those from the most simulations. There the own domain is shown to the network as it is where a repair
        does not train: such a one leaves the network that serves the own domain as it was.
        """
        run, trains, settings = plan.run, plan.repair.trains, self.ladder.settings
        is_same = run.prior == SAME_PRIOR
        names = [name for name in self.domains if is_same or name != "home"]
        passes = self._continued(network, names) or self._passed(network, names)
        if not is_same:
            return RunOutcome(run, {name: self._seen(name, one) for name, one in passes.items()})
        matrices: dict[str, Values] = {}
        if run.n_simulations in (0, settings.n_tuned):
            changed = () if self.origin.place_of(network) == OUTPUTS else ("target", "home") if trains else ("target",)
            matrices = self.matrices | {name: self._matrix(network, name) for name in changed}
        return self._judged(run, passes, matrices, home=None if trains else self.passes["home"])

    def _judged(
        self, run: Run, passes: Mapping[str, Pass], matrices: dict[str, Values], *, home: Pass | None = None
    ) -> RunOutcome:
        """Return a run with its label-free numbers; `home`: as another network has it."""
        sides = [
            self._side(name, one, matrices.get(name))
            for name, one in (("target", passes["target"]), ("home", home or passes["home"]))
        ]
        numbers = label_free_numbers(sides[0], sides[1], seed=self.ladder.settings.seed)
        return RunOutcome(run, {name: self._seen(name, one) for name, one in passes.items()}, numbers, matrices)

    def _continued(self, network: nn.Module, names: Sequence[str]) -> dict[str, Pass] | None:
        """Return a pass from that of the network as it is, where insertions alone tell the two apart."""
        found = {name: self.origin.continued(network, self.passes[name]) for name in names}
        known = {name: one for name, one in found.items() if one is not None}
        return known if len(known) == len(found) else None

    def _passed(self, network: nn.Module, names: Sequence[str]) -> dict[str, Pass]:
        """Return one pass of a network over the maps of some domains together."""
        together = self.origin.passed(network, torch.cat([self.maps[name][1] for name in names]))
        ends = np.cumsum([len(self.maps[name][1]) for name in names]).tolist()
        return {
            name: together.of(slice(end - len(self.maps[name][1]), end)) for name, end in zip(names, ends, strict=True)
        }

    def _maps(self, name: str) -> tuple[Places, Tensor]:
        """Return the places and the maps that judge, simulation after simulation."""
        maps, split = self.domains[name]
        places = (split.judged[:, None] * self.each + np.arange(self.each)).ravel()
        return places, maps.chosen(self.each)[1][places]

    def _matrix(self, network: nn.Module, name: str) -> Values:
        """Return the matrix of CKA of a domain, from the first map of each simulation."""
        return matrix_of(network, self.maps[name][1][:: self.each], self.ladder)

    def _side(self, name: str, found: Pass, matrix: Values | None) -> RepairedSide:
        """Return the first map of each simulation as a network has it."""
        outputs = {kind: values[:: self.each] for kind, values in self._seen(name, found).outputs.items()}
        return RepairedSide(found.features[:: self.each], outputs, matrix)

    def _seen(self, name: str, found: Pass) -> Seen:
        """Return what answers mean, of what is scored."""
        places, (maps, _) = self.maps[name][0], self.domains[name]
        answers = found.answers.double().numpy()
        positions = maps.chosen(self.each)[0][places]
        wrong = np.flatnonzero(~np.isfinite(answers).all(1))
        if len(wrong):
            raise InputError(f"The network returns a number that is not finite for map {positions[wrong[0]]}.")
        said = posterior(answers, maps.shown, self.ladder.outputs, positions=positions)
        return Seen(places, {kind: values[:, list(self.ladder.scored)] for kind, values in said.items()})


def _words(run: Run) -> str:
    words = [f"{run.n_simulations} simulations", run.prior, run.setting, f"split {run.split}", f"seed {run.seed}"]
    return ", ".join(one for one in words if one)


def names_of(runs: Sequence[RunOutcome]) -> tuple[str, ...]:
    """Return the names of the shift scores of some runs."""
    return label_free_names(list(runs[0].seen["target"].outputs))


def stacked(runs: Sequence[RunOutcome], domain: str, kind: str, *, n_maps: int) -> Values:
    """Return outputs of all runs for all maps of a domain, (runs, n_maps, outputs), NaN where they are not judged."""
    n_outputs = runs[0].seen[domain].outputs[kind].shape[1]
    found = np.full((len(runs), n_maps, n_outputs), np.nan)
    for row, one in zip(found, runs, strict=True):
        if domain in one.seen:
            row[one.seen[domain].places] = one.seen[domain].outputs[kind]
    return found
