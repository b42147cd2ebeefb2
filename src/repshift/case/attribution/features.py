"""A model shown the maps of its own domain and of another: which channels differ, what they look for, what moves it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.attribution.constraint import Constraint, size_of, spectrum_of
from repshift.attribution.dream import Direction, Dream, DreamGoal, dreamed
from repshift.attribution.feature_maps import feature_maps, layers_with_maps, mean_activations
from repshift.attribution.maximisation import OptimisedMaps, maximised, random_maps
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.case.attribution.feature_settings import FeatureSettings
from repshift.case.attribution.inputs import chosen_positions
from repshift.case.attribution.subject import Subject, subject_of
from repshift.case.forward import OpenCase
from repshift.statistics.channel_choice import ChosenChannel, choose_channels
from repshift.vocabulary import InputError, in_short

Values = npt.NDArray[np.float64]

_DRAWS = 8
"""Random additions to each map that dreams are compared with."""


@dataclass(frozen=True)
class Filters:
    """Optimised maps of some channels of a layer.

    Attributes
    ----------
    channels
        (n_channels,): their numbers in the layer.
    found
        By constraint.
    tenfold
        (n_channels,) by constraint: mean activation of the map of the first start made ten times as large about the
        mean of the maps.
    """

    channels: tuple[int, ...]
    found: dict[str, OptimisedMaps]
    tenfold: dict[str, Values]


@dataclass(frozen=True)
class LayerFeatures:
    """Channels of a layer.

    Attributes
    ----------
    layer
        Its name.
    chosen
        Channels that are shown.
    means
        (n_maps, n_channels) of each domain: mean activations of those, own domain first.
    shown
        (n_channels, y, x) of each domain: feature maps of its first map.
    filters
        What the first channels look for; None: not asked for.
    """

    layer: str
    chosen: tuple[ChosenChannel, ...]
    means: list[Values]
    shown: list[npt.NDArray[np.float32]]
    filters: Filters | None


@dataclass(frozen=True)
class Features:
    """What is found of a model, own domain first.

    Attributes
    ----------
    subjects
        The domains.
    layers
        Their layers, in the order of the pass.
    goals
        What dreams move.
    dreams
        By constraint, for each goal and domain.
    names
        Of the goals.
    """

    subjects: list[Subject]
    layers: list[LayerFeatures]
    goals: list[DreamGoal]
    dreams: dict[str, list[list[Dream]]]
    names: tuple[str, ...]

    @property
    def subjects_of_goals(self) -> list[str]:
        """The output or layer that each goal is about."""
        outputs = self.subjects[0].outputs.names
        return [str(goal.layer) if goal.output is None else outputs[goal.output] for goal in self.goals]


def found_features(
    cases: Sequence[OpenCase], settings: FeatureSettings, *, batch_size: int, device: torch.device
) -> Features:
    """Return what the features of a model are on its own domain and, where it is given, on another.

    Parameters
    ----------
    cases
        The model shown its own domain; and another.
    settings
        What is shown.
    batch_size
        Maps of a pass.
    device
        Where torch computes.

    Raises
    ------
    InputError
        If a layer or an output does not exist, a layer has no maps of features, or nothing of it differs between maps.
    """
    subjects = [_subject(case, settings, device) for case in cases]
    own = subjects[0].maps
    constraints: dict[str, Constraint] = {"spectrum": spectrum_of(own), "size": size_of(own)}
    with subjects[0].explained(batch_size) as explained:
        names = layers_with_maps(explained, own, list(settings.layers) or None)
        goals = _goals(explained, _one_layer(explained, own, settings.dream_layer or names[-1]))
        means = [mean_activations(explained, subject.maps, names) for subject in subjects]
        layers = [
            _layer(explained, subjects, name, [one[name] for one in means], constraints, settings) for name in names
        ]
        starts = [subject.first(settings.dream_maps) for subject in subjects]
        dreams = {name: _dreams(explained, starts, goals, one, settings) for name, one in constraints.items()}
        return Features(subjects, layers, goals, dreams, tuple(goal.name(explained.outputs.names) for goal in goals))


def _subject(case: OpenCase, settings: FeatureSettings, device: torch.device) -> Subject:
    positions = chosen_positions(case, n_maps=settings.n_maps, seed=settings.seed)
    inputs = case.simulations.standardised(positions, case.moments)
    return subject_of(case, positions, inputs, outputs=settings.outputs, device=device)


def _layer(
    explained: NetworkOutputs,
    subjects: Sequence[Subject],
    layer: str,
    means: Sequence[Tensor],
    constraints: dict[str, Constraint],
    settings: FeatureSettings,
) -> LayerFeatures:
    """Return the channels of a layer: chosen by every second simulation, for the others to measure them."""
    each = [one.double().cpu().numpy() for one in means]
    halves = [one[::2] for one in each]
    try:
        chosen = choose_channels(halves[0], halves[1] if len(halves) > 1 else None, n_channels=settings.channels)
    except InputError as error:
        raise InputError(f"Layer '{layer}': {error}") from error
    channels = [one.channel for one in chosen]
    shown = [feature_maps(explained, subject.first(1), layer, channels)[0].cpu().numpy() for subject in subjects]
    filters = None
    if settings.filters:
        filters = _filters(explained, subjects[0].maps, layer, channels[: settings.filters], constraints, settings)
    return LayerFeatures(layer, tuple(chosen), [one[:, channels] for one in each], shown, filters)


def _filters(
    explained: NetworkOutputs,
    own: Tensor,
    layer: str,
    channels: Sequence[int],
    constraints: dict[str, Constraint],
    settings: FeatureSettings,
) -> Filters:
    starts = random_maps(own, settings.seeds, seed=settings.seed)
    found = {
        name: maximised(explained, starts, layer, channels, constraint, steps=settings.steps, from_blank=name == "size")
        for name, constraint in constraints.items()
    }
    tenfold = {name: _tenfold(explained, own, layer, channels, one.maps[:, 0]) for name, one in found.items()}
    return Filters(tuple(channels), found, tenfold)


def _tenfold(explained: NetworkOutputs, own: Tensor, layer: str, channels: Sequence[int], maps: Tensor) -> Values:
    """Return the mean activation of each channel for its map made ten times as large about the mean of the maps."""
    mean = own.mean((0, 2, 3), keepdim=True)
    activations = feature_maps(explained, mean + 10 * (maps - mean), layer, channels).double().mean((2, 3))
    return np.asarray(activations.diagonal().cpu().numpy())


def _one_layer(explained: NetworkOutputs, maps: Tensor, layer: str) -> str:
    """Return the layer that the deep dream enhances."""
    found = layers_with_maps(explained, maps, [layer])
    if len(found) != 1:
        raise InputError(f"'{layer}' fits {len(found)} layers: {in_short(found)}. A deep dream enhances one.")
    return found[0]


def _goals(explained: NetworkOutputs, layer: str) -> list[DreamGoal]:
    """Return what dreams move: each output up and down, and the activations of a layer up."""
    directions: tuple[Direction, Direction] = ("up", "down")
    outputs = range(len(explained.outputs.names))
    return [
        *(DreamGoal(output=place, direction=way) for place in outputs for way in directions),
        DreamGoal(layer=layer),
    ]


def _dreams(
    explained: NetworkOutputs,
    starts: Sequence[Tensor],
    goals: Sequence[DreamGoal],
    constraint: Constraint,
    settings: FeatureSettings,
) -> list[list[Dream]]:
    return [
        [
            dreamed(
                explained,
                start,
                goal,
                constraint,
                size=settings.dream_size,
                steps=settings.steps,
                draws=_DRAWS,
                seed=settings.seed,
            )
            for start in starts
        ]
        for goal in goals
    ]
