"""The numbers of a study that the cost of repairs, pruning and trust depends on."""

from collections.abc import Mapping

from repshift.study.configuration import Study
from repshift.study.pruning_work import cause_passes, replacement_passes, retraining_passes
from repshift.study.repair_rungs import training_of_repair
from repshift.study.repair_work import (
    choice_passes,
    ladder_passes,
    n_entries,
    repaired_passes,
    rung_passes,
    runs_of_split,
)
from repshift.study.trust_work import trust_fits, trust_passes

Numbers = dict[str, float]


def sizes_of_repair(study: Study, kind: str, names: Mapping[str, str]) -> Numbers:
    """Return the forward passes of one map that stages after attribution take, as far as a kind is one of them."""
    model, domain, rung = (names.get(name, "") for name in ("model", "domain", "rung"))
    section = {"pruning": study.pruning, "retraining": study.pruning, "cause": study.pruning, "trust": study.trust}
    chosen = section.get(kind, study.repair)
    found: Numbers = {"batch": chosen.batch_size, "resamples": chosen.resamples} if chosen else {}
    if kind == "repair" and study.repair:
        return found | {"passes_made": ladder_passes(study, model, domain), "entries": n_entries(study, model, domain)}
    if kind == "rung" and study.repair:
        splits = names["splits"].split()
        chosen_first = choice_passes(study, rung) if "0" in splits else 0.0
        made = rung_passes(study, model, domain, rung, n_splits=len(splits))
        return found | {"passes_made": made + chosen_first}
    if kind == "rungs" and study.repair:
        return found | {"entries": runs_of_split(study, domain, rung) / training_of_repair(study).seeds}
    if kind == "latent_space" and study.repair and study.repair.latent_space:
        return found | {"attributed": study.repair.latent_space.maps}
    if kind == "repaired" and (entry := study.models[model].repaired):
        return found | {"passes_made": repaired_passes(study, entry)}
    passes = {"pruning": replacement_passes, "retraining": retraining_passes, "cause": cause_passes}
    if kind in passes and study.pruning:
        return found | {"passes_made": passes[kind](study, model, domain)}
    if kind == "trust" and study.trust:
        return found | {"passes_made": trust_passes(study, model, domain), "fits": trust_fits(study, model, domain)}
    return {}
