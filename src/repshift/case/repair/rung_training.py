"""Which networks a trained rung makes, and the weight of its term, chosen without labels of the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from torch import nn

from repshift.adaptation import Options, Repair, Sample, repair_of
from repshift.adaptation.choice import PRICE_AT_HOME, Candidate, choose_weight
from repshift.case.domain_maps import DomainMaps, Places
from repshift.case.outputs import posterior
from repshift.case.repair.open_ladder import OpenLadder
from repshift.case.repair.passes import passed
from repshift.case.repair.perturbations import Perturbations, perturbed_sample
from repshift.case.repair.run_outcomes import material_of
from repshift.case.repair.run_plans import RunPlan, kind_of, tuned_samples
from repshift.case.repair.settings import NOT_FROZEN, TrainingSettings
from repshift.evidence.repair.judgement import score_of_maps
from repshift.evidence.repair.quantities import SAME_PRIOR
from repshift.evidence.repair.runs import Run
from repshift.vocabulary import InputError

FEWEST_TO_CHOOSE: Final = 4
"""Simulations of the source, half of which choose a weight where no other domain does."""

_Sample = tuple[str, int, Sample | None]
"""The prior, the number of simulations and the maps of the target that tune a network."""


@dataclass(frozen=True)
class Choice:
    """How the weight of a term was chosen.

    Attributes
    ----------
    weight
        None: the repair's own, or it has none.
    candidates
        That were tried; none where there was nothing to choose.
    judged_on
        Name of the domain whose labels chose; empty where none did.
    """

    weight: float | None
    candidates: tuple[Candidate, ...] = ()
    judged_on: str = ""


def trained_repair(training: TrainingSettings, *, has_control: bool) -> Repair:
    """Return the repair of a trained rung.

    Raises
    ------
    InputError
        If it does not train, or its control was left out.
    """
    repair = repair_of(training.rung)
    if not repair.trains:
        raise InputError(f"The rung '{repair.name}' does not train: it is one of the action ladder.")
    if repair.control is not None and not has_control:
        raise InputError(
            f"The rung '{repair.name}' was given without its control '{repair.control}', so nothing says what its "
            "steps do by themselves. Train the control first, and give its file as --control."
        )
    return repair


def training_plans(
    ladder: OpenLadder, repair: Repair, training: TrainingSettings, choice: Choice, perturbations: Perturbations
) -> list[RunPlan]:
    """Return the networks of a trained rung: of each split, sample of the target, depth of freezing and seed.

    Raises
    ------
    InputError
        If there is no such split, or maps cannot be perturbed.
    """
    splits = list(training.splits) or list(range(ladder.settings.splits))
    if unknown := [split for split in splits if not 0 <= split < ladder.settings.splits]:
        raise InputError(f"There is no split {unknown[0]}: there are {ladder.settings.splits}, counted from 0.")
    found = []
    for split in splits:
        sources = ladder.source(split), _perturbed(ladder, repair, split, perturbations)
        samples = _samples(ladder, repair, split)
        found += [
            _plan(
                ladder, repair, training, sample, sources=sources, weight=choice.weight, freeze=freeze, at=(split, seed)
            )
            for sample in samples
            for freeze in training.freeze
            for seed in range(training.seeds)
        ]
    return found


def choice_of(ladder: OpenLadder, repair: Repair, training: TrainingSettings) -> Choice:
    """Return the weight of a repair's term: of several candidates the one that labels of no target prefer.

    They are tried on the first split, from all simulations that tune, with the first seed and depth of freezing. The
    networks are judged on the domain that chooses, whose labels no repair sees. Without one half of the simulations of
    the source train the candidates, and the other half judges them; there a weight may cost `PRICE_AT_HOME`. So no
    simulation that judges the split chooses.

    Raises
    ------
    InputError
        If there are candidates and the repair has no weight, the domain that chooses has no labels, or the source has
        too few simulations to choose on.
    """
    if len(training.candidates) < 2:
        return Choice(training.candidates[0] if training.candidates else None)
    if repair.weight_name is None:
        raise InputError(f"The rung '{repair.name}' has no weight, but there are candidates for one: leave them out.")
    sample = max((one for one in _samples(ladder, repair, 0) if one[0] == SAME_PRIOR), key=lambda one: one[1])
    source, domain, places = _choosing(ladder)
    how: dict[str, Any] = {"sources": (source, None), "weight": None, "freeze": training.freeze[0], "at": (0, 0)}
    plan = _plan(ladder, repair, training, sample, **how)
    weight, candidates = choose_weight(
        ladder.network,
        repair,
        material_of(ladder, plan),
        plan.options,
        training.candidates,
        lambda network: _score(ladder, network, domain, places),
        price=PRICE_AT_HOME if ladder.choose_on is None else None,
    )
    return Choice(weight, tuple(candidates), domain.shown.domain.name)


def _choosing(ladder: OpenLadder) -> tuple[Sample, DomainMaps, Places]:
    """Return the source that candidates train on, and the labelled domain that chooses with its simulations."""
    if ladder.choose_on is not None:
        return ladder.source(0), ladder.choose_on, np.arange(ladder.choose_on.n_simulations)
    domain, places = ladder.source_maps(0)
    if len(places) < FEWEST_TO_CHOOSE:
        raise InputError(
            f"A weight is chosen on half of the simulations that train, but domain '{domain.shown.domain.name}' has "
            f"{len(places)} of them. Expected {FEWEST_TO_CHOOSE} or more, or another domain that chooses."
        )
    mixed = np.random.default_rng(ladder.settings.seed).permutation(places)
    half = len(mixed) // 2
    return domain.sample(mixed[:half], ladder.settings.tuned_maps_each), domain, mixed[half:]


def choice_variables(choice: Choice) -> dict[str, Any]:
    """Return a choice as quantities of `repshift.evidence.repair.quantities`; none where nothing was chosen."""
    tried = choice.candidates
    if not tried:
        return {}
    chosen = np.array([one.weight == choice.weight for one in tried], dtype=np.int8)
    weights, scores = ([getattr(one, name) for one in tried] for name in ("weight", "score"))
    return {"choice_weight": np.array(weights), "choice_score": np.array(scores), "choice_chosen": chosen}


def choice_in(stored: xr.Dataset) -> Choice:
    """Return the choice that a file of a trained rung holds."""
    weight = float(stored.attrs["weight"])
    tried = (
        zip(stored["choice_weight"].values, stored["choice_score"].values, strict=True)
        if "candidate" in stored.dims
        else ()
    )
    candidates = tuple(Candidate(float(one), float(score)) for one, score in tried)
    return Choice(None if np.isnan(weight) else weight, candidates, str(stored.attrs["choice_judged_on"]))


def _samples(ladder: OpenLadder, repair: Repair, split: int) -> Sequence[_Sample]:
    """Return what tunes a repair in a split: of one that does not see the target, nothing."""
    if "target_maps" not in repair.needs:
        return [(SAME_PRIOR, 0, None)]
    return list(tuned_samples(ladder, split))


def _perturbed(ladder: OpenLadder, repair: Repair, split: int, perturbations: Perturbations) -> Sample | None:
    """Return the source perturbed, where the repair takes it."""
    if "perturbed_maps" not in repair.needs:
        return None
    domain, places = ladder.source_maps(split)
    return perturbed_sample(domain, places, ladder.settings.tuned_maps_each, perturbations, seed=ladder.settings.seed)


def _plan(
    ladder: OpenLadder,
    repair: Repair,
    training: TrainingSettings,
    sample: _Sample,
    *,
    sources: tuple[Sample, Sample | None],
    weight: float | None,
    freeze: str,
    at: tuple[int, int],
) -> RunPlan:
    """Return one network of a trained rung, `at` a split and a seed; `sources` are maps as they are and perturbed."""
    prior, n_simulations, maps = sample
    frozen = "" if freeze == NOT_FROZEN else freeze
    weighed = "" if weight is None else f"weight {weight:g}"
    run = Run(
        rung=repair.name,
        label=repair.label,
        kind=kind_of(repair),
        control=repair.control or "",
        setting=", ".join(one for one in (frozen and f"freeze {frozen}", weighed) if one),
        freeze=frozen,
        n_simulations=n_simulations,
        labelled=repair.uses_target_labels,
        prior=prior,
        split=at[0],
        seed=at[1],
    )
    options = Options(
        layer=ladder.settings.layer,
        freeze=frozen or None,
        weight=weight,
        steps=training.steps,
        batch=training.batch,
        learning_rate=training.learning_rate,
        symmetries=training.symmetries,
        seed=ladder.settings.seed + at[1],
        batch_size=ladder.settings.batch_size,
    )
    return RunPlan(run, repair, sources[0], maps, options, sources[1])


def _score(ladder: OpenLadder, network: nn.Module, domain: DomainMaps, places: Places) -> float:
    """Return the score of a network on some simulations of a labelled domain."""
    if domain.truth is None:
        raise InputError(f"Domain '{domain.shown.domain.name}' chooses a weight, but has no labels.")
    each = ladder.settings.maps_each
    answers = passed(network, domain.maps[places, :each].flatten(0, 1), ladder).answers.double().numpy()
    said = posterior(answers, domain.shown, ladder.outputs, positions=domain.positions[places, :each].ravel())
    predicted = said["probability"] if "probability" in said else said["mean"]
    scored = list(ladder.scored)
    truth = domain.truth[places].repeat(each, axis=0)
    return score_of_maps(predicted[:, scored], truth[:, scored], ladder.score)
