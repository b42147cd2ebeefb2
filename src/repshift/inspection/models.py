"""What a model of a study does with its maps, found before a run: its weights, its layers, its outputs."""

from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import nn

from repshift.case.examination import examine
from repshift.case.layers import layers_of as layers_of_cmd
from repshift.costs.jobs import Sizes
from repshift.inspection.maps import SHOWN, prepared
from repshift.inspection.networks import (
    answers_of,
    architecture_of,
    build,
    require_again,
    require_pairs,
    require_varying,
    users_code,
)
from repshift.inspection.sets import SetReport
from repshift.inspection.table import counted
from repshift.networks.channels import Moments
from repshift.networks.classes import sum_to_one
from repshift.networks.cmd import CMDNetwork
from repshift.storage.functions import Constructor, imported
from repshift.storage.models import read_model
from repshift.storage.weights import load_weights
from repshift.study.cases import has_weights_of_training
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import trial_files
from repshift.study.models import Model, Network
from repshift.study.preparations import preparations
from repshift.vocabulary import InputError, size_in_words

_NAMED = 4
"""Layers that a row names."""

_UNTRIED = "not shown maps, whose size is not known"


@dataclass(frozen=True)
class ModelReport:
    """What was found of a model: in words, the network where it could be built, and its numbers if none of CMD's."""

    words: str
    network: nn.Module | None = None
    numbers: Sizes | None = None


def model_report(study: Study, name: str, shown: SetReport) -> ModelReport:
    """Build a model as the run will, load its weights strictly, and show it a few maps of its own domain.

    Raises
    ------
    FileNotFoundError
        If a file of it is missing.
    InputError
        If it cannot be built, its weights do not fit, or it cannot be shown such maps.
    """
    entry = study.models[name]
    if entry.repaired is not None:
        made, origin = entry.repaired, model_report(study, entry.repaired.model, shown)
        return replace(origin, words=f"{made.model} repaired by {made.method} for {made.domain}, made in the run")
    if entry.network is not None:
        return _of_the_user(study, name, entry.network, shown)
    if entry.rank is not None:
        return _published(study, name, entry, shown)
    if entry.untrained is not None:
        if shown.side is None:
            return ModelReport(_UNTRIED)
        channels, size = shown.n_channels, shown.side[0]
        built = CMDNetwork(entry.untrained.hidden, entry.untrained.dropout, channels=channels, size=size)
        return _of_cmd(built, entry, shown, name)
    path = Path(entry.weights or "")
    if has_weights_of_training(study, name) and not path.is_file():
        return ModelReport(f"{path}: trained in the run")
    network, description = read_model(path)
    if (description.suite, description.field) != (entry.suite, entry.field_label):
        raise InputError(
            f"{path} was trained on field '{description.field}' of suite '{description.suite}'; "
            f"the configuration says field '{entry.field_label}' of suite '{entry.suite}'."
        )
    if shown.side is not None and shown.side != (description.arguments.get("size"),) * 2:
        raise InputError(
            f"{path} was built for maps of {description.arguments.get('size')} pixels a side; those of its first "
            f"domain have {size_in_words(shown.side)}."
        )
    return _of_cmd(network, entry, shown, str(path))


def maps_for(study: Study, name: str, shown: SetReport) -> npt.NDArray[np.float32]:
    """Return a few maps of a set as a model takes them, (n_maps, channels, y, x); empty ones where none are there.

    Raises
    ------
    InputError
        If a pixel that was looked at has no logarithm.
    """
    if shown.contents is None:
        return np.zeros((SHOWN, shown.n_channels, *(shown.side or ())), dtype=np.float32)
    entry, chosen = study.models[name], preparations(study, name)
    how = entry.preprocessing
    given = None if how.mean is None else [Moments(*how.moments_of(number)) for number in range(len(chosen))]
    with users_code(how.function, "when it prepared maps,") if how.function else nullcontext():
        functions = [
            imported(Constructor(one.chosen.function, None if one.path is None else Path(one.path)))
            if one.chosen.function
            else None
            for one in chosen
        ]
        return prepared(
            shown.contents,
            channels_of(study, name),
            preprocessing=[one.chosen for one in chosen],
            moments=given,
            functions=functions,
            places=shown.places_of(channels_of(study, name), entry.fields),
        )


def _of_the_user(study: Study, name: str, network: Network, shown: SetReport) -> ModelReport:
    """Build a network of the user's own, twice as the run does, and run it once."""
    missing = [path for path in network.files or () if not Path(path).is_file()]
    if missing:
        raise FileNotFoundError(f"No such file, which the network reads: {', '.join(missing)}")
    own = Constructor(network.constructor, None if network.path is None else Path(network.path))
    weights = None if network.weights is None else Path(network.weights)
    built = build(own, network.arguments, weights=weights, seed=network.seed or 0)
    if shown.side is None:
        return ModelReport(f"{_weights(weights)}, {_UNTRIED}")
    maps = maps_for(study, name, shown)
    with users_code(own.name, f"shown maps of shape {maps.shape},"):
        layers, answers = examine(
            built, own, maps, layers=network.layers, outputs=network.outputs or (), classes=network.known_classes
        )
    require_pairs(layers, own.name)
    require_varying(built, maps, layers, own.name)
    require_again(built, own, network.arguments)
    said = [
        _layers(layers),
        *([counted(answers[:1].numel(), "output")] if answers is not None else []),
        _weights(weights),
    ]
    return ModelReport(", ".join(said), built, asdict(architecture_of(built, maps, layers)))


def _of_cmd(network: nn.Module, entry: Model, shown: SetReport, what: str) -> ModelReport:
    """Find the layers of a network of CMD."""
    weights = None if entry.weights is None else Path(entry.weights)
    if shown.side is None:
        return ModelReport(f"{_weights(weights)}, {_UNTRIED}")
    layers = layers_of_cmd(network, entry.layers, (shown.n_channels, *shown.side), Path(what))
    require_pairs(layers, what)
    return ModelReport(f"{_layers(layers)}, {_weights(weights)}", network)


def _published(study: Study, name: str, entry: Model, shown: SetReport) -> ModelReport:
    """Look at a network that CMD publishes, where a copy of CMD is on this machine."""
    if study.suites[entry.suite].provider == "cmd":
        return ModelReport(f"rank {entry.rank} of those that CMD publishes: not fetched yet")
    from repshift.storage.studies import read_trial  # optuna takes a second, and few models are looked up

    if shown.side is None:
        return ModelReport(_UNTRIED)
    places = [path for path in trial_files(study, "study", name) if Path(path).is_file()]
    if not places:
        raise FileNotFoundError(f"No such file, of the search of models.{name}: {trial_files(study, 'study', name)[0]}")
    trial = read_trial(Path(places[0]), study=study.catalogue.study, rank=entry.rank or 1)
    network = CMDNetwork(trial.hidden, trial.dropout, channels=shown.n_channels, size=shown.side[0])
    weights = [Path(path.replace("{trial}", str(trial.number))) for path in trial_files(study, "weights", name)]
    found = next((path for path in weights if path.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"No such file, the weights of trial {trial.number} of models.{name}: {weights[0]}")
    load_weights(network, found)
    return _of_cmd(network, entry, shown, str(found))


def answers_on(study: Study, name: str, network: nn.Module, shown: SetReport) -> str:
    """Show a model a few maps of another domain, and say what it returns.

    Raises
    ------
    InputError
        If it takes no such maps, or returns a number that is not finite.
    """
    maps = maps_for(study, name, shown)
    answers = answers_of(network, maps, name)
    kind = "maps go" if shown.contents else "empty maps of that size go"
    outputs = "outputs are no array" if answers is None else f"outputs of shape {answers.shape[1:]}"
    own = study.models[name].network
    classes = None if own is None else own.known_classes
    if answers is not None and classes is not None and classes.output_scale == "logits":
        outputs += (
            " that sum to 1, though output_scale is logits" if sum_to_one(answers.reshape(len(answers), -1)) else ""
        )
    return f"{len(maps)} {kind} through, {outputs}"


def _layers(layers: tuple[str, ...]) -> str:
    named = ", ".join(layers[:_NAMED]) + (", ..." if len(layers) > _NAMED else "")
    return f"{counted(len(layers), 'layer')} ({named})"


def _weights(path: Path | None) -> str:
    return "weights as it is built with" if path is None else f"the weights {path} fit"
