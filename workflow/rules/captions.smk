"""Which figures, tables and pages a run makes, and where the report shows each: its category, and its name there."""

from repshift.study.cards import card_files, card_models
from repshift.study.cases import correlates
from repshift.study.figure_cases import drawn_models

# The categories in their order. The report sorts them by name, so those that a configuration has are numbered, ten and
# more with two digits.
CATEGORIES = [
    "The result",
    "Controls",
    "Steps of the shift",
    "Stress",
    "Attribution",
    "Repair",
    "Pruning",
    "Trust",
    "Cards",
    "Statistical checks",
    "Predictions",
    "Shift scores",
    "Failure",
    "Tables of all cases",
    "Provenance",
    "Training",
]

# What the report shows, by its caption in workflow/report: category, subcategory, and what it is called there. It has one
# label: of two, Snakemake's reporter may make a switch, which fails where a model is not shown every domain.
SHOWN = {
    "figure1": ("The result", None, "Figure 1"),
    "results": ("The result", None, "In words (text)"),
    "details": ("The result", None, "In words, the details"),
    "controls": ("Controls", None, "Figure 1 of the controls"),
    "measures": ("Controls", None, "Other measures"),
    "comparisons_figure": ("Controls", None, "Networks compared"),
    "comparisons": ("Controls", None, "Networks compared"),
    "figure2": ("Steps of the shift", None, "Figure 2"),
    "shift_steps": ("Steps of the shift", None, "Steps of the shift"),
    "figure4": ("Stress", "How far the sky may move", "Figure 4, {case}"),
    "stress_maps": ("Stress", "Maps along each axis", "{case}"),
    "critical_strengths": ("Stress", "Tables", "Critical strengths"),
    "early_warnings": ("Stress", "Tables", "Early warnings"),
    "stress": ("Stress", "Tables", "By strength"),
    "stress_layers": ("Stress", "Tables", "Drift of layers"),
    "smallest_perturbations": ("Stress", "Tables", "Smallest perturbations"),
    "figure5": ("Attribution", "What networks look at", "Figure 5, {case}"),
    "figure6": ("Attribution", "Which pixels carry the shift", "Figure 6, {case}"),
    "features": ("Attribution", "What filters see", "{case}"),
    "attribution": ("Attribution", "Tables", "Attributions"),
    "attribution_of_shift": ("Attribution", "Tables", "Attributions of the shift"),
    "figure7": ("Repair", "What brings a network home", "Figure 7, {case}"),
    "latent_space": ("Repair", "Maps in two dimensions", "{case}"),
    "repairs": ("Repair", "Tables", "Repairs"),
    "repair_label_free": ("Repair", "Tables", "Shift scores after repair"),
    "repair_correlations": ("Repair", "Tables", "Shift scores and gains"),
    "repair_weights": ("Repair", "Tables", "Choice of weights"),
    "figure8": ("Pruning", "What layers are worth", "Figure 8, {case}"),
    "pruning": ("Pruning", "Tables", "Layers replaced"),
    "pruning_correlations": ("Pruning", "Tables", "What goes with the loss"),
    "pruning_cause": ("Pruning", "Tables", "CKA moved by the loss"),
    "pruning_cause_runs": ("Pruning", "Tables", "CKA moved by the loss, run by run"),
    "pruning_cause_correlations": ("Pruning", "Tables", "CKA moved and gains"),
    "figure9": ("Trust", "When it may be believed", "Figure 9, {case}"),
    "trust": ("Trust", "Tables", "Trust scores"),
    "trust_intervals": ("Trust", "Tables", "Coverage of intervals"),
    "trust_calibration": ("Trust", "Tables", "Calibration"),
    "card": ("Cards", None, "{case}"),
    "permutation_tests": ("Statistical checks", "Chance", "Domains swapped"),
    "independence": ("Statistical checks", "Chance", "Layers made independent"),
    "influential_maps": ("Statistical checks", "Influential maps", "The maps"),
    "influence": ("Statistical checks", "Influential maps", "CKA without them"),
    "figure_influential_maps": ("Statistical checks", "Influential maps by case", "{case}"),
    "sample_size": ("Statistical checks", "Fewer simulations", "Random subsets"),
    "predictions": ("Predictions", None, "Predicted and true"),
    "shift_scores_figure": ("Shift scores", None, "Beside halves of one suite"),
    "shift_scores": ("Shift scores", None, "All scores"),
    "figure3": ("Failure", None, "Figure 3"),
    "failures": ("Failure", None, "Pairs"),
    "failure_correlations": ("Failure", None, "Correlations"),
    "failure_transfers": ("Failure", None, "Fields left out"),
    "choices": ("Failure", None, "Choosing a network"),
    "scores": ("Tables of all cases", None, "Scores"),
    "similarity": ("Tables of all cases", None, "Similarity"),
    "configuration": ("Provenance", None, "Configuration"),
    "versions": ("Provenance", None, "Versions"),
    "checksums": ("Provenance", None, "Checksums"),
    "learning_curve": ("Training", None, "Learning curves"),
}


def figures():
    """Return the name of every figure of the configuration, except those that have a file a model or a case."""
    named = ("figure1", "figure2", "controls", "measures", "predictions", "shift_scores")
    drawn = [name for name in named if name in config["figures"]]
    drawn += ["comparisons"] if "comparisons" in config else []
    return drawn + (["figure3"] if "failures" in config and correlates(STUDY) else [])


def of_models(figure):
    """Return the files of a figure that has two of each model, those of maps along axes of the models of figure 4."""
    return [
        f"results/figures/{figure}/{model}.{suffix}"
        for model in drawn_models(STUDY, "figure4" if figure == "stress_maps" else figure)
        for suffix in ("pdf", "png")
    ]


def sheets(group):
    """Return the sheets of influential maps of some cases, two files each."""
    paths = [f"results/figures/influential_maps/{model}/{domain}" for model, domain in group]
    return [f"{path}.{suffix}" for path in paths for suffix in ("pdf", "png")]


def numbered(category):
    """Return a category after its number among those that the configuration has, and training, which is on request."""
    made = {Path(path).stem for path in [*FIGURES, *TABLES, *PAGES]} | (
        {"card"} if card_models(STUDY) else set()
    )
    made |= {Path(path).parent.name for path in FIGURES}
    there = {SHOWN[name][0] for name in made if name in SHOWN} | {"Training"}
    named = [name for name in CATEGORIES if name in there]
    return f"{named.index(category) + 1:0{len(str(len(named)))}} {category}"


def shown(path, name, kind="", case=""):
    """Return a file that the report shows, with its caption; its kind tells it from others of the same name."""
    category, subcategory, label = SHOWN[name]
    return report(
        path,
        caption=f"../report/{name}.rst",
        category=numbered(category),
        subcategory=subcategory,
        labels={"content": f"{label.format(case=case)}{kind}"},
    )


def shown_of_models(figure):
    """Return the files of a figure of each model, with the captions of those that the report shows."""
    return [
        shown(path, figure, case=Path(path).stem) if path.endswith(".png") else path
        for path in of_models(figure)
    ]


def shown_sheets(group):
    """Return the sheets of some cases, with the captions of those that the report shows."""
    named = {
        name: f"{model} shown {domain}"
        for model, domain in group
        for name in sheets([(model, domain)])
    }
    return [
        shown(path, "figure_influential_maps", case=case) if path.endswith(".png") else path
        for path, case in named.items()
    ]


# Figures that have two files of each model.
OF_MODELS = (
    *("figure4", "stress_maps", "figure5", "figure6", "features"),
    *("figure7", "figure8", "figure9", "latent_space"),
)
SHEETS = sheets(cases(STUDY)) if "influence" in config else []
FIGURES = [
    *expand("results/figures/{name}.{suffix}", name=figures(), suffix=["pdf", "png"]),
    *SHEETS,
    *(path for name in OF_MODELS for path in of_models(name)),
]
PAGES = [
    "results/report/results.rst",
    "results/report/details.html",
    *(f"results/report/{Path(path).stem}.html" for path in TABLES),
    *(f"results/report/{name}.html" for name in ("configuration", "versions", "checksums")),
    *(path for suffix in ("md", "json") for path in card_files(STUDY, suffix)),
]
