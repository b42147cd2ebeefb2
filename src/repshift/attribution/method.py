"""What a method of attribution is: its name, what it needs, what its values mean, and the function that makes them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from repshift.vocabulary import InputError

if TYPE_CHECKING:  # the configuration reads the names of methods, and loads no torch
    from torch import Tensor

    from repshift.attribution.network_outputs import NetworkOutputs


@dataclass(frozen=True)
class Attribution:
    """What a method finds in maps.

    Attributes
    ----------
    values
        (n_outputs, n_maps, channels, y, x): contributions in the unit of the output or, of a sensitivity, the same per
        unit of pixel. A method that works at a layer has one channel for all.
    error
        (n_outputs, n_maps): sum of the contributions minus that of the output of the map and of its baseline; None
        where the method promises no such sum.
    layer
        Name of the layer that a method worked at; None: it works at none.
    """

    values: "Tensor"
    error: "Tensor | None" = None
    layer: str | None = None

    def by_channel(self, n_channels: int) -> "Tensor":
        """Return values with a map for each channel; one for all is shared out evenly, so that sums stay."""
        if self.values.shape[2] == n_channels:
            return self.values
        return (self.values / n_channels).expand(-1, -1, n_channels, -1, -1)


@dataclass(frozen=True)
class Options:
    """What methods may need beside the maps.

    Attributes
    ----------
    baseline
        (n_maps, channels, y, x): maps that contributions are counted from.
    fill
        (n_maps, channels, y, x): what is put where pixels are hidden.
    nodes
        Points of the path from baseline to map, 1 or more.
    window, stride
        Side of the square of pixels that is hidden, and its step [pixels], 1 or more; the stride is at most the window.
    noise
        Standard deviation of the noise that is added to maps, in the unit of pixels, above 0.
    draws
        Draws of noise for each map, 1 or more.
    seed
        Of the noise, 0 or more.
    layer
        Name of the layer of methods that work at one; None: the method chooses.
    """

    baseline: "Tensor"
    fill: "Tensor"
    nodes: int = 20
    window: int = 8
    stride: int = 8
    noise: float = 0.1
    draws: int = 20
    seed: int = 1
    layer: str | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that no method can take."""
        for name in ("nodes", "window", "stride", "draws"):
            if getattr(self, name) < 1:
                raise InputError(f"'{name}' is {getattr(self, name)}. Expected 1 or more.")
        if not 0 < self.noise < float("inf"):
            raise InputError(f"'noise' is {self.noise}. Expected a finite number above 0.")
        if self.stride > self.window:
            raise InputError(
                f"'stride' is {self.stride} and 'window' {self.window} pixels, so that pixels in between would never "
                "be hidden. Expected a stride of at most the window."
            )


@dataclass(frozen=True)
class Method:
    """A method of attribution.

    Attributes
    ----------
    name
        In files and in the configuration; that of its function.
    label
        In figures.
    description
        What its values are, in one sentence.
    module
        Returns the module that holds its function, which loads torch.
    takes
        Fields of `Options` that its function is called with.
    is_sensitivity
        Whether its values are per unit of pixel: times the map less its baseline they are contributions.
    is_complete
        Whether its contributions sum to the output of the map less that of the baseline.
    needs_layer
        Whether it works at a layer.
    """

    name: str
    label: str
    description: str
    module: Callable[[], ModuleType]
    takes: tuple[str, ...] = ()
    is_sensitivity: bool = False
    is_complete: bool = False
    needs_layer: bool = False

    @property
    def has_many_passes(self) -> bool:
        """Whether it runs the network many times for each map."""
        return not {"nodes", "draws", "window"}.isdisjoint(self.takes)

    @property
    def function(self) -> Callable[..., Attribution]:
        """The function, of a network explained, maps (n_maps, channels, y, x) and what the method takes."""
        found: Callable[..., Attribution] = getattr(self.module(), self.name)
        return found

    def __call__(self, explained: "NetworkOutputs", maps: "Tensor", options: Options) -> Attribution:
        """Return the attribution of each output to the pixels of maps (n_maps, channels, y, x)."""
        named: dict[str, Any] = {name: getattr(options, name) for name in self.takes}
        return self.function(explained, maps, **named)
