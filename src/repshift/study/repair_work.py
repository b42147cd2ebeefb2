"""How much a network is run to repair a case, in forward passes of one map: jobs are divided by it, and priced."""

from typing import Final

from repshift.adaptation import REPAIRS, Repair
from repshift.study.cases import own_domain
from repshift.study.configuration import Study
from repshift.study.repair import LatentSpace
from repshift.study.repair_model import Repaired
from repshift.study.repair_rungs import (
    bounds_of,
    depths_of,
    numbers_tuned,
    prior_domain,
    repair_section,
    repaired_for,
    rungs_of,
    simulations_judged,
    training_of_repair,
    tuned_maps_each,
)
from repshift.study.sizes import judged_maps_each, maps_of_simulation, simulations_assumed

STEP: Final = 3
"""Forward passes that a step of training takes of each map: there, and back."""

FROZEN: Final = 0.5
"""Share of the time of a training that one takes which begins at a layer: of T-MockTNG and C31."""

_CHOICE_MAPS: Final = 125
"""Maps that judge each weight that is tried."""


def ladder_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the action ladder takes on a domain."""
    section, numbers = repair_section(study), _numbers(study, domain)
    tuned = sum(numbers) * tuned_maps_each(study, domain)
    judged = _judged(study, model, domain)
    made = len(rungs_of(study, model, domain)) * (2 * tuned + len(numbers) * judged)
    return float(section.splits * (made + judged))


def latent_space_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the action latent_space takes on a domain: tuned on, and placed."""
    section = repair_section(study)
    chosen = section.latent_space or LatentSpace()
    made = len(chosen.rungs or ("batch_norm",))
    networks = 1 + made + len(repaired_for(study, model, domain))
    tuned = max(section.simulations) * tuned_maps_each(study, domain)
    return float(2 * made * tuned + 2 * networks * chosen.maps)


def n_entries(study: Study, model: str, domain: str) -> int:
    """Return how many rungs, each with its settings, the file of a ladder scores, bounds among them."""
    return len(rungs_of(study, model, domain)) * len(_numbers(study, domain)) + len(bounds_of(study, model, domain)) + 1


def repaired_passes(study: Study, repaired: Repaired) -> float:
    """Return the forward passes of one map that it takes to make a repaired model."""
    repair = REPAIRS[repaired.method]
    if repair.trains:
        return float(STEP * repaired.steps * repaired.batch * _domains_of_step(repair, ()))
    there = simulations_assumed(study, repaired.model, repaired.domain)
    return float(2 * (repaired.simulations or there) * maps_of_simulation(study, repaired.domain))


def rung_passes(study: Study, model: str, domain: str, rung: str, *, n_splits: int) -> float:
    """Return the forward passes of one map that the action train takes of a rung on some splits, without its choice."""
    depths = depths_of(study, rung)
    share = sum(1.0 if layer is None else FROZEN for layer in depths) / len(depths)
    each = share * training_passes(study, rung) + _judged(study, model, domain)
    return float(n_splits * runs_of_split(study, domain, rung) * each)


def choice_passes(study: Study, rung: str) -> float:
    """Return the forward passes of one map that the choice of a rung's weight takes, on the first split."""
    candidates = training_of_repair(study).weights.get(rung, ())
    return float(len(candidates) * (training_passes(study, rung) + _CHOICE_MAPS)) if len(candidates) > 1 else 0.0


def training_passes(study: Study, rung: str) -> float:
    """Return the forward passes of one map that a training takes: of the source, and of what else the rung sees."""
    training = training_of_repair(study)
    return float(STEP * training.steps * training.batch * _domains_of_step(REPAIRS[rung], training.third or ()))


def runs_of_split(study: Study, domain: str, rung: str) -> int:
    """Return how many networks a rung trains on each split: by seed, number of simulations, depth and prior."""
    section, training = repair_section(study), training_of_repair(study)
    priors = (2 if section.prior else 0) + (1 if prior_domain(study, domain) else 0)
    samples = len(numbers_tuned(study, rung)) + priors if "target_maps" in REPAIRS[rung].needs else 1
    return training.seeds * len(depths_of(study, rung)) * samples


def _numbers(study: Study, domain: str) -> list[int]:
    """Return the simulations of each entry of a rung without training: as asked for, of half, of one cosmology."""
    section = repair_section(study)
    most = max(section.simulations)
    halves = [most // 2] * 2 if section.prior else []
    return [*section.simulations, *halves, *([most] if prior_domain(study, domain) else [])]


def _domains_of_step(repair: Repair, third: tuple[str, ...]) -> int:
    """Return of how many domains a step of training takes maps."""
    seen = [need for need in ("source_maps", "target_maps", "perturbed_maps") if need in repair.needs]
    return max(len(seen) + (len(third) if "third_maps" in repair.needs else 0), 1)


def _judged(study: Study, model: str, domain: str) -> float:
    """Return the maps that judge a network: of the target, of the own domain, and of one cosmology."""
    section, beside = repair_section(study), prior_domain(study, domain)
    names = [domain, own_domain(study, model), *([beside] if beside else [])]
    numbers = [simulations_judged(study, model, name) or study.catalogue.simulations["LH"] for name in names]
    found = zip(names, numbers, strict=True)
    return float(sum(number * judged_maps_each(study, name, section.maps_each) for name, number in found))
