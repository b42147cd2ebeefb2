"""Which networks a ladder makes: a rung, the simulations that tune it, what it sees of them, a split and a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.adaptation import REPAIRS, Options, Repair, Sample, repair_of
from repshift.adaptation.barrier import batch_norms
from repshift.adaptation.insertions import calls_of_modules
from repshift.case.repair.open_ladder import OpenLadder
from repshift.evidence.repair.quantities import AS_IT_IS, LOWER_HALF, ONE_COSMOLOGY, RANDOM_HALF
from repshift.evidence.repair.runs import Run
from repshift.statistics.tuning_splits import lower_half
from repshift.vocabulary import InputError

Places = npt.NDArray[np.int64]

CONTROLS: Final = frozenset(one.control for one in REPAIRS.values() if one.control is not None)
"""Repairs that others are measured against."""


@dataclass(frozen=True)
class RunPlan:
    """A network to make.

    Attributes
    ----------
    run
        What it is called.
    repair
        What makes it.
    source, target
        The maps of the model's own suite and of the target that tune it, labelled where they are; what it may see of
        them is left to the barrier.
    options
        What it needs beside them.
    perturbed
        Perturbed maps of the model's own suite, where the repair takes them.
    """

    run: Run
    repair: Repair
    source: Sample
    target: Sample | None
    options: Options = field(default_factory=Options)
    perturbed: Sample | None = None


def rungs_without_training(ladder: OpenLadder, asked: Sequence[str]) -> list[Repair]:
    """Return the repairs asked for, or where none is those without training that the network and its labels allow.

    Raises
    ------
    InputError
        If one is trained, or unknown.
    """
    if asked:
        found = [repair_of(name) for name in asked]
        if trained := [one.name for one in found if one.trains]:
            raise InputError(f"The rungs {', '.join(trained)} are trained. Expected rungs without training here.")
        return found
    has = {"batch_norm": bool(batch_norms(ladder.network)), "target_labels": ladder.target.labels is not None}
    possible = [one for one in REPAIRS.values() if not one.trains and all(has.get(need, True) for need in one.needs)]
    return [one for one in possible if one.name != "feature_moments" or _has_layer(ladder)]


def _has_layer(ladder: OpenLadder) -> bool:
    """Say whether there is a layer whose features can be adjusted."""
    if ladder.settings.layer is not None:
        return True
    return bool(calls_of_modules(ladder.network, ladder.target.sample(np.arange(2), 1), Options()))


def as_it_is(ladder: OpenLadder) -> list[Run]:
    """Return the runs of the network as it is, one a split."""
    return [Run(AS_IT_IS, "as it is", "bound", split=split) for split in range(ladder.settings.splits)]


def kind_of(repair: Repair) -> str:
    """Return whether a repair is one, the control of others, or a bound."""
    if repair.name in CONTROLS:
        return "control"
    return "bound" if repair.is_bound else "repair"


def tuned_samples(ladder: OpenLadder, split: int) -> Iterator[tuple[str, int, Sample]]:
    """Yield the prior, the number of simulations and the maps of the target that tune the networks of a split.

    After those of the same prior come, of as many simulations, those of the lower half of the prior's parameter, as
    many at random, and of a domain of one cosmology its own. The parameter's values choose simulations here, as an
    experiment on repairs; no repair sees them.
    """
    settings, target = ladder.settings, ladder.target
    tuned = ladder.splits[split].tuned
    for n in settings.simulations:
        yield "same", n, target.sample(tuned[:n], settings.tuned_maps_each)
    if settings.prior_parameter is not None:
        low = lower_half(_values_of_prior(ladder, settings.prior_parameter), tuned)
        for prior, places in ((LOWER_HALF.format(settings.prior_parameter), low), (RANDOM_HALF, tuned[: len(low)])):
            yield prior, len(places), target.sample(places, settings.tuned_maps_each)
    if ladder.prior is not None:
        held = ladder.prior_splits[split].tuned
        n = max((one for one in settings.simulations if one <= len(held)), default=0)
        if n == 0:
            raise InputError(
                f"Domain '{ladder.prior.shown.domain.name}' has {ladder.prior.n_simulations} simulations, of which "
                f"{len(held)} tune, but repairs are tuned on {min(settings.simulations)} or more."
            )
        yield ONE_COSMOLOGY, n, ladder.prior.sample(held[:n], settings.tuned_maps_each)


def plans_without_training(ladder: OpenLadder, repairs: Sequence[Repair]) -> list[RunPlan]:
    """Return the networks of rungs without training, split by split."""
    found = []
    for split in range(ladder.settings.splits):
        source, samples = ladder.source(split), list(tuned_samples(ladder, split))
        found += [_of(ladder, repair, source, one, split=split) for repair in repairs for one in samples]
    return found


def _of(ladder: OpenLadder, repair: Repair, source: Sample, tuned: tuple[str, int, Sample], *, split: int) -> RunPlan:
    """Return a network of a rung without training."""
    settings, (prior, n, sample) = ladder.settings, tuned
    mixed = f"mixing {settings.mixing:g}" if repair.name == "batch_norm_mixed" else ""
    placed = f"layer {settings.layer}" if repair.name == "feature_moments" and settings.layer else ""
    run = Run(
        repair.name,
        repair.label,
        kind_of(repair),
        setting=mixed or placed,
        n_simulations=n,
        labelled=repair.uses_target_labels,
        prior=prior,
        split=split,
    )
    options = Options(layer=settings.layer, mixing=settings.mixing, seed=settings.seed, batch_size=settings.batch_size)
    return RunPlan(run, repair, source, sample, options)


def _values_of_prior(ladder: OpenLadder, parameter: str) -> npt.NDArray[np.float64]:
    """Return the values of the prior's parameter, (n_simulations,)."""
    truth, names = ladder.target.truth, ladder.outputs.names
    if truth is None or ladder.outputs.label is not None or parameter not in names:
        raise InputError(
            f"The prior's parameter '{parameter}' is no label of domain '{ladder.shown.domain.name}' that the network "
            f"infers: {', '.join(names)}. Leave the prior out, or name one of them."
        )
    return truth[:, names.index(parameter)]
