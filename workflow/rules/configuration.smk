"""The configuration, checked first: its form against the schema, its names and numbers against each other."""

from math import isfinite
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from snakemake.exceptions import WorkflowError

SCHEMA = Path(workflow.basedir) / "workflow/schemas/config.schema.yaml"
ARCHIVED = (Path(workflow.basedir) / "ARCHIVE.md").exists()
CATALOGUE = yaml.safe_load((Path(workflow.basedir) / "resources/cmd.yaml").read_text())
MOCK_FIELDS = ("Mtot", "T")
STATISTICS = ("intervals", "nulls", "dominance", "subsets", "attribution")
STAGES_ON_REQUEST = (*STATISTICS[:-1], "symmetries", "predictors", "training")
FEWEST_SIMULATIONS = 10
FEWEST_NETWORKS = 10
CMD_FIELDS = list(
    dict.fromkeys(f for suite in CATALOGUE["suites"].values() for f in suite["fields"])
)


def require(condition, message):
    """Stop with one sentence about the configuration."""
    if not condition:
        raise WorkflowError(f"Configuration: {message}")


class UniqueKeyLoader(yaml.SafeLoader):
    """Reads YAML and refuses a key that stands twice, of which the first would be silently lost."""

    def construct_mapping(self, node, deep=False):
        """Build a mapping, after a look at its keys."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        line = node.start_mark.line + 1
        require(not twice, f"{', '.join(twice)} stands twice in the section of line {line}.")
        return super().construct_mapping(node, deep)


def check_keys():
    """Check that no key of the file stands twice."""
    for path in workflow.configfiles:
        yaml.load(Path(path).read_text(), Loader=UniqueKeyLoader)


def check_schema():
    """Check the form of the configuration: its keys, types and ranges; name the one thing that is most wrong."""
    schema = yaml.safe_load(SCHEMA.read_text())
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        place = ".".join(map(str, error.absolute_path)) or "the top level"
        require(False, f"at {place}, {words_of(error)}.")


def check_finite(value, *place):
    """Check that every number is finite: YAML has .nan and .inf, and nan is within any bound of the schema."""
    parts = dict(enumerate(value)) if isinstance(value, list) else value
    if isinstance(parts, dict):
        for key, part in parts.items():
            check_finite(part, *place, key)
    elif isinstance(value, float):
        where = ".".join(map(str, place))
        require(isfinite(value), f"at {where}, {value} is not a finite number.")


def words_of(error):
    """Return what is wrong, with all keys that are missing, belong together, or are there where one is unknown."""
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{', '.join(missing)} must be given"
    if error.validator == "additionalProperties" and "properties" in error.schema:
        return f"{error.message.removesuffix('.')}; the keys are {', '.join(error.schema['properties'])}"
    if error.validator == "dependentRequired":
        held = error.instance
        needs = {key: set(others) - set(held) for key, others in error.validator_value.items()}
        key = next(key for key, missing in needs.items() if key in held and missing)
        return f"{key} needs {', '.join(sorted(needs[key]))}"
    if error.validator == "oneOf" and all(
        set(one) == {"required"} for one in error.validator_value
    ):
        keys = [key for one in error.validator_value for key in one["required"]]
        found = [key for key in keys if key in error.instance]
        return f"one of {', '.join(keys)} must be given; found {', '.join(found) or 'none'}"
    return error.message


def require_name(name, names, place, what):
    """Stop where a name refers to nothing."""
    require(name in names, f"{place} is '{name}'; the {what} are {', '.join(names)}.")


def parent_of(suite):
    """Return the suite that a derived suite is made from; of another, itself."""
    return config["suites"][suite].get("of", suite)


def sources_of(suite):
    """Return the suites that a derived suite is made with, what it is made from first; none of another."""
    return [
        config["suites"][suite][key] for key in ("of", "like") if key in config["suites"][suite]
    ]


def provider_of(suite):
    """Return the provider of a suite; of a derived one, that of the suite it is made from."""
    return config["suites"][parent_of(suite)]["provider"]


def require_field(suite, field, place):
    """Stop where there is no such field, or where a mock suite, a suite of CMD or one's own files have none."""
    require_name(field, [*CMD_FIELDS, *config.get("fields", {})], f"the field of {place}", "fields")
    for other in sources_of(suite):
        require_field(other, field, place)
    provider = config["suites"][suite]["provider"]
    fields = {"mock": MOCK_FIELDS, "cmd": CATALOGUE["suites"].get(suite, {}).get("fields")}
    fields["files"] = list(config["suites"][suite].get("maps", ()))
    known = fields.get(provider)
    require(
        known is None or field in known,
        f"{place} reads '{field}' of {provider} suite '{suite}', which has {', '.join(known or ())}.",
    )


def require_set(suite, set_name, place):
    """Stop where a mock suite, a suite of CMD or one's own files have no such set, or one with other parameters."""
    for other in sources_of(suite):
        require_set(other, set_name, place)
    provider = config["suites"][suite]["provider"]
    if provider == "files":
        held = config["suites"][suite]
        for named in [*held["maps"].values(), *filter(None, [held.get("labels")])]:
            path = Path(named.replace("{set}", set_name))
            require(
                ARCHIVED or path.exists(),
                f"{place} is '{set_name}', but suites.{suite} has no '{path}'.",
            )
    if provider == "mock":
        simulated = config["maps"].get("mock", {}).get("simulations", {})
        require_name(set_name, simulated, place, "sets of maps.mock.simulations")
    if provider == "cmd":
        require_name(set_name, CATALOGUE["suites"][suite]["sets"], place, f"sets of {suite}")
        require(
            set_name not in CATALOGUE["other_parameters"],
            f"{place} is '{set_name}', whose simulations do not have the six parameters that the networks infer.",
        )


def check_fields():
    """Check that no field has the name of one of CMD's."""
    twice = [name for name in config.get("fields", {}) if name in CMD_FIELDS]
    require(not twice, f"fields has {', '.join(twice)}, which CMD has already.")


def expand_grid():
    """Write the models, domains and cases of the grid out, beside those that stand in the configuration."""
    grid = config.get("grid")
    if grid is None:
        return
    settings = {key: grid[key] for key in ("set", "split", "standardisation")}
    domains = {suite: {"suite": suite, **settings} for suite in grid["suites"]}
    models, cases = {}, {}
    for field in grid["fields"]:
        for suite in grid["suites"]:
            for rank in grid["ranks"]:
                name = f"{field}-{suite}" + (f"-rank{rank}" if rank > 1 else "")
                models[name] = {"suite": suite, "field": field, "rank": rank}
                cases[name] = [suite, *(other for other in grid["suites"] if other != suite)]
    for section, entries in (("domains", domains), ("models", models), ("cases", cases)):
        twice = sorted(entries.keys() & config.setdefault(section, {}).keys())
        require(not twice, f"{section} and grid both make {', '.join(twice)}.")
        config[section] |= entries


def fill_maps():
    """Write down that no maps are made or fetched, where all suites are files."""
    config.setdefault("maps", {})


def fill_activations():
    """Write down that the maps compared are one of each simulation, where the configuration does not say."""
    config["activations"].setdefault("maps_each", 1)


def fill_preprocessing():
    """Write down how maps are prepared for models that say nothing, or only a part, of it."""
    for model in config["models"].values():
        default = {"smoothing": 0, "monopole": "kept", "logarithm": True}
        model["preprocessing"] = default | model.get("preprocessing", {})


def check_suites():
    """Check that suites are in CMD's catalogue where they come from it, and that each provider is told what it needs."""
    for name, suite in config["suites"].items():
        if suite["provider"] == "cmd":
            require_name(name, CATALOGUE["suites"], "a suite of provider cmd", "suites of CMD")
    for provider in ("mock", "cmd"):
        named = [name for name, suite in config["suites"].items() if suite["provider"] == provider]
        require(
            provider in config["maps"] or not named,
            f"suites {', '.join(named)} have the provider {provider}, so maps.{provider} is needed.",
        )


def check_derived():
    """Check that derived suites are made with suites whose maps are there whole, and themselves not derived."""
    for name, suite in config["suites"].items():
        for key in ("of", "like"):
            if key not in suite:
                continue
            place = f"suites.{name}.{key}"
            require_name(suite[key], config["suites"], place, "suites")
            provider = config["suites"][suite[key]]["provider"]
            require(
                provider != "derived",
                f"{place} is '{suite[key]}', itself a derived suite; name one whose maps are simulated, fetched or files.",
            )
            require(
                provider != "cmd" or "slices" not in config["maps"]["cmd"],
                f"{place} is '{suite[key]}', whose maps are fetched in slices; a derived suite is made of whole files: "
                "leave maps.cmd.slices out.",
            )
        require(
            suite.get("like") is None or suite["like"] != suite["of"],
            f"suites.{name} is made from '{suite.get('of')}' to be like itself.",
        )


def check_domains():
    """Check that every domain's suite is one, and its set simulated where the suite is a mock."""
    for name, domain in config["domains"].items():
        require_name(domain["suite"], config["suites"], f"domains.{name}.suite", "suites")
        require_set(domain["suite"], domain["set"], f"domains.{name}.set")


def check_models():
    """Check that every model's suite is one and has the field, and that its kind has what it needs."""
    for name, model in config["models"].items():
        require_name(model["suite"], config["suites"], f"models.{name}.suite", "suites")
        require_field(model["suite"], model["field"], f"models.{name}")
        require(
            "untrained" not in model or name in config["cases"],
            f"models.{name} is untrained, so it needs a case: its batch statistics are set on its first domain.",
        )
        if "rank" in model:
            check_published(name, model)
        if "network" in model:
            check_network(name, model["network"])
        require(
            "network" not in model or "layers" not in model,
            f"models.{name} has layers beside its network; a network of one's own names them as network.layers.",
        )
        require(
            "network" in model or "mean" not in model["preprocessing"],
            f"models.{name}.preprocessing gives mean and std, which belong to a network of one's own; those of this "
            "model are known.",
        )


def check_published(name, model):
    """Check that a network can be one of those that CMD publishes."""
    suite, chosen = model["suite"], model["preprocessing"]
    require(
        suite in CATALOGUE["published"] or config["suites"][suite]["provider"] == "local",
        f"models.{name} has a rank, but CMD publishes no networks of '{suite}'; "
        f"it does of {', '.join(CATALOGUE['published'])}.",
    )
    whole = chosen["smoothing"] == int(chosen["smoothing"])
    require(
        chosen["monopole"] == "kept" and chosen["logarithm"] and whole,
        f"models.{name}.preprocessing is not one that CMD publishes networks for: "
        "the monopole is kept, the logarithm taken, and the smoothing a whole number of pixels.",
    )


def check_network(name, network):
    """Check that a network of one's own has a case, and that its code is where it is said to be."""
    require(
        name in config["cases"],
        f"models.{name} is a network of one's own, so it needs a case: what was measured of the maps of its first "
        "domain belongs to it.",
    )
    if "path" not in network or ARCHIVED:
        return
    words = network["constructor"].partition(":")[0].split(".")
    source = Path(network["path"], *words)
    require(
        source.with_suffix(".py").is_file() or (source / "__init__.py").is_file(),
        f"models.{name}.network.constructor is '{network['constructor']}', but its path '{network['path']}' holds no "
        f"module '{'.'.join(words)}'.",
    )


def check_cases():
    """Check that every case is a model with domains that have its field, the model's own suite first."""
    for name, shown in config["cases"].items():
        require_name(name, config["models"], "a model of cases", "models")
        for domain in shown:
            require_name(domain, config["domains"], f"a domain of cases.{name}", "domains")
            suite = config["domains"][domain]["suite"]
            require_field(suite, config["models"][name]["field"], f"cases.{name}")
        first, own = config["domains"][shown[0]]["suite"], config["models"][name]["suite"]
        require(
            first == own,
            f"cases.{name} begins with '{shown[0]}' of suite '{first}'; "
            f"the first domain must be of the model's own suite '{own}'.",
        )


def is_scored(model, domain):
    """Return whether a model says what its outputs mean, and the domain's simulations have labels."""
    network = config["models"][model].get("network")
    suite = config["suites"][parent_of(config["domains"][domain]["suite"])]
    labelled = suite["provider"] != "files" or "labels" in suite
    return labelled and (network is None or "outputs" in network)


def drawn_cases(figure):
    """Return the cases, model and domain, that a figure draws: all of a model, or those of the domains named beside it."""
    entries = [[entry] if isinstance(entry, str) else entry for entry in config["figures"][figure]]
    shown = ((model, domains or config["cases"][model]) for model, *domains in entries)
    return [(model, domain) for model, domains in shown for domain in domains]


def drawn_models(figure):
    """Return the models that a figure draws."""
    return list(dict.fromkeys(model for model, _ in drawn_cases(figure)))


def is_trained(model):
    """Return whether a model has learned something: an untrained one has nothing to fail at."""
    entry = config["models"][model]
    return "untrained" not in entry and (
        "network" not in entry or entry["network"]["weights"] is not None
    )


def weights_of(model):
    """Return what says which weights a trained model has: models of the same, with other layers, are one network."""
    entry = config["models"][model]
    if "rank" in entry:
        return entry["rank"], entry["suite"], entry["field"], entry["preprocessing"]
    return entry.get("weights") or entry["network"]["weights"]


def failing_pairs():
    """Return every trained network with each scored domain of another suite than its own: what can fail, and be told.

    Models of the same weights are one network, whose layers are read in several ways; the first stands for it.
    """
    pairs, known = [], []
    for model, (own, *shown) in config["cases"].items():
        if not (is_trained(model) and is_scored(model, own)) or weights_of(model) in known:
            continue
        of_model = [
            (model, domain)
            for domain in shown
            if config["domains"][domain]["suite"] != config["models"][model]["suite"]
            and is_scored(model, domain)
        ]
        known += [weights_of(model)] if of_model else []
        pairs += of_model
    return pairs


def correlates():
    """Return whether there are networks enough for correlations over networks."""
    return len({model for model, _ in failing_pairs()}) >= FEWEST_NETWORKS


def check_failures():
    """Check that predictors have one pass over the maps and maps enough, and that there is something that can fail."""
    if "predictors" not in config:
        return
    require(
        config["activations"]["passes"] == 1,
        "predictors compares the maps of one pass, so activations.passes must be 1.",
    )
    folds = config["predictors"].get("folds", 5)
    n_simulations = config["activations"]["n_maps"] // config["activations"]["maps_each"]
    require(
        2 * folds <= n_simulations,
        f"predictors.folds is {folds}, but activations compares {n_simulations} simulations of a domain. Each fold needs "
        "two.",
    )
    require(
        failing_pairs(),
        "predictors is there, but cases has no trained model with a scored domain of another suite than its own.",
    )


def check_figures():
    """Check that figures draw models that have cases, each once, and domains that are theirs."""
    for figure in ("figure1", "controls", "measures", "predictions"):
        named = []
        for entry in config["figures"].get(figure, []):
            name, *domains = [entry] if isinstance(entry, str) else entry
            require_name(name, config["cases"], f"a model of figures.{figure}", "models with cases")
            require(name not in named, f"figures.{figure} has '{name}' twice.")
            named.append(name)
            for domain in domains:
                place = f"a domain of figures.{figure} with {name}"
                require_name(domain, config["cases"][name], place, f"domains of cases.{name}")
    require(
        "measures" not in config["figures"] or "measures" in config["cka"],
        "figures.measures is there, so cka.measures is needed: the measures that it draws beside CKA.",
    )
    for name in drawn_models("predictions") if "predictions" in config["figures"] else []:
        shown = [domain for model, domain in drawn_cases("predictions") if model == name]
        require(
            any(is_scored(name, domain) for domain in shown),
            f"figures.predictions has '{name}', of which no case is scored: it needs outputs, and maps with labels.",
        )


def check_figure2():
    """Check that figure 2 draws models of attribution, beside others that are shown the same domains."""
    named = config.get("attribution", {})
    seen = []
    for entry in config["figures"].get("figure2", []):
        model = entry["model"]
        require(model not in seen, f"figures.figure2 has '{model}' twice.")
        seen.append(model)
        require_name(model, named, "a model of figures.figure2", "models of attribution")
        other = entry.get("untrained", model)
        require(
            named.get(other) == named[model],
            f"figures.figure2 has '{other}' as {model} untrained; attribution needs the same domains for both.",
        )
        other = entry.get("layers", model)
        require(
            set(named[model][:2]) <= set(config["cases"].get(other, [])),
            f"figures.figure2 has '{other}' as {model} with other layers; cases shows it not both "
            f"{' and '.join(named[model][:2])}.",
        )


def trained_in_the_run():
    """Return the models whose weights lie where training puts them, or that training names."""
    named = config.get("training", {}).get("models", [])
    inside = [
        name
        for name, model in config["models"].items()
        if model.get("weights", "").startswith("results/training/")
    ]
    return sorted({*named, *inside})


def check_training():
    """Check what is trained, and that its maps are there whole."""
    trained = trained_in_the_run()
    require(
        "training" in config or not trained,
        f"models {', '.join(trained)} are trained in the run, so training is needed.",
    )
    for name in trained:
        ready = [model for model, entry in config["models"].items() if "weights" in entry]
        require_name(name, ready, "a model of training.models", "models with weights")
        suite = config["models"][name]["suite"]
        require(
            provider_of(suite) != "files",
            f"model '{name}' of suite '{suite}' is trained in the run, but on one's own files. The networks trained here "
            "infer CMD's parameters.",
        )
        require_set(suite, config["training"]["set"], "training.set")
        sliced = "slices" in config["maps"].get("cmd", {})
        require(
            not sliced or config["suites"][suite]["provider"] != "cmd",
            f"model '{name}' of suite '{suite}' is trained in the run, but its maps are fetched in slices. "
            "Training needs whole files: leave maps.cmd.slices out.",
        )


def check_seeds():
    """Check that a model with a training seed of its own is trained in the run, or named to be."""
    seeded = [name for name, model in config["models"].items() if "seed" in model]
    for name in seeded:
        require(
            name in trained_in_the_run(),
            f"models.{name} has a seed, which draws its training, but it is not trained here: training.models does not "
            "name it.",
        )


def check_batches():
    """Check that mini-batches leave no map over."""
    n_maps, batch_size = config["activations"]["n_maps"], config["cka"]["batch_size"]
    each = config["activations"]["maps_each"]
    require(
        n_maps % each == 0,
        f"activations.n_maps is {n_maps}, which leaves {n_maps % each} maps over in simulations of "
        f"activations.maps_each {each}. Choose a divisor.",
    )
    require(
        n_maps % batch_size == 0,
        f"activations.n_maps is {n_maps}, which leaves {n_maps % batch_size} maps over in batches of "
        f"cka.batch_size {batch_size}. Choose a divisor.",
    )


def check_measures():
    """Check that a map has as many neighbours as are looked for."""
    n_maps, neighbours = config["activations"]["n_maps"], config["cka"].get("neighbours", 0)
    require(
        neighbours < n_maps,
        f"cka.neighbours is {neighbours}, but each of the {n_maps} maps of activations.n_maps has {n_maps - 1} others.",
    )


def check_statistics():
    """Check that there are enough simulations for intervals and tests, and one pass over their maps."""
    for stage in STATISTICS:
        n_maps, each, passes = (
            config["activations"][key] for key in ("n_maps", "maps_each", "passes")
        )
        require(
            stage not in config or n_maps // each >= FEWEST_SIMULATIONS,
            f"{stage} is there, but activations.n_maps is {n_maps}, {each} of each simulation. Intervals and tests need "
            f"{FEWEST_SIMULATIONS} simulations or more: fewer do not tell how much they scatter. Leave {stage} out.",
        )
        require(
            stage not in config or passes == 1,
            f"{stage} is there, but activations.passes is {passes}. Intervals and tests are of one pass over the maps.",
        )


def check_dominance():
    """Check that enough simulations are left without the maps of dominance, and that subsets have no more than there are."""
    n_maps, each = (config["activations"][key] for key in ("n_maps", "maps_each"))
    most = config.get("dominance", {}).get("most", 0)
    require(
        not most or n_maps // each - most >= FEWEST_SIMULATIONS,
        f"dominance.most is {most}, which leaves {n_maps // each - most} of the {n_maps // each} simulations compared; at "
        f"least {FEWEST_SIMULATIONS} must be left.",
    )
    largest = max(config.get("subsets", {}).get("sizes", [0]))
    require(
        largest <= n_maps // each,
        f"subsets.sizes has {largest}, but the maps compared are of {n_maps // each} simulations: activations.n_maps over "
        "maps_each.",
    )


def check_comparisons():
    """Check that networks compared with each other are cases, two at a time, whose maps are paired; none twice."""
    seen = []
    for compared in config.get("comparisons", []):
        sides = [tuple(compared[side]) for side in ("rows", "columns")]
        for model, domain in sides:
            require_name(model, config["cases"], "a model of comparisons", "models with cases")
            shown = config["cases"][model]
            require_name(
                domain, shown, f"a domain of comparisons with {model}", f"domains of cases.{model}"
            )
        first, other = (f"{model} on {domain}" for model, domain in sides)
        require(
            sides[0] != sides[1],
            f"comparisons has {first} with itself; cka does that for every case.",
        )
        require(set(sides) not in seen, f"comparisons has {first} with {other} twice.")
        seen.append(set(sides))
        check_pairing(compared.get("pairing", "map"), [domain for _, domain in sides])


def check_pairing(pairing, names):
    """Check that two domains hold the same maps, or simulations with the same initial conditions."""
    both = [config["domains"][name] for name in names]
    keys = ["suite", "set", "split"] if pairing == "map" else ["set", "split"]
    differ = [key for key in keys if both[0][key] != both[1][key]]
    require(
        not differ,
        f"comparisons pairs {names[0]} with {names[1]} by {pairing}, which needs the same {', '.join(keys)}; they "
        f"differ in {', '.join(differ)}.",
    )
    suites = [parent_of(domain["suite"]) for domain in both]
    require(
        suites[0] == suites[1] or not own_seeds(suites, both[0]["set"]),
        f"comparisons pairs {names[0]} with {names[1]} by simulation, but {suites[0]} and {suites[1]} draw the initial "
        f"conditions of set {both[0]['set']} each for itself: no simulation of one has a partner in the other.",
    )


def own_seeds(suites, set_name):
    """Return whether two suites are known to draw the initial conditions of a set each for itself."""
    if "mock" in [config["suites"][suite]["provider"] for suite in suites]:
        return True
    twins = {CATALOGUE["suites"].get(suite, {}).get("twin", suite) for suite in suites}
    listed = all(suite in CATALOGUE["suites"] for suite in suites)
    return listed and len(twins) > 1 and set_name in CATALOGUE["own_seeds"]


def check_attribution():
    """Check that each model's steps are changes of the maps of one domain, which are shown to it."""
    for name, shown in config.get("attribution", {}).items():
        require_name(name, config["cases"], "a model of attribution", "models with cases")
        for domain in shown:
            place = f"a domain of attribution.{name}"
            require_name(domain, config["cases"][name], place, f"domains of cases.{name}")
        require(
            shown[0] == config["cases"][name][0],
            f"attribution.{name} begins with '{shown[0]}'; the first is the model's own domain "
            f"'{config['cases'][name][0]}', the second the other, the rest its steps.",
        )
        made = [
            (parent_of(domain["suite"]), domain["set"], domain["split"])
            for domain in (config["domains"][domain] for domain in shown[1:])
        ]
        own = config["domains"][shown[0]]
        require(
            made[0][:2] != (parent_of(own["suite"]), own["set"])
            or (made[0][2] != own["split"] and "all" not in (made[0][2], own["split"])),
            f"attribution.{name} has '{shown[1]}' beside '{shown[0]}', which shows the same simulations; the two must be of "
            "different ones, or the interval of the difference between them is wrong.",
        )
        strange = [domain for domain, of in zip(shown[1:], made) if of != made[0]]
        require(
            not strange,
            f"attribution.{name} has '{', '.join(strange)}', which shows other maps than '{shown[1]}', not the same changed: "
            "a step is of the same set and split, and of its suite or one derived from it.",
        )


check_keys()
check_finite(config)
check_schema()
expand_grid()
check_fields()
fill_maps()
fill_activations()
fill_preprocessing()
check_suites()
check_derived()
check_domains()
check_models()
check_cases()
check_figures()
check_training()
check_seeds()
check_statistics()
check_batches()
check_measures()
check_dominance()
check_comparisons()
check_attribution()
check_figure2()
check_failures()
