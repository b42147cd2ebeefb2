"""What an attributed case is measured by: attributions, maps, outputs and nulls, as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.floating]

INPUT: Final = "input"
RANDOM: Final = "random"
"""Orders of blocks beside those of the methods: by the sum of |input - baseline|, and the mean over random ones."""


@dataclass(frozen=True)
class AttributedMaps:
    """The maps of a case, attributed by several methods.

    Attributes
    ----------
    methods, method_labels, sensitivities
        Names and labels of the methods, and whether each is a sensitivity, per unit of the pixel: times
        ``inputs - baselines`` it is a contribution.
    outputs, channels
        What is attributed, and the channels of the maps.
    attributions
        (method, output, map, channel, y, x).
    errors
        (method, output, map): completeness errors; NaN where a method promises none.
    values, baseline_values
        (output, map): of the maps and of their baselines.
    inputs, baselines
        (map, channel, y, x), as the network reads them.
    density
        (map, y, x), which ranks the environments; None: the pixel value, of several channels their mean.
    simulations
        (map,) labels, that are resampled.
    periodic
        Whether the maps go on at the other side.
    pixel, pixel_units
        Side of a pixel where it is known; else None.
    window
        Pixels along the side of the blocks whose contributions are compared between methods.
    faithfulness, randomisation
        Nulls; None where they were not asked for.
    example, null
        Place of a map, and its attributions with all weights shuffled, (method, output, channel, y, x); None: none.
    """

    methods: tuple[str, ...]
    method_labels: tuple[str, ...]
    sensitivities: tuple[bool, ...]
    outputs: tuple[str, ...]
    channels: tuple[str, ...]
    attributions: Values
    errors: Values
    values: Values
    baseline_values: Values
    inputs: Values
    baselines: Values
    simulations: npt.NDArray[Any]
    density: Values | None = None
    periodic: bool = True
    pixel: float | None = None
    pixel_units: str = ""
    window: int = 8
    faithfulness: "HiddenBlocks | None" = None
    randomisation: "NullCorrelations | None" = None
    example: int = 0
    null: Values | None = None

    def require_whole(self) -> None:
        """Refuse arrays that disagree.

        Raises
        ------
        InputError
            Says which has what shape, or where a number is not finite.
        """
        pixels = (len(self.simulations), len(self.channels), *self.inputs.shape[-2:])
        of_outputs = (len(self.outputs), len(self.simulations))
        expected = {
            "attributions": (len(self.methods), len(self.outputs), *pixels),
            "errors": (len(self.methods), *of_outputs),
            **dict.fromkeys(("values", "baseline_values"), of_outputs),
            **dict.fromkeys(("inputs", "baselines"), pixels),
        }
        if self.density is not None:
            expected["density"] = (pixels[0], *pixels[2:])
        _require_shapes(self, expected)

    def contributions(self, method: int) -> Values:
        """Return the contributions of a method, by its place, (output, map, channel, y, x)."""
        values = self.attributions[method]
        return np.asarray(values * (self.inputs - self.baselines) if self.sensitivities[method] else values)


@dataclass(frozen=True)
class HiddenBlocks:
    """Outputs as blocks of pixels are hidden, or put in, in the order of the methods and of their nulls.

    Attributes
    ----------
    hidden
        (step,): share of the blocks of pixels hidden, or put in, at each step; the first is 0.
    deletion, insertion
        By the name of a fill: outputs (order, output, map, step), the methods' orders first, then `INPUT`, then
        `RANDOM`, the mean over its orders. NaN for maps that took no part. Insertion is empty where it was not asked
        for.
    """

    hidden: Values
    deletion: Mapping[str, Values]
    insertion: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class NullCorrelations:
    """Rank correlations of maps of attribution with those under shuffled weights.

    Attributes
    ----------
    depths
        Names: the layers from the last down to which weights are shuffled, then `ALL_WEIGHTS`, then `UNTRAINED`.
    signed, absolute
        (depth, method, output, map), of values and of absolute values; NaN for maps that took no part.
    """

    depths: tuple[str, ...]
    signed: Values
    absolute: Values


@dataclass(frozen=True)
class AttributedShift:
    """The change of outputs from maps to their twins, attributed by integrated gradients between the two.

    Attributes
    ----------
    outputs, channels
        What is attributed, and the channels of the maps.
    gradients
        (output, map, channel, y, x): mean gradient along the straight path from map to twin; times the difference of
        twin and map it is the contribution.
    values, twin_values
        (output, map).
    inputs, twins
        (map, channel, y, x), as the network reads them.
    density
        (map, y, x), as in `AttributedMaps`, of the map.
    simulations, pixel, pixel_units
        As in `AttributedMaps`.
    layers
        By the name of a layer: how much of the shift passes through it.
    """

    outputs: tuple[str, ...]
    channels: tuple[str, ...]
    gradients: Values
    values: Values
    twin_values: Values
    inputs: Values
    twins: Values
    simulations: npt.NDArray[Any]
    density: Values | None = None
    pixel: float | None = None
    pixel_units: str = ""
    layers: Mapping[str, "LayerShift"] = field(default_factory=dict)

    def require_whole(self) -> None:
        """Refuse arrays that disagree; as `AttributedMaps.require_whole`."""
        pixels = (len(self.simulations), len(self.channels), *self.inputs.shape[-2:])
        of_outputs = (len(self.outputs), len(self.simulations))
        expected = {
            "gradients": (len(self.outputs), *pixels),
            **dict.fromkeys(("values", "twin_values"), of_outputs),
            **dict.fromkeys(("inputs", "twins"), pixels),
        }
        if self.density is not None:
            expected["density"] = (pixels[0], *pixels[2:])
        _require_shapes(self, expected)

    @property
    def differences(self) -> npt.NDArray[np.float64]:
        """Twins less maps, (map, channel, y, x), in double precision."""
        return np.asarray(self.twins, dtype=np.float64) - self.inputs

    @property
    def attributions(self) -> npt.NDArray[np.float64]:
        """Contributions of the pixels, (output, map, channel, y, x)."""
        return np.asarray(self.gradients, dtype=np.float64) * self.differences


@dataclass(frozen=True)
class LayerShift:
    """The integral between twins at a layer, summed over the positions of each feature channel.

    Attributes
    ----------
    contributions
        (output, map, feature): sum over positions of the integral of gradient times change along the path.
    gradients
        (output, map, feature): sum over positions of the mean gradient along the path.
    changes
        (map, feature): mean over positions of the change from map to twin.
    """

    contributions: Values
    gradients: Values
    changes: Values


def _require_shapes(found: AttributedMaps | AttributedShift, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse arrays of other shapes, and numbers that are not finite; errors may be NaN."""
    for name, shape in expected.items():
        values = getattr(found, name)
        if values.shape != shape:
            raise InputError(f"The {name} of attributed maps are {values.shape}. Expected {shape}.")
        if name != "errors" and not np.isfinite(values).all():
            raise InputError(f"The {name} of attributed maps hold numbers that are not finite: all must be.")
