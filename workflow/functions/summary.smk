"""What the jobs of summary.smk look up: their files, flags and numbers."""

OVER_NETWORKS = [
    path for path in TABLES if Path(path).stem in ("failure_correlations", "failure_transfers")
]
CHOICES = [path for path in TABLES if Path(path).stem == "choices"]
# Files of stress: the curves of each domain, and the smallest perturbations where they are asked for.
SMALLEST = [path for path in stress_files(STUDY) if path.endswith("_smallest.nc")]
STRESS = [path for path in stress_files(STUDY) if path not in SMALLEST]
OF_CASES = [path for path in TABLES if path not in OVER_NETWORKS + CHOICES]


def shown_table(path):
    """Return a table that the report holds as a CSV file."""
    return shown(path, Path(path).stem, " (CSV file)")


def failure_flags():
    """Return the flags of the table of failures: parameters whose error is the response, and models without a row."""
    return (
        ["--parameters", *config["failures"]["parameters"], *repaired_flags()]
        if "failures" in config
        else []
    )


def repaired_flags():
    """Return the flag that names the models that are repaired, which are no further networks."""
    repaired = [name for name, model in STUDY.models.items() if model.repaired is not None]
    return ["--leave-out", *repaired] if repaired else []
