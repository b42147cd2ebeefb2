"""What a file of attributions holds: each variable declared once, with its dimensions, its unit and what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from repshift.statistics.resampling import Interval
from repshift.vocabulary import about

ENDS: Final = ("", "_low", "_high")
"""Suffixes of a number and of the ends of its interval."""

_OF_END: Final = ("", "lower end of the interval: ", "upper end of the interval: ")


@dataclass(frozen=True)
class Quantity:
    """A variable of a file of attributions.

    Attributes
    ----------
    name, dims
        Of the variable.
    long_name, units
        What it is. The unit of an output is 1: parameters are scaled to [0, 1], log odds have none.
    has_ends
        Whether ``{name}_low`` and ``{name}_high`` lie beside it.
    """

    name: str
    dims: tuple[str, ...]
    long_name: str
    units: str = "1"
    has_ends: bool = False

    def variables(self, values: Any, interval: Interval | None = None) -> dict[str, Any]:  # noqa: ANN401 - words too
        """Return the variable and, where it has ends, both of them, as a Dataset takes them."""
        parts = (values,) if interval is None else (values, interval.low, interval.high)
        texts = zip(ENDS, _OF_END, parts, strict=False)
        return {
            f"{self.name}{end}": (self.dims, part, about(f"{of}{self.long_name}", self.units))
            for end, of, part in texts
        }


def _arrays(*found: tuple[str, tuple[str, ...], str]) -> tuple[Quantity, ...]:
    return tuple(Quantity(*one) for one in found)


def _numbers(*found: tuple[str, tuple[str, ...], str]) -> tuple[Quantity, ...]:
    return tuple(Quantity(*one, has_ends=True) for one in found)


_PIXELS = ("map", "channel", "y", "x")
_OF = ("method", "output")

_OF_EACH_MAP: Final = _arrays(
    (
        "attribution",
        (*_OF, *_PIXELS),
        "attribution of the output to each pixel; of a sensitivity, per unit of the pixel",
    ),
    ("input", _PIXELS, "map as the network reads it"),
    ("value", ("output", "map"), "output that is attributed"),
    ("baseline_value", ("output", "map"), "output of the baseline"),
    ("completeness_error", (*_OF, "map"), "sum of the contributions less the change of the output from the baseline"),
    ("sum_by_environment", (*_OF, "environment", "map"), "sum of absolute attribution in an environment"),
    ("contribution_by_environment", (*_OF, "environment", "map"), "sum of absolute contributions in an environment"),
    ("input_by_environment", ("environment", "map"), "sum of absolute input less baseline in an environment"),
    ("pixels_by_environment", ("environment", "map"), "pixels of an environment"),
    ("power_by_scale", (*_OF, "scale", "map"), "mean power of the attribution over the modes of a scale"),
    ("input_power_by_scale", ("scale", "map"), "mean power of the map over the modes of a scale"),
    ("modes_by_scale", ("scale",), "modes of a scale"),
    ("sum_by_distance", (*_OF, "distance", "map"), "sum of absolute attribution at a distance from the nearest peak"),
    ("pixels_by_distance", ("distance", "map"), "pixels at a distance from the nearest peak"),
    ("sum_by_channel", (*_OF, "channel", "map"), "sum of absolute attribution in a channel"),
)

_NULL_MAP: Final = _arrays(
    ("null_attribution", (*_OF, "channel", "y", "x"), "attribution of the map `example` with all weights shuffled"),
)

_NUMBERS: Final = _numbers(
    ("completeness", _OF, "median absolute completeness error over the root mean square change of the output"),
    ("share", (*_OF, "environment"), "mean share of a map's absolute attribution in an environment"),
    (
        "share_over_pixels",
        (*_OF, "environment"),
        "share of absolute attribution in an environment over its share of pixels",
    ),
    ("share_over_input", (*_OF, "environment"), "share of absolute contributions over that of input less baseline"),
    ("input_share", ("environment",), "mean share of a map's absolute input less baseline in an environment"),
    ("power_over_input", (*_OF, "scale"), "share of the attribution's power at a scale over that of the map's power"),
    (
        "distance_over_pixels",
        (*_OF, "distance"),
        "share of absolute attribution over the share of pixels at a distance",
    ),
    ("channel_share", (*_OF, "channel"), "mean share of a map's absolute attribution in a channel"),
    ("input_correlation", _OF, "mean rank correlation of absolute attribution and absolute input less baseline"),
    (
        "agreement",
        ("method", "method_other", "output"),
        "mean rank correlation of two methods' contributions of blocks",
    ),
)

_CURVE = ("fill", "order", "output", "step")
_GAIN = ("fill", "method", "output")
_INPUT_GAIN = ("fill", "output")
_DELETION: Final = _numbers(
    ("deletion_curve", _CURVE, "mean fall of the output as blocks are hidden, those of largest contribution first"),
    ("deletion_gain", _GAIN, "mean fall of the output over the steps, less that of random order"),
    ("input_deletion_gain", _INPUT_GAIN, "mean fall in the order of absolute input less baseline, less that at random"),
    ("deletion_gain_over_input", _GAIN, "gain over random order, less the size of that of input less baseline"),
)
_INSERTION: Final = _numbers(
    ("insertion_curve", _CURVE, "mean rise of the output as blocks are put in, those of largest contribution first"),
    ("insertion_gain", _GAIN, "mean rise of the output over the steps, less that of random order"),
    (
        "input_insertion_gain",
        _INPUT_GAIN,
        "mean rise in the order of absolute input less baseline, less that at random",
    ),
    ("insertion_gain_over_input", _GAIN, "gain over random order, less the size of that of input less baseline"),
)
_VERDICTS: Final = _arrays(
    ("deletion_verdict", _GAIN, "whether the order of blocks beats random order when they are hidden"),
    ("insertion_verdict", _GAIN, "whether the order of blocks beats random order when they are put in"),
    ("deletion_verdict_over_input", _GAIN, "whether it beats the order of input less baseline when they are hidden"),
    ("insertion_verdict_over_input", _GAIN, "whether it beats the order of input less baseline when they are put in"),
)

_DEPTHS = ("depth", *_OF)
_RANDOMISATION: Final = _numbers(
    ("randomisation_signed", _DEPTHS, "mean rank correlation with the map under shuffled weights, signed"),
    ("randomisation_absolute", _DEPTHS, "mean rank correlation with the map under shuffled weights, absolute values"),
)

_CHANGES: Final = _numbers(
    ("share_over_pixels_change", (*_OF, "environment"), "share over that of pixels: out less in distribution"),
    ("share_over_input_change", (*_OF, "environment"), "share over that of the input: out less in distribution"),
    ("power_over_input_change", (*_OF, "scale"), "share of power over that of the map: out less in distribution"),
    ("distance_over_pixels_change", (*_OF, "distance"), "share over that of pixels: out less in distribution"),
    ("channel_share_change", (*_OF, "channel"), "share of a channel: out less in distribution"),
)

MAP_QUANTITIES: Final = {
    one.name: one
    for one in (
        *_OF_EACH_MAP,
        *_NULL_MAP,
        *_NUMBERS,
        *_DELETION,
        *_INSERTION,
        *_VERDICTS,
        *_RANDOMISATION,
        *_CHANGES,
    )
}
"""Variables of the file of a case, by name; those of nulls that were not asked for are not in it."""

_SHIFT_OF_EACH_MAP: Final = _arrays(
    ("attribution", ("output", *_PIXELS), "contribution of each pixel to the change of the output from map to twin"),
    ("input", _PIXELS, "map as the network reads it"),
    ("twin_input", _PIXELS, "its twin as the network reads it"),
    ("value", ("output", "map"), "output of the map"),
    ("twin_value", ("output", "map"), "output of the twin"),
    ("completeness_error", ("output", "map"), "sum of the contributions less the change of the output"),
    ("environment_shift_of_map", ("output", "environment", "map"), "part of the change of the output by environment"),
    ("scale_shift_of_map", ("output", "scale", "map"), "part of the change of the output by scale"),
    ("pixel_value_shift_of_map", ("output", "pixel_value", "map"), "part of the change of the output by pixel value"),
    ("environment_pixel_share", ("environment",), "share of pixels in an environment"),
    ("pixel_value_pixel_share", ("pixel_value",), "share of pixels of a rank of value in their map"),
)

_SHIFT_NUMBERS: Final = _numbers(
    ("shift", ("output",), "mean change of the output from map to twin"),
    ("remainder", ("output",), "mean change of the output that no pixel accounts for: minus the completeness error"),
    ("completeness", ("output",), "median absolute completeness error over the root mean square change of the output"),
    ("environment_shift", ("output", "environment"), "part of the shift in an environment"),
    ("environment_difference_share", ("environment",), "share of absolute twin less map in an environment"),
    ("scale_shift", ("output", "scale"), "part of the shift by the difference of map and twin at a scale"),
    ("scale_difference_share", ("scale",), "share of squared twin less map at a scale"),
    ("pixel_value_shift", ("output", "pixel_value"), "part of the shift in pixels of a rank of value in their map"),
    ("pixel_value_difference_share", ("pixel_value",), "share of absolute twin less map in pixels of a rank of value"),
    ("channel_shift", ("output", "channel"), "part of the shift in a channel"),
)

_SHIFT_LAYERS: Final = _numbers(
    ("layer_shift", ("output", "layer"), "part of the shift that passes through a layer"),
    ("layer_offset_shift", ("output", "layer"), "part of it by the mean change of each feature channel"),
    ("layer_units", ("output", "layer"), "number of feature channels that share it: participation ratio"),
)

SHIFT_QUANTITIES: Final = {one.name: one for one in (*_SHIFT_OF_EACH_MAP, *_SHIFT_NUMBERS, *_SHIFT_LAYERS)}
"""Variables of the file of the attribution of a shift, by name; those of layers only where asked for."""


def variables_of(table: Mapping[str, Quantity], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables of values, or of values with an Interval, by the names of a table of quantities."""
    variables: dict[str, Any] = {}
    for name, values in found.items():
        parts: Sequence[Any] = values if isinstance(values, tuple) else (values,)
        variables |= table[name].variables(*parts)
    return variables
