"""How a case is attributed: methods and what they need, and the nulls that attributions are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from repshift.vocabulary import InputError

Baseline = Literal["mean", "blur"]
"""Where the path of integration starts: the mean of the training maps, or the map blurred."""

Fill = Literal["mean", "blur", "donor"]
"""What is put where pixels are hidden: the mean of the training maps, the map blurred, or the map of another one."""


@dataclass(frozen=True)
class MethodSettings:
    """Methods of attribution, and what they need beside maps.

    Attributes
    ----------
    methods
        Names of `repshift.attribution.METHODS`.
    baseline, nodes
        Where paths of integration start, and their Gauss-Legendre nodes.
    window, stride, fill
        Of occlusion: side and step of the hidden square [pixels], and what is put there.
    noise, draws
        Of SmoothGrad: standard deviation of the noise [that of the training maps], and how often it is drawn.
    layer
        Of the class activation maps; None: the last one with maps larger than a pixel.
    """

    methods: Sequence[str] = ("gradient", "integrated_gradients", "occlusion")
    baseline: Baseline = "mean"
    nodes: int = 20
    window: int = 8
    stride: int = 8
    fill: Fill = "mean"
    noise: float = 0.1
    draws: int = 20
    layer: str | None = None

    def __post_init__(self) -> None:
        _require_known("baseline", self.baseline, get_args(Baseline))
        _require_known("fill", self.fill, get_args(Fill))


@dataclass(frozen=True)
class Faithfulness:
    """How it is measured whether the output changes most where the attribution is largest.

    Attributes
    ----------
    maps
        Maps, the first of those attributed.
    window
        Side of the blocks of pixels that are hidden together.
    steps
        Shares of the blocks that are hidden, up to a half.
    fills
        What is put where blocks are hidden, a curve each.
    insertion
        Whether blocks are also shown, most important first, in a map that is hidden whole.
    random_orders
        Random orders of the blocks that the others are compared with.
    """

    maps: int = 25
    window: int = 8
    steps: int = 8
    fills: Sequence[Fill] = ("blur",)
    insertion: bool = False
    random_orders: int = 2

    def __post_init__(self) -> None:
        for fill in self.fills:
            _require_known("fill", fill, get_args(Fill))
        if not self.fills or len(set(self.fills)) < len(self.fills):
            found = ", ".join(self.fills) or "none"
            raise InputError(f"Blocks are hidden by the fills {found}. Expected one at least, each once.")


@dataclass(frozen=True)
class Randomisation:
    """How attributions are compared with those of networks whose weights are shuffled.

    Attributes
    ----------
    maps, integrated_maps
        Maps of methods of one pass, and of those that integrate or hide squares; the first of those attributed.
    depths
        How many networks, whose weights are shuffled from the last layer down; the last has all shuffled.
    untrained
        Whether an untrained network is added.
    """

    maps: int = 50
    integrated_maps: int = 16
    depths: int = 3
    untrained: bool = False


@dataclass(frozen=True)
class Settings:
    """How the maps of a case are attributed.

    Attributes
    ----------
    outputs
        What is attributed, by name; none: the first two that the network infers, or of classes all.
    n_maps, seed
        Maps, one of each simulation, and what draws them and all that is random.
    resamples
        Of the bootstrap by simulation.
    batch_size
        Maps of a forward pass.
    method
        Methods, and what they need.
    faithfulness, randomisation
        The nulls; None: left out.
    periodic, pixel, pixel_units
        Whether maps are of a periodic box, and the side of a pixel; None where it is not known.
    """

    outputs: Sequence[str]
    n_maps: int
    seed: int
    resamples: int
    batch_size: int
    method: MethodSettings = field(default_factory=MethodSettings)
    faithfulness: Faithfulness | None = None
    randomisation: Randomisation | None = None
    periodic: bool = False
    pixel: float | None = None
    pixel_units: str = ""

    @property
    def n_steps(self) -> int:
        """Methods, fills and networks of shuffled weights that are run."""
        fills = 0 if self.faithfulness is None else len(self.faithfulness.fills)
        networks = 0 if self.randomisation is None else self.randomisation.depths + self.randomisation.untrained
        return len(self.method.methods) + fills + networks


@dataclass(frozen=True)
class ShiftSettings:
    """How the shift of a case is attributed; as `Settings`.

    Attributes
    ----------
    nodes
        Gauss-Legendre nodes of the path from a map to its twin.
    layers
        Whether the shift is also followed through the layers.
    measured_labels
        Labels that are measured of maps, which may differ between twins.
    """

    outputs: Sequence[str]
    n_maps: int
    seed: int
    resamples: int
    batch_size: int
    nodes: int = 40
    layers: bool = False
    measured_labels: Sequence[str] = ()
    pixel: float | None = None
    pixel_units: str = ""


def _require_known(word: str, found: str, known: Sequence[str]) -> None:
    if found not in known:
        raise InputError(f"Unknown {word} '{found}'. Choose {', '.join(known)}.")
