"""What a file of features holds: each variable declared once, with its dimensions, its unit and what it is."""

from typing import Final

from repshift.evidence.attribution.quantities import Quantity

_IMAGE: Final = ("channel", "y", "x")
_OPTIMISED: Final = ("constraint", "filter", "start")
_DREAM: Final = ("constraint", "goal", "domain")

_FEATURES: Final = (
    Quantity("input", ("domain", *_IMAGE), "first map of the domain, as the network reads it"),
    Quantity(
        "mean_activation",
        ("domain", "feature"),
        "mean activation over positions and over the simulations that did not choose the channel",
        has_ends=True,
    ),
    Quantity(
        "shift",
        ("feature",),
        "change of the mean activation from the own domain to the other, in standard deviations over its maps",
        has_ends=True,
    ),
)

_FILTERS: Final = (
    Quantity("filter_map", (*_OPTIMISED, *_IMAGE), "map of the largest mean activation found under the constraint"),
    Quantity("filter_activation", _OPTIMISED, "mean activation of that map"),
    Quantity("filter_rise", _OPTIMISED, "its rise above the mean of real maps, over that of the real map of largest"),
    Quantity("random_activation", _OPTIMISED, "mean activation of a random map under the constraint"),
    Quantity("random_rise", _OPTIMISED, "its rise above the mean of real maps, over that of the real map of largest"),
    Quantity(
        "tenfold_rise", _OPTIMISED[:2], "the same of the optimised map of the first start made ten times as large"
    ),
    Quantity("filter_small_scales", _OPTIMISED, "share of the power above half the Nyquist frequency"),
    Quantity(
        "pixel_similarity", _OPTIMISED[:2], "correlation of two starts at their best periodic shift, mean of pairs"
    ),
    Quantity("pixel_similarity_random", _OPTIMISED[:2], "the same of these maps with their phases drawn at random"),
    Quantity("power_similarity", _OPTIMISED[:2], "correlation of the root of the power at each mode, mean of pairs"),
    Quantity("largest_map", ("filter", *_IMAGE), "real map of the own domain of largest mean activation"),
    Quantity("largest_activation", ("filter",), "mean activation of that map"),
    Quantity("real_activation", ("filter",), "mean activation over all real maps of the own domain"),
)

_DREAMS: Final = (
    Quantity("dream_added", (*_DREAM, *_IMAGE), "what the dream adds to the first map of the domain"),
    Quantity("dream_before", ("goal", "domain", "dreamt"), "value of the goal of the map itself"),
    Quantity("dream_moved", (*_DREAM, "dreamt"), "change of the goal by the dream"),
    Quantity("dream_random", (*_DREAM, "dreamt"), "root mean square change by random additions as large"),
    Quantity("dream_small_scales", (*_DREAM, "dreamt"), "share of the added power above half the Nyquist frequency"),
    Quantity("dream_power", (*_DREAM, "wavenumber"), "mean power of what is added, a mode"),
    Quantity("map_power", ("domain", "wavenumber"), "mean power of the maps, a mode"),
    Quantity("map_small_scales", ("domain",), "mean share of the power of maps above half the Nyquist frequency"),
)

FEATURE_QUANTITIES: Final = {one.name: one for one in (*_FEATURES, *_FILTERS, *_DREAMS)}
"""Variables of a file of features, by name; of `feature_map_0` and so on, one of each layer, see `feature_map_of`."""


def feature_map_of(place: int, layer: str) -> Quantity:
    """Return the variable of the feature maps of the layer at a place among those shown."""
    sides = (f"feature_of_{place}", f"y_of_{place}", f"x_of_{place}")
    return Quantity(f"feature_map_{place}", ("domain", *sides), f"channels of layer {layer} on the first map")
