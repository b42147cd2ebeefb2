"""How much a network is run to attribute a case, in forward passes of one map: jobs are divided by it, and priced."""

from math import ceil

from repshift.attribution import METHODS
from repshift.study.attribution import Attribution
from repshift.study.attribution_jobs import attribution_section, outputs_of
from repshift.study.configuration import Study
from repshift.study.map_geometry import size_of_maps

_BACKWARD = 2
"""Forward passes that the gradient of one output takes."""

_BY_LAYER = 3
"""How often the integral by layer takes what that by pixel does: derivatives in forward mode, and layers kept."""

_LAYERS_SHOWN = 4
"""Layers whose features are shown where none are named; of a pattern, that many may be more."""

_WAYS = 2
"""How a map is optimised: with and without the spectrum of the maps."""

_BESIDE_A_DREAM = 9
"""Forward passes that a dream is compared with: of the map itself, and of 8 random additions of the same size."""


def attribution_passes(study: Study, model: str, domain: str) -> float:
    """Return the forward passes of one map that the actions maps and shift take on a domain."""
    section = attribution_section(study)
    each = {name: _passes_of(study, model, domain, name) for name in section.methods}
    return section.maps * sum(each.values()) + _faithfulness(study, model) + _randomisation(section, each)


def shift_passes(study: Study, model: str) -> float:
    """Return the forward passes of one map that the action shift takes."""
    section = attribution_section(study)
    ways = 1 + (_BY_LAYER if section.shift.by_layer else 0)
    return float(section.shift_maps * section.shift.nodes * _gradient(study, model) * ways)


def feature_passes(study: Study, model: str) -> float:
    """Return the forward passes of one map that the action features takes: optimisations, and dreams."""
    chosen = attribution_section(study).features
    if chosen is None:
        return 0.0
    layers = len(chosen.layers) if chosen.layers else _LAYERS_SHOWN
    optimised = layers * chosen.filters * chosen.seeds * _WAYS
    goals = 1 + 2 * len(outputs_of(study, model))
    dreamt = 2 * chosen.dream_maps * goals * _WAYS
    passes = (1 + _BACKWARD) * chosen.steps
    return float(passes * optimised + (passes + 2 * (1 + _BACKWARD) + _BESIDE_A_DREAM) * dreamt + 2 * chosen.maps)


def attributed_pixels(study: Study, model: str, domain: str) -> float:
    """Return the pixels of all attributions of a case."""
    section, (height, width) = attribution_section(study), size_of_maps(study, model, domain)
    return section.maps * len(section.methods) * len(outputs_of(study, model)) * height * width


def _gradient(study: Study, model: str) -> int:
    """Return what the gradients of all outputs of a map take."""
    return 1 + _BACKWARD * len(outputs_of(study, model))


def _passes_of(study: Study, model: str, domain: str, method: str) -> float:
    """Return what a method takes for all outputs of a map."""
    section, takes = attribution_section(study), METHODS[method].takes
    if "window" in takes:
        squares = [max(ceil((side - section.window) / section.stride), 0) + 1 for side in _size(study, model, domain)]
        return 1.0 + squares[0] * squares[1]
    if "nodes" in takes:
        return float(section.nodes * _gradient(study, model))
    return float((section.draws if "draws" in takes else 1) * _gradient(study, model))


def _size(study: Study, model: str, domain: str) -> tuple[int, int]:
    """Return the pixels (y, x) of a map; those of CMD where nothing says it before the run."""
    height, width = size_of_maps(study, model, domain)
    return height or study.catalogue.pixels, width or study.catalogue.pixels


def _faithfulness(study: Study, model: str) -> float:
    """Return what the curves of hidden blocks take: an order a method and output, the input's and random ones."""
    section = attribution_section(study)
    hidden = section.faithfulness
    if hidden is None:
        return 0.0
    orders = len(section.methods) * len(outputs_of(study, model)) + 1 + hidden.random_orders
    return float(
        section.null_maps["faithfulness.maps"] * len(hidden.fills) * (1 + hidden.insertion) * orders * hidden.steps
    )


def _randomisation(section: Attribution, each: dict[str, float]) -> float:
    """Return what the methods take with shuffled weights."""
    shuffled = section.randomisation
    if shuffled is None:
        return 0.0
    keys = {name: "integrated_maps" if METHODS[name].has_many_passes else "maps" for name in each}
    maps = {name: section.null_maps[f"randomisation.{key}"] for name, key in keys.items()}
    return (shuffled.depths + shuffled.untrained) * sum(maps[name] * each[name] for name in each)
