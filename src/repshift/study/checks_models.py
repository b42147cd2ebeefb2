"""Checks of models, cases and training."""

from pathlib import Path

from repshift.networks.channels import Preprocessing
from repshift.study.cases import provider_of, trained_in_the_run
from repshift.study.channels import bands_of, channels_of
from repshift.study.checks_functions import check_columns, require_module
from repshift.study.checks_suites import require_field, require_set
from repshift.study.configuration import Study
from repshift.study.models import Model, Network
from repshift.study.preparations import preparations
from repshift.study.refusals import require, require_name


def check_models(study: Study) -> None:
    """Check that the suite of every model is one and has the field, and that its kind has what it needs."""
    for name, model in study.models.items():
        require_name(model.suite, study.suites, f"models.{name}.suite", "suites")
        for field in model.fields:
            require_field(study, model.suite, field, place=f"models.{name}")
        _check_channels(study, name, model)
        require(
            model.untrained is None or name in study.cases,
            f"models.{name} is untrained, so it needs a case: its batch statistics are set on its first domain.",
        )
        if model.rank is not None:
            _check_published(study, name, model)
        if model.network is not None:
            _check_network(study, name, model.network)
        require(
            model.network is None or model.layers is None,
            f"models.{name} has layers beside its network; your own network names them as network.layers.",
        )
        require(
            model.network is not None or model.preprocessing.mean is None,
            f"models.{name}.preprocessing gives mean and std, which belong to your own network; those of this model "
            "are known.",
        )


def _check_channels(study: Study, name: str, model: Model) -> None:
    """Check that a list of the preprocessing has a value for each channel, and that a function has a place."""
    channels = channels_of(study, name)
    lengths = model.preprocessing.lengths.items()
    for key, n_values in sorted(lengths, key=lambda one: one[0] == "logarithm"):  # it may be filled in by arcsinh
        require(
            n_values == len(channels),
            f"models.{name}.preprocessing.{key} has {n_values} values, but the model reads {len(channels)} channels: "
            f"{', '.join(channels)}.",
        )
    require(
        model.preprocessing.function is None or model.network is not None,
        f"models.{name}.preprocessing has a function, which belongs to your own network; this model is none.",
    )


def _check_bands(study: Study, name: str, domain: str, *, place: str) -> None:
    """Check that the images of a domain have the bands that the model was trained on, in whatever order."""
    suite, own = study.domains[domain].suite, study.models[name].suite
    found, expected = bands_of(study, suite), bands_of(study, own)
    require(
        sorted(found) == sorted(expected),
        f"{place} shows '{domain}', whose suite '{suite}' has the bands {', '.join(found) or 'none'}; the model's "
        f"own suite '{own}' has {', '.join(expected) or 'none'}. Both need the same ones.",
    )


def _check_published(study: Study, name: str, model: Model) -> None:
    """Check that a network can be one of those that CMD publishes."""
    published, chosen = study.catalogue.published, model.preprocessing.of_channel(0)
    require(
        model.suite in published or study.suites[model.suite].provider == "local",
        f"models.{name} has a rank, but CMD publishes no networks of '{model.suite}'; it does of "
        f"{', '.join(published)}.",
    )
    require(
        len({one.variant for one in preparations(study, name)}) == 1
        and chosen == Preprocessing(smoothing=chosen.smoothing)
        and float(chosen.smoothing).is_integer(),
        f"models.{name}.preprocessing is not one that CMD publishes networks for: the monopole is kept, the logarithm "
        "taken, and the smoothing a whole number of pixels.",
    )


def _check_network(study: Study, name: str, network: Network) -> None:
    """Check that your own network has a case, and that its code and weights are where they are said to be."""
    require(
        name in study.cases,
        f"models.{name} is your own network, so it needs a case: what was measured of the maps of its first domain "
        "belongs to it.",
    )
    missing = [path for path in network.files or () if not study.archived and not Path(path).is_file()]
    require(not missing, f"models.{name}.network.files names {', '.join(missing)}, which is no file.")
    if network.path is None or study.archived:
        return
    require_module(f"models.{name}.network.constructor", network.constructor, network.path)


def check_cases(study: Study) -> None:
    """Check that every case is a model with domains that have its field, the model's own suite first."""
    for name, shown in study.cases.items():
        require_name(name, study.models, "a model of cases", "models")
        for domain in shown:
            require_shown(study, name, domain, place=f"cases.{name}")
        first, own = study.domains[shown[0]].suite, study.models[name].suite
        require(
            first == own,
            f"cases.{name} begins with '{shown[0]}' of suite '{first}'; the first domain must be of the model's own "
            f"suite '{own}'.",
        )


def require_shown(study: Study, name: str, domain: str, *, place: str) -> None:
    """Stop where a domain does not exist, or a model cannot be shown its maps."""
    known = [*dict.fromkeys([*study.domains, *study.suites])]
    require(
        domain in study.domains,
        f"a domain of {place} is '{domain}', which is neither a suite nor an entry of domains; there are "
        f"{', '.join(known)}.",
    )
    for field in study.models[name].fields:
        require_field(study, study.domains[domain].suite, field, place=place)
    _check_bands(study, name, domain, place=place)
    check_columns(study, name, domain, place=place)


def check_training(study: Study) -> None:
    """Check what is trained, and that its maps are there whole."""
    trained = trained_in_the_run(study)
    require(
        study.training or not trained, f"models {', '.join(trained)} are trained in the run, so training is needed."
    )
    ready = [model for model, entry in study.models.items() if entry.weights is not None]
    for name in trained:
        require_name(name, ready, "a model of training.models", "models with weights")
        suite = study.models[name].suite
        require(
            provider_of(study, suite) not in ("files", "function"),
            f"model '{name}' of suite '{suite}' is trained in the run, but on your own maps. The networks trained "
            "here infer CMD's parameters.",
        )
        if study.training:
            require_set(study, suite, study.training.set, place="training.set")
        sliced = study.maps.cmd is not None and study.maps.cmd.slices is not None
        require(
            not sliced or study.suites[suite].provider != "cmd",
            f"model '{name}' of suite '{suite}' is trained in the run, but its maps are fetched in slices. Training "
            "needs whole files: leave maps.cmd.slices out.",
        )


def check_seeds(study: Study) -> None:
    """Check that a model with a training seed of its own is trained in the run, or named to be."""
    trained = trained_in_the_run(study)
    for name, model in study.models.items():
        require(
            model.seed is None or name in trained,
            f"models.{name} has a seed, which draws its training, but it is not trained here: training.models does not "
            "name it.",
        )
