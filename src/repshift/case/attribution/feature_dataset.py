"""The Dataset of the features of a model, as the action features writes it."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.attribution.constraint import CONSTRAINTS
from repshift.case.attribution.feature_settings import FeatureSettings
from repshift.case.attribution.features import Features, Filters, LayerFeatures
from repshift.case.attribution.subject import Subject
from repshift.evidence.attribution.feature_channels import channel_numbers
from repshift.evidence.attribution.feature_quantities import FEATURE_QUANTITIES, feature_map_of
from repshift.statistics.map_similarity import (
    mean_power,
    pixel_similarity,
    power_similarity,
    random_phases,
    share_of_small_scales,
)

Values = npt.NDArray[np.float64]


def feature_dataset(found: Features, settings: FeatureSettings) -> xr.Dataset:
    """Return the features of a model with the numbers that judge them.

    Returns
    -------
    The variables of `repshift.evidence.attribution.feature_quantities.FEATURE_QUANTITIES`; those of filters and the
    shift only where there are any. Coordinates say of each feature its layer, its channel and why it is shown.
    """
    values = {**_channel_values(found, settings), **_dream_values(found)}
    if settings.filters:
        values |= _filter_values(found, settings)
    variables: dict[str, Any] = {}
    for name, (held, ends) in values.items():
        variables |= FEATURE_QUANTITIES[name].variables(held, ends)
    for place, layer in enumerate(found.layers):
        variables |= feature_map_of(place, layer.layer).variables(np.stack(layer.shown))
    return xr.Dataset(variables, _coordinates(found), _attributes(found, settings))


def _channel_values(found: Features, settings: FeatureSettings) -> dict[str, Any]:
    """Return the numbers of channels, from the simulations that did not choose them."""
    domains = [
        np.concatenate([layer.means[place][1::2] for layer in found.layers], axis=1)
        for place in range(len(found.subjects))
    ]
    numbers = channel_numbers(domains, n_resamples=settings.resamples, seed=settings.seed)
    inputs = np.stack([subject.inputs[0] for subject in found.subjects])
    values: dict[str, Any] = {"input": (inputs, None), "mean_activation": (numbers.means, numbers.mean_ends)}
    return values if numbers.shift is None else {**values, "shift": (numbers.shift, numbers.shift_ends)}


def _filter_values(found: Features, settings: FeatureSettings) -> dict[str, Any]:
    """Return optimised maps and what is compared with them, layers one after the other."""
    pairs = [(layer, layer.filters) for layer in found.layers if layer.filters is not None]
    own = found.subjects[0].inputs

    def stacked(name: str) -> npt.NDArray[np.float32]:
        """Return one array of `OptimisedMaps`, (constraint, filter, start, ...)."""
        return np.stack(
            [
                np.concatenate([getattr(filters.found[each], name).cpu().numpy() for _, filters in pairs])
                for each in CONSTRAINTS
            ]
        )

    real = np.concatenate([layer.means[0][:, : len(filters.channels)] for layer, filters in pairs], axis=1)
    mean, largest = real.mean(0), real.max(0)
    maps, activations, random = stacked("maps"), stacked("activations"), stacked("start")
    shares = share_of_small_scales(maps.reshape(-1, *maps.shape[3:])).reshape(maps.shape[:3])
    scale = (largest - mean)[:, None]
    return {
        "filter_map": (maps, None),
        "filter_activation": (activations, None),
        "filter_rise": ((activations - mean[:, None]) / scale, None),
        "random_activation": (random, None),
        "random_rise": ((random - mean[:, None]) / scale, None),
        "tenfold_rise": ((_tenfold([filters for _, filters in pairs]) - mean) / (largest - mean), None),
        "filter_small_scales": (shares, None),
        "largest_map": (own[real.argmax(0)], None),
        "largest_activation": (largest, None),
        "real_activation": (mean, None),
        **_similarities(maps, settings.seed),
    }


def _tenfold(filters: list[Filters]) -> Values:
    return np.stack([np.concatenate([one.tenfold[each] for one in filters]) for each in CONSTRAINTS])


def _similarities(maps: npt.NDArray[np.float32], seed: int) -> dict[str, Any]:
    """Return how alike maps (constraint, filter, start, ...) of several starts are, (constraint, filter)."""
    rng = np.random.default_rng(seed)
    n_starts = maps.shape[2]
    sums = {
        name: np.zeros(maps.shape[:2]) for name in ("pixel_similarity", "pixel_similarity_random", "power_similarity")
    }
    pairs = list(combinations(range(n_starts), 2))
    for place in np.ndindex(*maps.shape[:2]):
        each = maps[place]
        turned = [random_phases(one, rng=rng) for one in each]
        for one, other in pairs:
            sums["pixel_similarity"][place] += pixel_similarity(each[one], each[other])
            sums["pixel_similarity_random"][place] += pixel_similarity(turned[one], turned[other])
            sums["power_similarity"][place] += power_similarity(each[one], each[other])
    return {name: (values / len(pairs), None) for name, values in sums.items()}


def _dream_values(found: Features) -> dict[str, Any]:
    """Return what dreams add and what that does, beside the power of the maps."""

    def stacked(name: str) -> npt.NDArray[np.float32]:
        """Return one array of `Dream`, (constraint, goal, domain, dreamt, ...)."""
        return np.array(
            [
                [[getattr(one, name).cpu().numpy() for one in domains] for domains in found.dreams[each]]
                for each in CONSTRAINTS
            ]
        )

    added = stacked("added")
    flat = added.reshape(-1, *added.shape[3:])
    shares = np.array([share_of_small_scales(one) for one in flat]).reshape(added.shape[:4])
    power = np.array([mean_power(one) for one in flat])
    inputs = [subject.inputs for subject in found.subjects]
    return {
        "dream_added": (added[:, :, :, 0], None),
        "dream_before": (stacked("before")[0], None),
        "dream_moved": (stacked("moved"), None),
        "dream_random": (stacked("random"), None),
        "dream_small_scales": (shares, None),
        "dream_power": (power.reshape(*added.shape[:3], -1), None),
        "map_power": (np.array([mean_power(one) for one in inputs]), None),
        "map_small_scales": (np.array([share_of_small_scales(one).mean() for one in inputs]), None),
    }


def _coordinates(found: Features) -> dict[str, Any]:
    """Return what things are called along the dimensions."""
    features = [(layer.layer, one) for layer in found.layers for one in layer.chosen]
    subject = found.subjects[0]
    size = min(subject.inputs.shape[2:])
    names: dict[str, Any] = {
        "domain": [one.shown.domain.name for one in found.subjects],
        "channel": list(subject.channels),
        "constraint": list(CONSTRAINTS),
        "output": list(subject.outputs.names),
        "goal": list(found.names),
        "goal_of": ("goal", found.subjects_of_goals),
        "goal_direction": ("goal", [goal.direction for goal in found.goals]),
        "wavenumber": np.arange(1, size // 2 + 1),
        "layer": ("feature", [layer for layer, _ in features]),
        "unit": ("feature", [one.channel for _, one in features]),
        "reason": ("feature", [one.reason for _, one in features]),
    }
    filters = [(layer.layer, number) for layer in found.layers for number in _numbers(layer)]
    if filters:
        names["filter_layer"] = ("filter", [layer for layer, _ in filters])
        names["filter_unit"] = ("filter", [number for _, number in filters])
    return names


def _numbers(layer: LayerFeatures) -> tuple[int, ...]:
    return () if layer.filters is None else layer.filters.channels


def _attributes(found: Features, settings: FeatureSettings) -> dict[str, Any]:
    """Return what the file says of the case, its maps and what shaped the numbers; the case is of the last domain."""
    own, last = found.subjects[0], found.subjects[-1]
    shown = last.shown
    said = {**shown.case.attributes(), **shown.domain.attributes(), **shown.preparation}
    said |= {"weights_sha256": shown.description.sha256, "maps_sha256": shown.simulations.sha256}
    said |= {"own_domain": own.shown.domain.name, "own_suite": own.shown.domain.suite}
    said |= {"own_maps_sha256": own.shown.simulations.sha256, "layers": ", ".join(one.layer for one in found.layers)}
    said |= {"first_maps": ", ".join(_label(one) for one in found.subjects)}
    drawn = ("n_maps", "steps", "dream_size", "seed", "resamples")
    return said | {name: getattr(settings, name) for name in drawn}


def _label(subject: Subject) -> str:
    coordinates = subject.shown.coordinates(subject.positions[:1])
    return str(coordinates["map"][1][0])
