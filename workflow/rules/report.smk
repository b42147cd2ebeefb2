"""Where the report shows which figure, table or page: its category, and what it is called there."""

RESULT = {"category": "1 The result"}
CONTROLS = {"category": "2 Controls"}
ATTRIBUTION = {"category": "3 Attribution"}
CHANCE = {"category": "4 Statistics", "subcategory": "Chance"}
DOMINANCE = {"category": "4 Statistics", "subcategory": "Maps that dominate"}
CULPRITS = {"category": "4 Statistics", "subcategory": "Maps that dominate, case by case"}
SUBSETS = {"category": "4 Statistics", "subcategory": "Fewer simulations"}
PREDICTIONS = {"category": "5 Predictions"}
FAILURE = {"category": "6 Failure"}
SIMILARITY = {"category": "7 Tables of all cases"}
TRAINING = {"category": "8 Training"}
PROVENANCE = {"category": "9 Provenance"}

# What the report shows, by its caption in workflow/report: where, and what it is called there. One label each: of two,
# Snakemake's reporter makes a switch that fails where a model is not shown every domain.
SHOWN = {
    "figure1": (RESULT, "Figure 1"),
    "results": (RESULT, "In words (text)"),
    "controls": (CONTROLS, "Figure 1 of the controls"),
    "measures": (CONTROLS, "Other measures"),
    "comparisons_figure": (CONTROLS, "Networks compared"),
    "comparisons": (CONTROLS, "Networks compared"),
    "figure2": (ATTRIBUTION, "Figure 2"),
    "attribution": (ATTRIBUTION, "Steps of the shift"),
    "nulls": (CHANCE, "Domains swapped"),
    "independence": (CHANCE, "Layers made independent"),
    "culprits": (DOMINANCE, "The maps"),
    "dominance": (DOMINANCE, "CKA without them"),
    "figure_culprits": (CULPRITS, "{model} shown {domain}"),
    "subsets": (SUBSETS, "Random subsets"),
    "predictions": (PREDICTIONS, "Predicted and true"),
    "figure3": (FAILURE, "Figure 3"),
    "failures": (FAILURE, "Pairs"),
    "failure_correlations": (FAILURE, "Correlations"),
    "failure_transfers": (FAILURE, "Fields left out"),
    "scores": (SIMILARITY, "Scores"),
    "similarity": (SIMILARITY, "Similarity"),
    "learning_curve": (TRAINING, "Learning curves"),
    "configuration": (PROVENANCE, "Configuration"),
    "versions": (PROVENANCE, "Versions"),
    "checksums": (PROVENANCE, "Checksums"),
}


def shown(path, name, kind=""):
    """Return a file that the report shows, with its caption; its kind tells it from others of the same name."""
    place, label = SHOWN[name]
    return report(
        path, caption=f"../report/{name}.rst", labels={"shown": f"{label}{kind}"}, **place
    )


def shown_table(table):
    """Return a table that the report holds as a CSV file."""
    return shown(f"results/summary/{table}.csv", table, " (CSV file)")


def table_pages():
    """Return the page of every table, by the name of the table."""
    return {
        name: shown(f"results/pages/{name}.html", name, " (table)")
        for name in (Path(table).stem for table in tables())
    }
