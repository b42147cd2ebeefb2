"""What the jobs of models.smk look up: their files, flags and numbers."""

from repshift.study.files import moments_of_trial, trial_files

PUBLISHED = [name for name, model in STUDY.models.items() if model.rank is not None]


def measured_of_trial(wildcards):
    """Return what was measured of the maps that a published network was trained on."""
    return moments_of_trial(STUDY, wildcards.model)


def trial_paths(kind):
    """Return the function of wildcards that gives the paths of a model's study, or of its weights for any trial."""

    def paths(wildcards):
        return trial_files(STUDY, kind, wildcards.model)

    return paths


def is_remote(wildcards):
    """Return whether the files of a model's suite are fetched."""
    return config["models"][wildcards.model]["suite"] in REMOTE


def roots_of_trial(wildcards):
    """Return the addresses that the files of a model's suite are fetched from; none of a local suite."""
    return ROOTS if is_remote(wildcards) else ""


def directory_of_trial(wildcards):
    """Return the flag that says where they are kept."""
    return ["--directory", CMD["directory"]] if is_remote(wildcards) else []


def layers_flag(wildcards):
    """Return the flag that names the layers of a network of CMD, where the configuration does."""
    layers = config["models"][wildcards.model].get("layers")
    return ["--layers", *layers] if layers else []
