"""What the jobs of report.smk look up: their files, flags and numbers."""

from snakemake import __version__ as SNAKEMAKE

from repshift.study.cases import is_out_of_distribution, is_trained, own_domain

# Tables of the stages repair, pruning and trust that the result in words is made from.
OF_REPAIRS = (
    *("repairs", "repair_correlations", "pruning", "pruning_correlations"),
    *("pruning_cause", "pruning_cause_correlations", "trust", "trust_intervals"),
)


def tables_in_words(wildcards):
    """Return the tables that the result in words is made from, the optional ones where the configuration has them."""
    named = {"similarity": "similarity", "scores": "scores"}
    named |= {"permutation_tests": "permutation_tests", "correlations": "failure_correlations"}
    of_tables = ("shift_scores", "shift_steps", "critical_strengths", "early_warnings")
    named |= {
        name: name for name in (*of_tables, "attribution", "attribution_of_shift", *OF_REPAIRS)
    }
    files = {kind: f"results/summary/{table}.csv" for kind, table in named.items()}
    return {kind: path for kind, path in files.items() if path in TABLES}


def optional_flags(wildcards):
    """Return the flags that name the optional ones of these tables."""
    kinds = (
        "shift_scores",
        "shift_steps",
        "permutation_tests",
        "correlations",
        "critical_strengths",
        "early_warnings",
        "attribution",
        "attribution_of_shift",
        *OF_REPAIRS,
    )
    files = tables_in_words(wildcards)
    return [
        word
        for kind in kinds
        if kind in files
        for word in (f"--{kind.replace('_', '-')}", files[kind])
    ]


def network_flags():
    """Return the flags that name networks of figure 1, then controls: own domain, others; the untrained; parameters."""
    main = drawn_models(STUDY, "figure1")
    controls = drawn_models(STUDY, "controls") if "controls" in config["figures"] else []
    controls = [model for model in controls if model not in main]
    flags = []
    for flag, figure, models in (
        ("--network", "figure1", main),
        ("--control", "controls", controls),
    ):
        for model in models:
            domains = [domain for name, domain in drawn_cases(STUDY, figure) if name == model]
            own = own_domain(STUDY, model)
            flags += [flag, model, own, *(domain for domain in domains if domain != own)]
    untrained = [model for model in [*main, *controls] if not is_trained(STUDY, model)]
    parameters = config["figures"].get("parameters", [])
    return [*flags, "--untrained", *untrained, "--parameters", *parameters]


def stress_flags():
    """Return the flags that name networks under stress: own domain, those of other suites; and which infer classes."""
    flags, shown = [], config["stress"]["cases"] if "stress" in config else {}
    for model, domains in shown.items():
        others = [domain for domain in domains if is_out_of_distribution(STUDY, model, domain)]
        flags += ["--stressed", model, own_domain(STUDY, model), *others]
    return [*flags, "--classifiers", *(name for name in shown if STUDY.models[name].is_classifier)]


def attribution_flags():
    """Return the flags that name networks whose attributions there are: own domain, then the others."""
    shown = config["attribution"]["cases"] if "attribution" in config else {}
    return [word for model in shown for word in ("--attributed", model, *shown[model])]


def card_flags():
    """Return the flags that name the models that have a card, all suites, and the tables that cards are of."""
    named = ("similarity", "scores", "critical_strengths", "repairs", "trust", "trust_intervals")
    files = {name: f"results/summary/{name}.csv" for name in named}
    tables = [
        word
        for name, path in files.items()
        if path in TABLES
        for word in (f"--{name.replace('_', '-')}", path)
    ]
    return ["--models", *card_models(STUDY), "--suites", *STUDY.suites, *tables]


def shown_cards(suffix, kind):
    """Return the cards of all models, which the report holds."""
    return [
        shown(path, "card", kind, case=model)
        for model, path in zip(card_models(STUDY), card_files(STUDY, suffix), strict=True)
    ]


def configuration_files():
    """Return the configuration that runs, by its path from here where it lies inside: a copy elsewhere is the same run."""
    paths, here = map(Path, workflow.configfiles), Path.cwd()
    return [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths]


def overrides():
    """Return what the command line sets in place of the configuration's, as JSON."""
    return json.dumps(dict(workflow.config_settings.config), sort_keys=True)


def pages_of_tables():
    """Return the page of every table."""
    names = [Path(path).stem for path in TABLES]
    return [shown(f"results/report/{name}.html", name, " (table)") for name in names]
