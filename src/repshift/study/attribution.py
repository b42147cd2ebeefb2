"""Section `attribution`: which networks are looked into, on which maps, by which methods, and what is made from it."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.attribution import METHODS
from repshift.study.features import Features
from repshift.study.values import (
    BatchSize,
    FieldName,
    Name,
    OnRequest,
    Resamples,
    Section,
    Seed,
    Several,
    Words,
)


def _known_method(name: str) -> str:
    """Refuse what is no method."""
    if name not in METHODS:
        raise PydanticCustomError(
            "method", "'{name}' is not one of {names}", {"name": name, "names": str(list(METHODS))}
        )
    return name


MethodName = Annotated[str, AfterValidator(_known_method), Field(json_schema_extra={"enum": list(METHODS)})]
BaselineName = Literal["mean", "blur"]
FillName = Literal["mean", "blur", "donor"]

OUTPUTS_LEFT_OUT: Final = 2
"""Outputs of a network of values that are attributed where none are named: the first ones."""

HIDDEN_MAPS: Final = 25
SHUFFLED_MAPS: Final = 50
INTEGRATED_MAPS: Final = 16
"""Maps of each null where none are said and as many are attributed: blocks hidden; shuffled weights, of methods of one
pass and of many."""

Maps = Annotated[int, Field(ge=1, le=10_000)]
Pixels = Annotated[int, Field(ge=1, le=10_000)]


class Faithfulness(Section):
    """What is made from hiding the blocks of pixels of largest attribution first, beside random ones."""

    maps: Maps | None = Field(
        default=None, description="Number of maps, the first of those attributed; left out, 25, or all of fewer."
    )
    window: Pixels = Field(default=8, description="Side of a block [pixels].")
    steps: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=8, description="Number of steps until half of the map is hidden."
    )
    fills: Several[FillName] = Field(
        default=("blur",), description="What stands in hidden blocks: the training mean, the map blurred, another map."
    )
    insertion: bool = Field(
        default=False, description="Whether blocks are also put into a hidden map, those of largest attribution first."
    )
    random_orders: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=2, description="Number of random orders of the blocks, for comparison."
    )


class Randomisation(Section):
    """What is made from the same attributions of networks whose weights are shuffled."""

    depths: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3,
        description="Number of depths to which weights are shuffled, from the last layer down; the last is all.",
    )
    maps: Maps | None = Field(
        default=None, description="Number of maps, the first of those attributed; left out, 50, or all of fewer."
    )
    integrated_maps: Maps | None = Field(
        default=None, description="The same of methods that need many passes; left out, 16, or all of fewer."
    )
    untrained: bool = Field(default=False, description="Whether an untrained network is looked into as well.")


class Shift(Section):
    """Action shift of the stage attribution: which pixels carry the shift between a map and its twin."""

    maps: Maps | None = Field(
        default=None,
        description="Number of pairs of maps, one of each simulation; left out, as many as attribution.maps.",
    )
    nodes: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=40, description="Number of nodes of the integral between a map and its twin."
    )
    by_layer: bool = Field(
        default=False, description="Whether the shift is also divided by what passes through each layer."
    )


class Attribution(Section):
    """Stage attribution: what a network looks at, whether that is worth anything, and which pixels carry a shift."""

    cases: Annotated[dict[Name, Several[Name]], Field(min_length=1)] = Field(
        description="Each model with the domains whose maps are attributed, its own first; a domain may be no case "
        "elsewhere."
    )
    methods: Several[MethodName] = Field(
        default=("gradient", "integrated_gradients", "occlusion"),
        description="Methods of attribution, of those in docs/attribution.md.",
    )
    outputs: Several[Words] | None = Field(
        default=None,
        description="Labels that the network infers, their standard deviations as {label}_std, or classes. Left out, "
        "the first two labels; of two classes the second, of more all.",
    )
    maps: Maps = Field(default=50, description="Number of maps, one of each simulation.")
    baseline: BaselineName = Field(
        default="mean", description="Map that contributions are counted from: the training mean, or the map blurred."
    )
    nodes: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=20, description="Number of nodes of integrated_gradients."
    )
    window: Pixels = Field(default=8, description="Side of the square that occlusion hides [pixels].")
    stride: Pixels = Field(default=8, description="Distance of two such squares [pixels], at most their side.")
    fill: FillName = Field(
        default="mean", description="What stands in the square: the training mean, the map blurred, or another map."
    )
    noise: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=0.1, description="Standard deviation of the noise of smoothgrad, of maps as the network reads them."
    )
    draws: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=20, description="Number of noisy copies of each map in smoothgrad."
    )
    layer: Words | None = Field(
        default=None,
        description="Layer of grad_cam and layer_cam; left out, the last one whose output is larger than one pixel.",
    )
    environment: FieldName | None = Field(
        default=None,
        description="Field whose maps of the same simulations divide pixels by density; left out, the pixels' own "
        "value does.",
    )
    faithfulness: OnRequest[Faithfulness] = Field(
        default=Faithfulness(), description="Blocks of pixels hidden in order of attribution; null for none."
    )
    randomisation: OnRequest[Randomisation] = Field(
        default=Randomisation(), description="Attributions of shuffled weights; null for none."
    )
    twins: Several[Name] | None = Field(
        default=None,
        description="Suites with the same initial conditions and parameters as a domain: what carries the shift to "
        "them. Left out, none.",
    )
    shift: Shift = Field(default=Shift(), description="How the shift to each twin is attributed.")
    features: OnRequest[Features] = Field(
        default=None, description="What the channels of layers respond to; on request."
    )
    seed: Seed = Field(default=1, description="Random seed: draws maps, noise, random orders, weights and resamples.")
    resamples: Resamples = Field(default=2000, description="Number of bootstrap resamples of the simulations.")
    batch_size: BatchSize = Field(
        default=32, description="Number of maps of a forward pass: changes memory, not results."
    )

    @model_validator(mode="after")
    def _fitting(self) -> "Attribution":
        """Refuse numbers that do not fit each other."""
        if self.stride > self.window:
            message = "stride is {stride}, which leaves pixels out between squares of side {window}"
            raise PydanticCustomError("stride", message, {"stride": self.stride, "window": self.window})
        at_layers = [method.name for method in METHODS.values() if method.needs_layer]
        if self.layer is not None and not set(at_layers) & set(self.methods):
            raise PydanticCustomError("needs", "layer needs {other}", {"other": " or ".join(at_layers)})
        if self.shift != Shift() and self.twins is None:
            raise PydanticCustomError("needs", "{key} needs {other}", {"key": "shift", "other": "twins"})
        return self

    @property
    def null_maps(self) -> dict[str, int]:
        """Maps of each null that is asked for, by its key."""
        found: dict[str, int] = {}
        if self.faithfulness is not None:
            found |= {"faithfulness.maps": self.faithfulness.maps or min(HIDDEN_MAPS, self.maps)}
        if self.randomisation is not None:
            found |= {"randomisation.maps": self.randomisation.maps or min(SHUFFLED_MAPS, self.maps)}
            chosen = self.randomisation.integrated_maps
            found |= {"randomisation.integrated_maps": chosen or min(INTEGRATED_MAPS, self.maps)}
        return found

    @property
    def shift_maps(self) -> int:
        """Pairs of maps whose shift is attributed."""
        return self.shift.maps or self.maps
