"""Where the report shows which figure, table or page: its category, and what it is called there."""

# The categories in their order. The report sorts them by name, so those that a configuration has are numbered.
CATEGORIES = [
    "The result",
    "Controls",
    "Steps of the shift",
    "Statistical checks",
    "Predictions",
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
    "controls": ("Controls", None, "Figure 1 of the controls"),
    "measures": ("Controls", None, "Other measures"),
    "comparisons_figure": ("Controls", None, "Networks compared"),
    "comparisons": ("Controls", None, "Networks compared"),
    "figure2": ("Steps of the shift", None, "Figure 2"),
    "shift_steps": ("Steps of the shift", None, "Steps of the shift"),
    "permutation_tests": ("Statistical checks", "Chance", "Domains swapped"),
    "independence": ("Statistical checks", "Chance", "Layers made independent"),
    "influential_maps": ("Statistical checks", "Influential maps", "The maps"),
    "influence": ("Statistical checks", "Influential maps", "CKA without them"),
    "figure_influential_maps": ("Statistical checks", "Influential maps by case", "{case}"),
    "sample_size": ("Statistical checks", "Fewer simulations", "Random subsets"),
    "predictions": ("Predictions", None, "Predicted and true"),
    "figure3": ("Failure", None, "Figure 3"),
    "failures": ("Failure", None, "Pairs"),
    "failure_correlations": ("Failure", None, "Correlations"),
    "failure_transfers": ("Failure", None, "Fields left out"),
    "scores": ("Tables of all cases", None, "Scores"),
    "similarity": ("Tables of all cases", None, "Similarity"),
    "configuration": ("Provenance", None, "Configuration"),
    "versions": ("Provenance", None, "Versions"),
    "checksums": ("Provenance", None, "Checksums"),
    "learning_curve": ("Training", None, "Learning curves"),
}


def numbered(category):
    """Return a category after its number among those that the configuration has, and training, which is on request."""
    there = {
        SHOWN[Path(path).stem][0]
        for path in [*figures(), *tables(), *pages()]
        if Path(path).stem in SHOWN
    }
    kept = [name for name in CATEGORIES if name in there | {"Training"}]
    return f"{kept.index(category) + 1} {category}"


def shown(path, name, kind=""):
    """Return a file that the report shows, with its caption; its kind tells it from others of the same name."""
    category, subcategory, label = SHOWN[name]
    return report(
        path,
        caption=f"../report/{name}.rst",
        category=numbered(category),
        subcategory=subcategory,
        labels={"content": f"{label}{kind}"},
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
