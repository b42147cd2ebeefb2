"""The command of each stage of a case, word for word: what a job of several stages runs one after the other."""

import json
from collections.abc import Mapping
from typing import cast

from repshift.case.files import CaseFiles
from repshift.study.cases import (
    has_outputs,
    is_out_of_distribution,
    is_scored,
    own_domain,
    provider_of,
    trials_of,
    unscored,
)
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import Simulations, case_simulations
from repshift.study.models import Network
from repshift.study.refusals import require
from repshift.study.shifts import condition_of, is_paired, shift_of
from repshift.study.stages import OfCase
from repshift.study.values import held
from repshift.vocabulary import REDSHIFT

Words = list[str]


def model_command(study: Study, model: str) -> Words:
    """Return the command that brings a model into the standard form; empty of one that CMD publishes."""
    entry, output = study.models[model], f"results/models/{model}.pt"
    named = ["--suite", entry.suite, "--field", entry.field_label]
    layers = ["--layers", *entry.layers] if entry.layers else []
    own = case_simulations(study, model, own_domain(study, model))
    if entry.weights is not None:
        return ["models", "choose", "--weights", entry.weights, *named, *layers, "--output", output]
    if entry.network is not None:
        return [
            "models",
            "network",
            *_network(study, model),
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
    return ["models", "initialise", *_simulations(own), *named, *layers, *options(how), "--output", output]


def activations_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage activations."""
    how = [*_case(study, model, domain), *_recording(study), *_torch(study, study.activations.batch_size)]
    return ["activations", *how, "--output", CaseFiles(model, domain).activations]


def grams_command(study: Study, model: str, domain: str, *, cached: bool) -> Words:
    """Return the command of the stage grams: of activations that are written, or without writing them."""
    own, files = own_domain(study, model), CaseFiles(model, domain)
    outside = is_out_of_distribution(study, model, domain)
    if cached:
        reference = ["--reference", CaseFiles(model, own).activations] if outside else []
        device = options({"device": study.device, "threads": study.threads})
        return ["grams", "multiply", "--activations", files.activations, *reference, *device, "--output", files.grams]
    how = [*_case(study, model, domain), *_recording(study), *_torch(study, study.activations.batch_size)]
    reference = _reference(study, model, own) if outside else []
    return ["grams", "record", *how, *reference, "--output", files.grams]


def predictions_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage predictions."""
    how = [*_case(study, model, domain), *_torch(study, study.predictions.batch_size)]
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
    how = [*_case(study, model, domain), *options(compared), *_torch(study, study.predictions.batch_size)]
    return ["symmetries", *how, "--output", CaseFiles(model, domain).symmetries]


def example_maps_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the stage example_maps, which chooses by predictions, or takes the first map."""
    files, simulations = CaseFiles(model, domain), case_simulations(study, model, domain)
    case = files.predictions if is_scored(study, model, domain) else files.grams
    maps = options({name: simulations[name] for name in ("maps", "measured")})
    return ["example_maps", "--case", case, *maps, *_functions(study, model), "--output", files.example_maps]


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
    paired += _functions(study, model) if "maps" in section.takes else []
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
    how_prepared = _functions(study, model)
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


def options(values: Mapping[str, object]) -> Words:
    """Return options and their values, one or several."""
    several = {name: value if isinstance(value, tuple) else (value,) for name, value in values.items()}
    return [word for name, words in several.items() for word in (f"--{name}", *map(str, words))]


def _functions(study: Study, model: str) -> Words:
    """Return what names the user's own functions that maps of a model are prepared by."""
    entry = study.models[model]
    function, path = entry.preprocessing.function, entry.network.path if entry.network else None
    source = {"functions-source": path} if path else {}
    return options({"functions": function, **source}) if function else []


def _simulations(files: Simulations) -> Words:
    """Return the files of a set of simulations; parameters or labels where there are any."""
    return options({name: files[name] for name in ("maps", "parameters", "measured") if name in files})


def _case(study: Study, model: str, domain: str) -> Words:
    """Return what names a case, its network and its files."""
    entry = study.domains[domain]
    named = {"model": model, "weights": f"results/models/{model}.pt"}
    shown = {"domain": domain, "suite": entry.suite, "set": entry.set, "split": entry.split}
    shown |= {"standardisation": entry.standardisation}
    shown |= {} if provider_of(study, entry.suite) in ("files", "function") else {"redshift": f"{REDSHIFT:g}"}
    simulations = _simulations(case_simulations(study, model, domain))
    return [*options(named), *_constructor(study, model), *simulations, *_functions(study, model), *options(shown)]


def _constructor(study: Study, model: str) -> Words:
    """Return what names the code of a network of one's own; nothing of a network of CMD."""
    network = study.models[model].network
    if network is None:
        return []
    return ["--constructor", network.constructor, *(["--source", network.path] if network.path else [])]


def _network(study: Study, model: str) -> Words:
    """Return how a network of one's own is built, and what of it is read."""
    network, prepared = study.models[model].network, study.models[model].preprocessing
    if network is None:
        return []
    return [
        *_constructor(study, model),
        *("--arguments", json.dumps(network.arguments)),
        *("--seed", str(network.seed or 0)),
        *(["--weights", network.weights] if network.weights else []),
        *(["--files", *network.files] if network.files else []),
        *([] if network.is_trained else ["--untrained"]),
        *(["--layers", *network.layers] if network.layers else []),
        *(["--outputs", *network.outputs] if network.outputs else []),
        *_classes(network),
        *(["--moments", *_moments(study, model)] if prepared.mean is not None else []),
    ]


def _moments(study: Study, model: str) -> Words:
    """Return the given mean and standard deviation of each channel."""
    prepared = study.models[model].preprocessing
    pairs = [prepared.moments_of(number) for number in range(len(channels_of(study, model)))]
    return [str(value) for pair in pairs for value in pair]


def _classes(network: Network) -> Words:
    """Return what a classifier infers; nothing of another network."""
    if network.classes is None:
        return []
    return ["--task", network.task, "--classes", *map(str, network.classes), "--output-scale", network.output_scale]


def _recording(study: Study) -> Words:
    """Return which maps are compared, and how they are run through a network."""
    names = ("n_maps", "maps_each", "seed", "passes", "dropout", "precision")
    return options({name.replace("_", "-"): getattr(study.activations, name) for name in names})


def _torch(study: Study, batch_size: int) -> Words:
    """Return how torch computes."""
    return options({"batch-size": batch_size, "device": study.device, "threads": study.threads})


def _reference(study: Study, model: str, own: str) -> Words:
    """Return the model's own domain, for the cross block of Gram matrices."""
    entry, files = study.domains[own], case_simulations(study, model, own)
    named: dict[str, object] = {"domain": own, "suite": entry.suite, "set": entry.set, "split": entry.split}
    named |= {"standardisation": entry.standardisation, "maps": files["maps"], "measured": files["measured"]}
    return options({f"reference-{name}": value for name, value in named.items()})


def _paired(study: Study, model: str, domain: str) -> Words:
    """Return the flag that says that both domains show the same simulations, or partners, where they do."""
    return ["--paired"] if is_paired(study, model, domain) else []
