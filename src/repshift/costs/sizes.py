"""The numbers of a study that the cost of each part of a job depends on."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from repshift.costs.jobs import shown_maps
from repshift.costs.repair_sizes import sizes_of_repair
from repshift.storage.files import read_json
from repshift.study.attribution_jobs import attribution_section, outputs_of
from repshift.study.attribution_work import attributed_pixels, attribution_passes, feature_passes, shift_passes
from repshift.study.case_lists import shown_cases
from repshift.study.cases import (
    cases,
    infers,
    is_out_of_distribution,
    parent_of,
    provider_of,
    repaired_from,
    shift_step_cases,
    shifted_pairs,
    trained_in_the_run,
)
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import shape_of_maps
from repshift.study.function_suites import Function
from repshift.study.generation import n_objects, numbers_made
from repshift.study.sizes import perturbed_maps, perturbed_maps_each, side_of, size_of
from repshift.study.stress_axes import axes_of_domain, n_levels, section_of, strengths_of
from repshift.study.training import Training
from repshift.vocabulary import MAPS_PER_SIMULATION, InputError

ASSUMED_SECONDS: Final = 0.005
"""Seconds of one core that an object of the user's own code takes, until `repshift check` tries it."""

Numbers = dict[str, float]


def sizes_of(study: Study, kind: str, names: Mapping[str, str]) -> Numbers:
    """Return the numbers that the cost of a part depends on.

    Parameters
    ----------
    kind
        One of `repshift.costs.kinds.KINDS`, or any other word.
    names
        What it is done to, as far as it has them: model, domain, suite, set, field, split; activations "unwritten".
    """
    found = _settings(study, unwritten=names.get("activations") == "unwritten") | _settings_of(study, kind, names)
    model, domain = names.get("model", ""), names.get("domain", "")
    if kind in ("stress", "smallest") and study.stress:
        found |= _sizes_of_stress(study, model, domain)
    if kind in ("attribution", "attribution_of_shift", "features") and study.attribution:
        found |= _sizes_of_attribution(study, model, domain)
    if model in study.models:
        found |= sizes_of_repair(study, kind, names)
    if kind in ("training", "publish_model"):
        return found | _sizes_of_training(study, model)
    if model in study.models:
        shown = domain or next(iter(study.cases.get(model, ())), "")
        return found | (_sizes_of_domain(study, model, shown) if shown else {}) | width_of(study, model)
    if kind == "generate":
        n_made, pixels = numbers_made(study, names["suite"])
        return found | {"simulations": n_made, "object_pixels": pixels, "object_seconds": ASSUMED_SECONDS}
    if names.get("suite") in study.suites and "set" in names:
        found |= sizes_of_set(study, names["suite"], names["set"], field=names.get("field", ""))
        found["shown"] = shown_maps(found["maps"], names.get("split", "all"))  # type: ignore[arg-type]
    return found


def _settings(study: Study, *, unwritten: bool) -> Numbers:
    """Return the numbers that are the same for every part."""
    recorded = study.activations
    return {
        "n_maps": recorded.n_maps,
        "passes": recorded.passes,
        "recorded": recorded.passes if unwritten else 0,
        "measures": len(study.cka.measures or ()),
        "cases": len(cases(study)),
        "batch": study.predictions.batch_size,
        "resamples": study.intervals.resamples if study.intervals else 0,
    }


def _settings_of(study: Study, kind: str, names: Mapping[str, str]) -> Numbers:
    """Return the numbers of the section of one kind."""
    if kind in ("activations", "grams"):
        return {"batch": study.activations.batch_size}
    if kind == "permutation_tests" and study.permutation_tests:
        return {"permutations": study.permutation_tests.permutations}
    if kind == "influence" and study.influence:
        return {"most": study.influence.most, "draws": study.influence.draws}
    if kind == "sample_size" and study.sample_size:
        sizes = study.sample_size.sizes or ()
        return {"draws": study.sample_size.draws, "n_sizes": len(sizes), "area": sum(size * size for size in sizes)}
    if kind == "shift_scores" and study.shift_scores:
        n_cases = sum(model == names.get("model") for model, _ in shifted_pairs(study))
        return {"folds": study.shift_scores.folds, "halves": study.shift_scores.halves / max(n_cases, 1)}
    if kind == "symmetries" and study.symmetries:
        return {"shifts": study.symmetries.shifts}
    if kind in ("failures", "correlations") and study.failures:
        return {"resamples": study.failures.resamples}
    if kind == "shift_steps":
        of_model = (study.shift_steps or {}).get(names.get("model", ""))
        return {"cases": len(shift_step_cases(study) if of_model is None else of_model)}
    if kind == "sample" and study.maps.cmd and study.maps.cmd.slices:
        sample = study.maps.cmd.slices.sample
        return {"sample": sys.maxsize if sample == "all" else sample}
    return {}


def sizes_of_set(study: Study, suite: str, set_name: str, *, field: str) -> Numbers:
    """Return how many maps a set of a suite has, and their side; as CMD's LH where nothing says it before the run."""
    mock = study.maps.mock
    if provider_of(study, suite) == "mock" and mock is not None:
        simulations = mock.simulations[set_name]
        numbers = {"simulations": simulations, "particles": mock.particles or mock.size}
        return {"maps": simulations * MAPS_PER_SIMULATION, "pixels": mock.size, **numbers}
    if isinstance(entry := study.suites[parent_of(study, suite)], Function):
        each, side = entry.maps_per_simulation, side_of(entry.sides)
        return {"maps": (n_objects(study, parent_of(study, suite), set_name) or 0) * each, "pixels": side}
    shape = _shape_of_maps(study, parent_of(study, suite), set_name, field=field)
    if shape is not None:
        return {"maps": shape[0], "pixels": side_of(shape[1:])}
    catalogue = study.catalogue
    known = size_of(study, suite, set_name, field=field)
    simulations = known.n_simulations if known else catalogue.simulations["LH"]
    found: Numbers = {"maps": simulations * catalogue.maps_per_simulation, "pixels": catalogue.pixels}
    return found if known else found | {"assumed": 1}


def _shape_of_maps(study: Study, suite: str, set_name: str, *, field: str) -> tuple[int, int, int] | None:
    """Return the shape of a file of maps that is there; None where it is to be fetched or converted, or is damaged."""
    try:
        return shape_of_maps(study, suite, set_name, channel=field)
    except InputError:  # The job that reads it says so; `check_headers` does before a plan.
        return None


def check_headers(study: Study) -> None:
    """Check the headers of all files of maps that are there.

    Raises
    ------
    InputError
        If one is cut or damaged.
    """
    shown = {
        (study.domains[domain].suite, study.domains[domain].set, channel)
        for model, domain in shown_cases(study)
        for channel in channels_of(study, model)
    }
    for suite, set_name, field in sorted(shown):
        shape_of_maps(study, parent_of(study, suite), set_name, channel=field)


def _sizes_of_domain(study: Study, model: str, domain: str) -> Numbers:
    """Return the numbers of the maps that a model is shown."""
    entry = study.domains[domain]
    found = sizes_of_set(study, entry.suite, entry.set, field=channels_of(study, model)[0])
    outside = is_out_of_distribution(study, model, domain)
    return found | {"shown": shown_maps(found["maps"], entry.split), "domains": 1 + outside}


def _sizes_of_stress(study: Study, model: str, domain: str) -> Numbers:
    """Return the numbers of the maps that are perturbed, and of what is made from them."""
    section = section_of(study)
    found: Numbers = {
        "levels": n_levels(study, model, domain),
        "perturbed": perturbed_maps(study, model, domain),
        "drift": section.drift_maps,
        "batch": section.batch_size,
        "resamples": section.resamples,
        "halves": section.halves,
        "remade": _remade(study, model, domain),
        "object_seconds": ASSUMED_SECONDS,
    }
    if section.smallest is not None:
        one = section.smallest
        outputs = len(one.outputs or infers(study, model))
        found |= {"attacked": one.maps, "attacks": 2 * outputs * (one.steps + one.draws) + one.candidates}
    return found


def _sizes_of_attribution(study: Study, model: str, domain: str) -> Numbers:
    """Return the forward passes of one map that attributions take, and the pixels that are written."""
    section = attribution_section(study)
    found: Numbers = {
        "attributed": section.maps,
        "attribution_passes": attribution_passes(study, model, domain),
        "attribution_pixels": attributed_pixels(study, model, domain),
        "shift_passes": shift_passes(study, model),
        "batch": section.batch_size,
        "resamples": section.resamples,
        "outputs": len(outputs_of(study, model)),
    }
    return found | ({"feature_passes": feature_passes(study, model)} if section.features else {})


def _remade(study: Study, model: str, domain: str) -> int:
    """Return how many objects a generator makes again, with another value of a parameter."""
    axes = axes_of_domain(study, domain).items()
    strengths = [strengths_of(study, model, name, axis) for name, axis in axes if axis.parameter is not None]
    n_objects = perturbed_maps(study, model, domain) // perturbed_maps_each(study, domain)
    return n_objects * sum(len(one) - 1 for one in strengths)


def _sizes_of_training(study: Study, model: str) -> Numbers:
    """Return the numbers of a network that is trained, and of the maps that it is trained on."""
    entry, training = study.models[model], study.training or Training()
    found = sizes_of_set(study, entry.suite, training.set, field=channels_of(study, model)[0])
    return found | {"hidden": training.hidden, "batch": training.batch_size, "epochs": training.epochs}


def width_of(study: Study, model: str) -> Numbers:
    """Return the width of a network of CMD where it is known before the run; nothing where it is not."""
    model = repaired_from(study, model)
    entry = study.models[model]
    if entry.untrained is not None:
        return {"hidden": entry.untrained.hidden}
    described = Path(entry.weights or f"results/models/{model}.pt").with_suffix(".json")
    if described.is_file():
        found = read_json(described)
        is_known = found["constructor"] == "repshift.networks.CMDNetwork"
        return {"hidden": found["arguments"]["hidden"]} if is_known else {}
    return {"hidden": study.training.hidden} if study.training and model in trained_in_the_run(study) else {}
