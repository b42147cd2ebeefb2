"""What the jobs of training.smk look up: their files, flags and numbers."""

from repshift.study.cases import provider_of, training_seed
from repshift.study.files import training_simulations


def files_of_training(wildcards):
    """Return the files of the set that a model is trained on."""
    return training_simulations(STUDY, wildcards.model)


def seed_of_training(wildcards):
    """Return what draws the training of a model: a seed of its own, or that of all."""
    return training_seed(STUDY, wildcards.model)


def checkpoint_of_training(wildcards):
    """Return the state that a stopped training goes on from."""
    return f"results/training/.{wildcards.model}.checkpoint.pt"


def configuration_of_training(wildcards):
    """Return what made a model's training maps, as JSON, for the provenance."""
    name = config["models"][wildcards.model]["suite"]
    made = {"set": config["training"]["set"], "suite": config["suites"][name]}
    if provider_of(STUDY, name) == "mock":
        mock, chosen = config["maps"]["mock"], config["training"]["set"]
        made["mock"] = {**mock, "simulations": {chosen: mock["simulations"][chosen]}}
    return json.dumps(made, sort_keys=True)


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
