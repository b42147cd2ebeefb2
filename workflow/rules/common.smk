"""What rules share: the environment of a command, names of files, settings of a suite, a domain or a model."""

import json
import re
import shlex
import sys
from pathlib import Path

from snakemake import __version__ as SNAKEMAKE
from snakemake.settings.types import DeploymentMethod

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))

from repshift.imports import closure_digest


def environment():
    """Return what precedes every command: the package, the interpreter, what makes sums come out the same."""
    variables = {"PYTHONPATH": str(SOURCE)}
    variables["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    variables |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    exports = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    if DeploymentMethod.CONDA not in workflow.deployment_settings.deployment_method:
        exports.append(f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    return f"set -euo pipefail; export {' '.join(exports)}; "


def grown(base):
    """Return the function of wildcards and attempt that asks for a number, and as much again on each retry.

    The number may be a function of wildcards and threads.
    """

    def grow(wildcards, threads, attempt):
        return attempt * (base(wildcards, threads) if callable(base) else base)

    return grow


def digest(stage):
    """Return the digest of the code of a stage, so that a change of it reruns the rule."""
    return closure_digest(f"repshift.stages.{stage}", source=SOURCE)


def digest_of(module):
    """Return the digest of a part of the package, where an edit of the rest of a stage must fetch nothing again."""
    return closure_digest(f"repshift.{module}", source=SOURCE)


def simulation_files(suite, set_name, field, *, split, variant):
    """Return the files of a set of simulations in one field: maps, parameters, measured."""
    made = f"results/maps/{suite}"
    name = f"Maps_{field}_{suite}_{set_name}_z=0.00"
    parameters = f"{made}/params_{set_name}_{suite}.txt"
    measured = f"{made}/{name}{variant}.json"
    if suite in LOCAL:
        maps = local_file("maps", suite, set_name=set_name, field=field)
        parameters = local_file("parameters", suite, set_name=set_name)
        return {"maps": maps, "parameters": parameters, "measured": measured}
    if suite in DERIVED:
        parent = simulation_files(parent_of(suite), set_name, field, split=split, variant=variant)
        return parent | {"maps": f"{made}/{name}.npy", "measured": measured}
    if suite in FILES:
        own = own_file(suite, "maps", set_name, field=field)
        labels = own_file(suite, "labels", set_name)
        maps = f"{made}/{name}.npy" if is_converted(own) else own
        return {"maps": maps, "measured": measured} | ({"parameters": labels} if labels else {})
    if suite in SLICED:
        part = f"{made}/{split}/{name}{variant}"
        return {"maps": f"{part}.npy", "parameters": parameters, "measured": f"{part}.json"}
    return {"maps": f"{made}/{name}.npy", "parameters": parameters, "measured": measured}


def case_simulations(model, domain):
    """Return the files of a domain's simulations, as a model takes them."""
    entry = config["domains"][domain]
    return simulation_files(
        entry["suite"],
        entry["set"],
        config["models"][model]["field"],
        split=entry["split"],
        variant=variant(model),
    )


def domain_files(wildcards):
    """Return the files of a case's simulations."""
    return case_simulations(wildcards.model, wildcards.domain)


def of_case(kind):
    """Return the function of wildcards that looks up one file of a case's simulations: maps, or measured."""

    def lookup(wildcards):
        return domain_files(wildcards)[kind]

    return lookup


def labels_flag(wildcards, input):
    """Return the flag that names the parameters or labels of the simulations, where there are any."""
    return ["--parameters", input.parameters] if "parameters" in input.keys() else []


def configuration_files():
    """Return the configuration that runs, by its path from here where it lies inside: a copy elsewhere is the same run."""
    paths, here = map(Path, workflow.configfiles), Path.cwd()
    return [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths]


def own_domain(model):
    """Return the domain of a model's own suite, the first it is shown."""
    return config["cases"][model][0]


def of_domain(key):
    """Return the function of wildcards that looks up a setting of the domain."""

    def lookup(wildcards):
        return config["domains"][wildcards.domain][key]

    return lookup


def of_model(*keys):
    """Return the function of wildcards that looks up a setting of the model."""

    def lookup(wildcards):
        value = config["models"][wildcards.model]
        for key in keys:
            value = value[key]
        return value

    return lookup


def case_files(stage, *, cases=None):
    """Return the files of a stage for all cases, in the order of the configuration, or for some."""
    named = all_cases() if cases is None else cases
    return [f"results/{stage}/{model}/{domain}.nc" for model, domain in named]


def statistics_files(stage, *, cases=None):
    """Return the files of a stage of statistics, as `case_files`; none where the configuration leaves it out."""
    return case_files(stage, cases=cases) if stage in config else []


def resampling_flags():
    """Return the flags of the intervals of scores, where the configuration has intervals."""
    return [f for key, value in config.get("intervals", {}).items() for f in (f"--{key}", value)]


def comparison_files():
    """Return the files of all networks compared with each other, in the order of the configuration."""
    return [
        "results/cka/{}/{}/{}/{}.nc".format(*compared["rows"], *compared["columns"])
        for compared in config.get("comparisons", [])
    ]


def pairing_of(wildcards):
    """Return what pairs the maps of two networks that are compared with each other."""
    rows, columns = (
        [wildcards.model, wildcards.domain],
        [wildcards.model_other, wildcards.domain_other],
    )
    for compared in config.get("comparisons", []):
        if compared["rows"] == rows and compared["columns"] == columns:
            return compared.get("pairing", "map")
    return "map"


def measure_flags():
    """Return the flags that name the measures beside CKA and what they depend on, where the configuration does."""
    named = {key: config["cka"][key] for key in MEASURE_KEYS if key in config["cka"]}
    measures = named.pop("measures", [])
    flags = [word for key, value in named.items() for word in (f"--{key}", value)]
    return ["--measures", *measures, *flags] if measures else []


def all_cases():
    """Return all cases, model and domain, in the order of the configuration."""
    return [(model, domain) for model in config["cases"] for domain in config["cases"][model]]


def scored_files(*, cases=None):
    """Return the predictions of all cases that are scored, or of those among some cases."""
    return [
        f"results/predictions/{model}/{domain}.nc"
        for model, domain in (all_cases() if cases is None else cases)
        if is_scored(model, domain)
    ]


def attributed_cases():
    """Return the cases of attribution, model by model: own domain, the other, the steps."""
    named = config.get("attribution", {})
    return [(model, domain) for model in named for domain in named[model]]


def chosen_by(wildcards):
    """Return what the example map of a case is chosen by: predictions, or CKA where there are none."""
    stage = "predictions" if is_scored(wildcards.model, wildcards.domain) else "cka"
    return f"results/{stage}/{wildcards.model}/{wildcards.domain}.nc"


def example_files(figure):
    """Return the example map of each case of a figure."""
    return case_files("examples", cases=drawn_cases(figure))


def channel_of(kind):
    """Return the function of wildcards that lists the four numbers of one kind of a mock suite's feedback."""

    def lookup(wildcards):
        channel = config["suites"][wildcards.suite][kind]
        return [
            channel["efficiency"],
            channel["second_energy_exponent"],
            channel["ambient_overdensity"],
            channel["second_radius_exponent"],
        ]

    return lookup


def simulation_threads():
    """Return how many simulations may run at a time: a single one where it takes gigabytes."""
    return 16 if config["maps"]["mock"]["size"] < 256 else 1


def particles():
    """Return the particles along one side of a mock simulation, as many as pixels unless the configuration says."""
    return config["maps"]["mock"].get("particles", config["maps"]["mock"]["size"])


def simulations_of(wildcards):
    """Return how many simulations a set of a mock suite has."""
    return config["maps"]["mock"]["simulations"][wildcards.set]


def measured_maps(wildcards):
    """Return the file of maps to measure, computed or fetched here, or where it lies."""
    files = simulation_files(
        wildcards.suite, wildcards.set, wildcards.field, split="all", variant=wildcards.variant
    )
    return files["maps"]


def source_of_maps(wildcards):
    """Return the FITS file, or all files of the folder of FITS files, that maps are converted from."""
    source = Path(own_file(wildcards.suite, "maps", wildcards.set, field=wildcards.field))
    return sorted(map(str, source.iterdir())) if source.is_dir() else str(source)


def source_flag(wildcards):
    """Return that file or folder."""
    return own_file(wildcards.suite, "maps", wildcards.set, field=wildcards.field)


def derived_files(wildcards):
    """Return the files of maps that a derived suite is made from: its parent's, and those of the suite it is to be like."""
    suite = config["suites"][wildcards.suite]
    return {
        name: simulation_files(suite[key], wildcards.set, wildcards.field, split="all", variant="")[
            "maps"
        ]
        for name, key in (("maps", "of"), ("like", "like"))
        if key in suite
    }


def derived_flags(wildcards, input):
    """Return the flags that say how the maps of a derived suite are made."""
    suite = config["suites"][wildcards.suite]
    logarithm = [] if suite.get("logarithm", True) else ["--no-logarithm"]
    if "matching" in suite:
        return ["--matching", suite["matching"], "--like", input.like, *logarithm]
    if "beam" in suite:
        return ["--beam", suite["beam"]]
    drawn_by = ["--seed", suite.get("seed", 1), "--names", *wildcards]
    return ["--noise", suite["noise"], *drawn_by, *logarithm]


def form_flags(wildcards):
    """Return the flags that say what CMD would say of a file of maps: the field, and how many make a simulation."""
    suite = config["suites"][parent_of(wildcards.suite)]
    field = config.get("fields", {}).get(wildcards.field)
    quantity = ["--quantity", field["long_name"], field["units"]] if field else []
    if suite["provider"] != "files":
        return quantity
    return [*quantity, "--maps-per-simulation", suite.get("maps_per_simulation", 1)]


def logarithm_flag(wildcards):
    """Return the flag that leaves the logarithm out, where maps are prepared so."""
    return [] if VARIANTS[wildcards.variant]["logarithm"] else ["--no-logarithm"]


def of_variant(key):
    """Return the function of wildcards that looks up how the maps are prepared."""

    def lookup(wildcards):
        return VARIANTS[wildcards.variant][key]

    return lookup


def training_files(wildcards):
    """Return the files of the set that a model is trained on."""
    model = config["models"][wildcards.model]
    return simulation_files(
        model["suite"],
        config["training"]["set"],
        model["field"],
        split="all",
        variant=variant(wildcards.model),
    )


def moments_of_trial(wildcards):
    """Return what was measured of the maps that a published network was trained on."""
    model = config["models"][wildcards.model]
    name = f"Maps_{model['field']}_{model['suite']}_{CATALOGUE['training_set']}_z=0.00"
    return f"results/maps/{model['suite']}/{name}{variant(wildcards.model)}.json"


def training_results(suffix):
    """Return one file of each model that training.models names."""
    return [f"results/training/{model}.{suffix}" for model in config["training"]["models"]]


def published():
    """Return a marker of each trained model that the configuration looks for elsewhere than where it was trained."""
    return [
        f"results/training/{model}.published"
        for model in config["training"]["models"]
        if config["models"][model]["weights"] != f"results/training/{model}.pt"
    ]


def training_seed(wildcards):
    """Return what draws the training of a model: a seed of its own, or that of all."""
    return config["models"][wildcards.model].get("seed", config["training"]["seed"])


def settings_of(stage, *, but):
    """Return a stage's section but for some keys, which shape no number and so must rerun nothing."""
    return {key: value for key, value in config[stage].items() if key not in but}


def configuration_of_training(wildcards):
    """Return what made a model's training maps, as JSON, for the provenance."""
    name = config["models"][wildcards.model]["suite"]
    made = {"set": config["training"]["set"], "suite": config["suites"][name]}
    if provider_of(name) == "mock":
        made["mock"] = config["maps"]["mock"]
    return json.dumps(made, sort_keys=True)


def description_of(wildcards):
    """Return the description beside a model's weights."""
    return str(Path(config["models"][wildcards.model]["weights"]).with_suffix(".json"))


def layers_flag(wildcards):
    """Return the flag that names the layers of a network of CMD, where the configuration does."""
    layers = config["models"][wildcards.model].get("layers")
    return ["--layers", *layers] if layers else []


def network_files(wildcards):
    """Return what a network of one's own is made of: maps as it takes them, measured, and weights where it has any."""
    weights = of_model("network", "weights")(wildcards)
    measured = own_domain_files(wildcards)["measured"]
    return {"measured": measured} | ({"weights": weights} if weights else {})


def network_flags(wildcards):
    """Return the flags that say how a network of one's own is built and what of it is read."""
    network, prepared = (of_model(key)(wildcards) for key in ("network", "preprocessing"))
    weights = network["weights"]
    return [
        *constructor_flags(wildcards),
        *("--arguments", json.dumps(network.get("arguments", {}))),
        *("--seed", network.get("seed", 0)),
        *(["--weights", weights] if weights else []),
        *(["--layers", *network["layers"]] if "layers" in network else []),
        *(["--outputs", *network["outputs"]] if "outputs" in network else []),
        *(["--moments", prepared["mean"], prepared["std"]] if "mean" in prepared else []),
    ]


def constructor_flags(wildcards):
    """Return the flags that name the code of a network of one's own; none for a network of CMD."""
    network = config["models"][wildcards.model].get("network")
    if network is None:
        return []
    return [
        "--constructor",
        network["constructor"],
        *(["--code", network["path"]] if "path" in network else []),
    ]


def digest_of_network(wildcards):
    """Return the digest of the code of a network of one's own, and of what it imports beside it, where it is not installed."""
    network = config["models"][wildcards.model].get("network", {})
    if "path" not in network:
        return ""
    return closure_digest(network["constructor"].partition(":")[0], source=Path(network["path"]))


def own_domain_files(wildcards):
    """Return the files of the domain that sets an untrained network's batch statistics."""
    return case_simulations(wildcards.model, own_domain(wildcards.model))


def own_split(wildcards):
    """Return the split of that domain."""
    return config["domains"][own_domain(wildcards.model)]["split"]


def kept(path):
    """Return an output that stays on disk where the configuration keeps activations."""
    return path if config["activations"]["keep"] else temp(path)


def gram_files(wildcards):
    """Return the activations of a case and, where it is out of distribution, those of the model's own domain."""
    files = {"activations": f"results/activations/{wildcards.model}/{wildcards.domain}.nc"}
    if is_out_of_distribution(wildcards):
        files["reference"] = (
            f"results/activations/{wildcards.model}/{own_domain(wildcards.model)}.nc"
        )
    return files


def is_out_of_distribution(wildcards):
    """Return whether the domain's suite is not the model's."""
    return (
        config["domains"][wildcards.domain]["suite"] != config["models"][wildcards.model]["suite"]
    )


def recorded_files(wildcards):
    """Return the files of a case's simulations and, where it is out of distribution, of the model's own domain."""
    files = domain_files(wildcards)
    if is_out_of_distribution(wildcards):
        own = own_domain_files(wildcards)
        files |= {f"reference_{kind}": own[kind] for kind in ("maps", "measured")}
    return files


def recorded_reference_flags(wildcards, input):
    """Return the flags that name the model's own domain and its files, where there are any."""
    if "reference_maps" not in input.keys():
        return []
    own = own_domain(wildcards.model)
    named = {
        "domain": own,
        **config["domains"][own],
        "maps": input.reference_maps,
        "measured": input.reference_measured,
    }
    return [word for name, value in named.items() for word in (f"--reference-{name}", value)]


def reference_flag(wildcards, input):
    """Return the flag that names the model's own domain, where there is one."""
    return ["--reference", input.reference] if "reference" in input.keys() else []


def predictors_files():
    """Return the predictors of every pair that can fail, where they are asked for."""
    pairs = failing_pairs() if "predictors" in config else []
    return [f"results/predictors/{model}/{domain}.nc" for model, domain in pairs]


def predicted_pairs():
    """Return the predictions of every pair whose failure is asked for, and of its model's own domain."""
    return {
        "predictions": [
            f"results/predictions/{model}/{domain}.nc" for model, domain in failing_pairs()
        ],
        "own_predictions": [
            f"results/predictions/{model}/{own_domain(model)}.nc" for model, _ in failing_pairs()
        ],
    }


def trials_of(model, domain):
    """Return the other trials of a model that are shown the same domain and the model's own, each network once."""
    own, known, found = own_domain(model), [weights_of(model)], []
    for other in config["cases"]:
        if (
            is_trial(model, other)
            and weights_of(other) not in known
            and own_domain(other) == own
            and domain in config["cases"][other]
            and is_scored(other, domain)
            and is_scored(other, own)
        ):
            known.append(weights_of(other))
            found.append(other)
    return found


def is_trial(model, other):
    """Return whether two trained models are alike in all but the seed, or the rank, that made their weights."""
    pair, trained_here = (model, other), trained_in_the_run()
    seeds = [
        config["models"][name].get("seed", config["training"]["seed"])
        for name in pair
        if name in trained_here
    ]
    return (
        all(is_trained(name) for name in pair)
        and without_weights(model) == without_weights(other)
        and len(seeds) != 1
        and (not seeds or seeds[0] != seeds[1])
    )


def without_weights(model):
    """Return all that is said of a model, but which weights it has and the seed that drew them."""
    said = {key: value for key, value in config["models"][model].items() if key != "seed"}
    if "network" in said:
        return said | {"network": said["network"] | {"weights": None}}
    return said | {key: None for key in ("weights", "rank") if key in said}


def predictor_files(wildcards):
    """Return what a case out of distribution is compared by, but for its Gram matrices."""
    model, domain = wildcards.model, wildcards.domain
    files = {}
    for side, one in (("", domain), ("own_", own_domain(model))):
        simulated = case_simulations(model, one)
        files |= {f"{side}{kind}": simulated[kind] for kind in ("maps", "measured")}
        files[f"{side}predictions"] = f"results/predictions/{model}/{one}.nc"
        files[f"{side}trials"] = [
            f"results/predictions/{other}/{one}.nc" for other in trials_of(model, domain)
        ]
        if "symmetries" in config:
            files[f"{side}symmetries"] = f"results/symmetries/{model}/{one}.nc"
    return {kind: named for kind, named in files.items() if named}


def symmetries_flags(wildcards, input):
    """Return the flags that name the scatter under symmetries of both domains, where there is any."""
    if "symmetries" not in input.keys():
        return []
    return ["--symmetries", input.symmetries, "--own-symmetries", input.own_symmetries]


def trials_flags(wildcards, input):
    """Return the flags that name the predictions of other trials on both domains, where there are any."""
    others = [wildcards.model, wildcards.domain]
    if not trials_of(*others):
        return []
    sides = (("--trials", wildcards.domain), ("--own-trials", own_domain(wildcards.model)))
    return [
        word
        for flag, domain in sides
        for word in (
            flag,
            *(f"results/predictions/{other}/{domain}.nc" for other in trials_of(*others)),
        )
    ]


def origin_of(domain):
    """Return the simulations of a domain: the suite that its maps are made of, its set and its split."""
    entry = config["domains"][domain]
    suite = config["suites"][entry["suite"]].get("of", entry["suite"])
    return suite, entry["set"], entry["split"]


def paired_flag(wildcards):
    """Return the flag that says that a domain shows the simulations of the model's own, or their partners, where it does."""
    shown, own = (origin_of(domain) for domain in (wildcards.domain, own_domain(wildcards.model)))
    return ["--paired"] if is_out_of_distribution(wildcards) and are_partners(shown, own) else []


def are_partners(shown, own):
    """Return whether two sets of simulations are one, or are known to have the same initial conditions."""
    listed = all(suite in REMOTE for suite in (shown[0], own[0]))
    partners = listed and shown[1:] == own[1:] and not own_seeds([shown[0], own[0]], own[1])
    return shown == own or partners


def shift_of(wildcards):
    """Return the kind of shift of a domain: what was done to another suite's maps, or that the suite is another."""
    suite = config["suites"][config["domains"][wildcards.domain]["suite"]]
    kinds = {"noise": "noise", "beam": "beam", "matching": "matched"}
    return next((kind for key, kind in kinds.items() if key in suite), "suite")


def condition_of(wildcards):
    """Return the shift of a domain, in words: what was done to maps, whatever the suite they are of, or the other suite."""
    name = config["domains"][wildcards.domain]["suite"]
    suite = config["suites"][name]
    if "matching" in suite:
        return f"{suite['matching']} like {suite['like']}"
    return next((f"{key} {suite[key]:g}" for key in ("noise", "beam") if key in suite), name)


def field_flags():
    """Return the flags that say in words what the fields are that CMD has not."""
    fields = config.get("fields", {})
    return [word for name in fields for word in ("--field", name, fields[name]["long_name"])]


def figure2_cases():
    """Return the cases of figure 2 that are not along the steps: each model on its own domain and the other."""
    models = [entry["model"] for entry in config["figures"]["figure2"]]
    return [(model, domain) for model in models for domain in config["attribution"][model][:2]]


def figure2_flags():
    """Return the flags that name the models of figure 2, and what parameters are drawn."""
    entries = config["figures"]["figure2"]
    flags = ["--models", *(entry["model"] for entry in entries)]
    flags += ["--parameters", *config["figures"].get("parameters", [])]
    for key in ("untrained", "layers"):
        for entry in entries:
            flags += [f"--{key}", entry["model"], entry[key]] if key in entry else []
    return flags


def tables():
    """Return every table of the configuration; of what goes with failure only where there are enough networks."""
    sections = [name for name in TABLES if name in config]
    written = ["scores", "similarity", *(table for name in sections for table in TABLES[name])]
    if "failures" in config and correlates():
        written += ["failure_correlations", "failure_transfers"]
    return [f"results/summary/{table}.csv" for table in written]


def figures():
    """Return every figure of the configuration."""
    named = ("figure1", "figure2", "controls", "measures", "predictions")
    drawn = [name for name in named if name in config["figures"]]
    drawn += ["comparisons"] if "comparisons" in config else []
    if "dominance" in config:
        drawn += [f"culprits/{model}/{domain}" for model, domain in all_cases()]
    drawn += ["figure3"] if "failures" in config and correlates() else []
    return expand("results/figures/{figure}.{suffix}", figure=drawn, suffix=["pdf", "png"])


def pages():
    """Return every page of the report, beside the figures."""
    named = [*(Path(table).stem for table in tables()), "configuration", "versions", "checksums"]
    return ["results/pages/results.rst", *(f"results/pages/{name}.html" for name in named)]


def told_tables(wildcards):
    """Return the tables that the result in words is made of, the optional ones where the configuration has them."""
    optional = {"nulls": "nulls", "correlations": "failure_correlations"}
    files = {"similarity": "similarity", "scores": "scores"} | optional
    named = {kind: f"results/summary/{table}.csv" for kind, table in files.items()}
    return {kind: path for kind, path in named.items() if kind not in optional or path in tables()}


def told_flags(wildcards, input):
    """Return the flags that name the optional ones of these tables."""
    kinds = [kind for kind in ("nulls", "correlations") if kind in input.keys()]
    return [word for kind in kinds for word in (f"--{kind}", input[kind])]


def network_told_flags():
    """Return the flags that name networks of figure 1, then controls: own domain, others; the untrained; parameters."""
    shown = drawn_models("figure1")
    controls = drawn_models("controls") if "controls" in config["figures"] else []
    controls = [model for model in controls if model not in shown]
    flags = []
    for flag, figure, models in (
        ("--network", "figure1", shown),
        ("--control", "controls", controls),
    ):
        for model in models:
            domains = [domain for name, domain in drawn_cases(figure) if name == model]
            own = own_domain(model)
            flags += [flag, model, own, *(domain for domain in domains if domain != own)]
    untrained = [model for model in [*shown, *controls] if not is_trained(model)]
    parameters = config["figures"].get("parameters", [])
    return [*flags, "--untrained", *untrained, "--parameters", *parameters]


def overrides():
    """Return what the command line sets in place of the configuration's, as JSON."""
    return json.dumps(dict(workflow.config_settings.config), sort_keys=True)


def drawn_flags(figure):
    """Return the flags that name the cases of a figure."""
    return [word for case in drawn_cases(figure) for word in ("--case", *case)]


def drawn_estimator():
    """Return the estimator of figures that are made of one pass over all maps at once, not of batches."""
    estimator = config["figures"]["estimator"]
    return "debiased" if estimator == "minibatch" else estimator


def box_of(suite):
    """Return the side of a suite's maps, in Mpc/h; 0 where it is not known."""
    boxes = {"mock": config["maps"].get("mock", {}).get("box"), "cmd": CATALOGUE["box"]}
    parent = config["suites"][parent_of(suite)]
    return parent.get("box", boxes.get(parent["provider"], 0))


def case_boxes(figure):
    """Return the side of the maps of each case of a figure, in Mpc/h."""
    return [box_of(config["domains"][domain]["suite"]) for _, domain in drawn_cases(figure)]


def box_of_domain(wildcards):
    """Return the side of the maps of a domain, in Mpc/h; 0 where it is not known."""
    return box_of(config["domains"][wildcards.domain]["suite"])


shell.prefix(environment())

# Models by where their weights come from.
UNTRAINED = [name for name, model in config["models"].items() if "untrained" in model]
PUBLISHED = [name for name, model in config["models"].items() if "rank" in model]
READY = [name for name, model in config["models"].items() if "weights" in model]
OWN = [name for name, model in config["models"].items() if "network" in model]

# Keys of the section cka that say by what else layers are compared.
MEASURE_KEYS = ("measures", "width", "neighbours", "share")

# Tables beside the scores and the similarity of all cases, by the section that asks for them.
TABLES = {
    "nulls": ["nulls", "independence"],
    "comparisons": ["comparisons"],
    "attribution": ["attribution"],
    "dominance": ["culprits", "dominance"],
    "subsets": ["subsets"],
    "failures": ["failures"],
}

# Settings of the stage predictors, where it is asked for.
PREDICTORS = {"components": 10, "folds": 5} | config.get("predictors", {})

# What a rule that may run on a GPU asks for; a job that is granted 0 takes none.
GPU = 0 if config["device"] == "cpu" else 1


wildcard_constraints:
    model="[A-Za-z0-9][A-Za-z0-9_-]*",
    domain="[A-Za-z0-9][A-Za-z0-9_-]*",
    model_other="[A-Za-z0-9][A-Za-z0-9_-]*",
    domain_other="[A-Za-z0-9][A-Za-z0-9_-]*",
    suite="[A-Za-z0-9][A-Za-z0-9_-]*",
    set="[A-Za-z0-9]+",
    field="[A-Za-z]+",
    split="[a-z]+",
    variant="(?:" + "|".join(map(re.escape, VARIANTS)) + ")",
