"""The command of each stage of a case, word for word: what a job of several stages runs one after the other."""

from typing import cast

from repshift.case.files import CaseFiles
from repshift.study.cases import (
    has_outputs,
    is_out_of_distribution,
    is_scored,
    own_domain,
    trials_of,
    unscored,
)
from repshift.study.configuration import Study
from repshift.study.files import case_simulations
from repshift.study.options import (
    Words,
    case_options,
    function_options,
    network_options,
    options,
    recording_options,
    reference_options,
    simulation_options,
    torch_options,
)
from repshift.study.refusals import require
from repshift.study.repair_model_jobs import repaired_command
from repshift.study.shifts import condition_of, is_paired, shift_of
from repshift.study.stages import OfCase
from repshift.study.values import held


def model_command(study: Study, model: str) -> Words:
    """Return the command that brings a model into the standard form; empty of one that CMD publishes."""
    entry, output = study.models[model], f"results/models/{model}.pt"
    if entry.repaired is not None:
        return repaired_command(study, model)
    named = ["--suite", entry.suite, "--field", entry.field_label]
    layers = ["--layers", *entry.layers] if entry.layers else []
    own = case_simulations(study, model, own_domain(study, model))
    if entry.weights is not None:
        return ["models", "choose", "--weights", entry.weights, *named, *layers, "--output", output]
    if entry.network is not None:
        return [
            "models",
            "network",
            *network_options(study, model),
            "--measured",
            *own["measured"],
            *named,
            "--output",
            output,
        ]
    if entry.untrained is None:
        return []
    how: dict[str, object] = {name: getattr(entry.untrained, name) for name in ("hidden", "dropout", "seed")}
    how |= {"split": study.domains[own_domain(study, model)].split, "batch-size": study.predictions.batch_size}
    how |= {"threads": study.threads}
    return ["models", "initialise", *simulation_options(own), *named, *layers, *options(how), "--output", output]


def activations_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage activations."""
    how = [
        *case_options(study, model, domain),
        *recording_options(study),
        *torch_options(study, study.activations.batch_size),
    ]
    return ["activations", *how, "--output", CaseFiles(model, domain).activations]


def grams_command(study: Study, model: str, domain: str, *, cached: bool) -> Words:
    """Return the command of the stage grams: of activations that are written, or without writing them."""
    own, files = own_domain(study, model), CaseFiles(model, domain)
    outside = is_out_of_distribution(study, model, domain)
    if cached:
        reference = ["--reference", CaseFiles(model, own).activations] if outside else []
        device = options({"device": study.device, "threads": study.threads})
        return ["grams", "multiply", "--activations", files.activations, *reference, *device, "--output", files.grams]
    how = [
        *case_options(study, model, domain),
        *recording_options(study),
        *torch_options(study, study.activations.batch_size),
    ]
    reference = reference_options(study, model, own) if outside else []
    return ["grams", "record", *how, *reference, "--output", files.grams]


def predictions_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage predictions."""
    how = [*case_options(study, model, domain), *torch_options(study, study.predictions.batch_size)]
    unknown = unscored(study, domain)
    how += ["--unscored", *unknown] if unknown else []
    how += [] if is_scored(study, model, domain) else ["--without-truth"]
    return ["predictions", *how, "--output", CaseFiles(model, domain).predictions]


def symmetries_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage symmetries."""
    recorded, symmetries = study.activations, study.symmetries
    compared = {"n-maps": recorded.n_maps, "maps-each": recorded.maps_each, "seed": recorded.seed}
    if symmetries is not None:
        compared |= {"shifts": symmetries.shifts, "shifts-seed": symmetries.seed}
    how = [*case_options(study, model, domain), *options(compared), *torch_options(study, study.predictions.batch_size)]
    return ["symmetries", *how, "--output", CaseFiles(model, domain).symmetries]


def example_maps_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage example_maps, which chooses by predictions, or takes the first map."""
    files, simulations = CaseFiles(model, domain), case_simulations(study, model, domain)
    case = files.predictions if is_scored(study, model, domain) else files.grams
    maps = options({name: simulations[name] for name in ("maps", "measured")})
    return ["example_maps", "--case", case, *maps, *function_options(study, model), "--output", files.example_maps]


def of_case_command(study: Study, stage: str, model: str, domain: str) -> Words:
    """Return the command of a stage on request of a case: what it takes, and an option for each key of its section."""
    files, simulations, section = (
        CaseFiles(model, domain),
        case_simulations(study, model, domain),
        _of_case(study, stage),
    )
    how: dict[str, object] = {"grams": files.grams}
    how |= {name: simulations[name] for name in ("maps", "measured")} if "maps" in section.takes else {}
    how |= {name.replace("_", "-"): value for name, value in held(section)}
    how |= {"batch-size": study.cka.batch_size, "batch-seed": study.cka.seed} if "batches" in section.takes else {}
    how |= measure_options(study) if "measures" in section.takes else {}
    if "resources" in section.takes:
        how |= {"memory": f"{study.statistics.memory:g}", "device": study.statistics.device}
    paired = _paired(study, model, domain) if "pairing" in section.takes else []
    paired += function_options(study, model) if "maps" in section.takes else []
    return [stage, *options(how), *paired, "--output", files.of(stage)]


def measure_options(study: Study) -> dict[str, object]:
    """Return the options of measures beside CKA and of what they depend on, where the study has any."""
    found = {name: getattr(study.cka, name) for name in ("measures", "width", "neighbours", "share")}
    return {name: value for name, value in found.items() if value is not None}


def scores_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage scores, with intervals where the study has any."""
    files, section = CaseFiles(model, domain), study.intervals
    how = options({"resamples": section.resamples, "seed": section.seed} if section else {})
    return ["scores", "--predictions", files.predictions, "--grams", files.grams, *how, "--output", files.scores]


def shift_scores_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage shift_scores."""
    own, section = own_domain(study, model), study.shift_scores
    words = ["shift_scores", "--grams", CaseFiles(model, domain).grams, "--own-grams", CaseFiles(model, own).grams]
    for side, one in (("", domain), ("own-", own)):
        simulations, files = case_simulations(study, model, one), CaseFiles(model, one)
        named: dict[str, object] = {name: simulations[name] for name in ("maps", "measured")}
        named |= {"predictions": files.predictions} if has_outputs(study, model) else {}
        named |= {"symmetries": files.symmetries} if study.symmetries and has_outputs(study, model) else {}
        words += options({f"{side}{name}": value for name, value in named.items()})
        trials = [CaseFiles(other, one).predictions for other in trials_of(study, model, domain)]
        words += [f"--{side}trials", *trials] if trials else []
    how: dict[str, object] = {"shift": shift_of(study, domain), "condition": condition_of(study, domain)}
    if section is not None:
        how |= {"components": section.components, "folds": section.folds, "seed": section.seed}
        how |= {"halves": section.halves}
    output = ["--output", CaseFiles(model, domain).shift_scores]
    how_prepared = function_options(study, model)
    return [*words, *how_prepared, *_paired(study, model, domain), *options(how), *output]


def shift_steps_command(study: Study, model: str) -> Words:
    """Return the command of the stage shift_steps."""
    cases = [CaseFiles(model, domain) for domain in (study.shift_steps or {})[model]]
    scored = [case for case in cases if is_scored(study, model, case.domain)]
    words = ["shift_steps", "--grams", *(case.grams for case in cases)]
    words += ["--predictions", *(case.predictions for case in scored), "--scores", *(case.scores for case in scored)]
    words += ["--intervals", *(case.intervals for case in cases)] if study.intervals else []
    return [*words, "--output", f"results/shift_steps/{model}.nc"]


def _of_case(study: Study, stage: str) -> OfCase:
    """Return the section of a stage on request of a case."""
    section = getattr(study, stage)
    require(isinstance(section, OfCase), f"The stage '{stage}' is not one that the study has of every case.")
    return cast("OfCase", section)


def _paired(study: Study, model: str, domain: str) -> Words:
    """Return the flag that says that both domains show the same simulations, or partners, where they do."""
    return ["--paired"] if is_paired(study, model, domain) else []
