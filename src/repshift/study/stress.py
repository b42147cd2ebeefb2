"""Section `stress`: which cases are perturbed, along which axes, how strongly, and what is made from it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from repshift.perturbation.axes import AXES, Argument
from repshift.study.values import (
    BatchSize,
    ConstructorName,
    Name,
    OnRequest,
    PathName,
    Resamples,
    Section,
    Seed,
    Several,
    Words,
    as_tuple,
)

Kind = Literal["axis", "function", "twin", "parameter", "one_at_a_time"]
KINDS: Final[tuple[Kind, ...]] = ("axis", "function", "twin", "parameter", "one_at_a_time")
"""Keys that say what an axis is of, of which it has one; with none, its own key is the ``axis``."""

SHARES_OF_THE_WAY: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Strengths of the axis of a twin where none are given: shares of the way to its maps."""

MAPS_EACH: Final = 3
"""Maps of each simulation that are perturbed where there are as many and none are said."""

_NEEDS: Final[dict[str, tuple[Kind, ...]]] = {
    "path": ("function",),
    "units": ("function", "parameter"),
    "moves_labels": ("function",),
    "scale": ("parameter",),
}
"""Keys of an axis, by the kinds that they belong to."""

_EIGHT: Final = ("noise", "beam", "gain", "contrast", "masked_pixels", "masked_square", "resolution", "jpeg")


class _StressAxis(Section):
    """An axis of strength; beside these keys, options of the axes of the package."""

    axis: Words | None = Field(
        default=None, description="Axis of the package, of those in docs/stress.md; left out, the key of the axis."
    )
    function: ConstructorName | None = Field(
        default=None,
        description="Your own function, package.module:function, of maps, a strength and a random generator.",
    )
    path: PathName | None = Field(
        default=None, description="Directory that holds its package; left out, it is installed."
    )
    twin: Name | None = Field(
        default=None,
        description="Suite with the same initial conditions; strengths are shares of the way to its maps.",
    )
    parameter: Words | None = Field(
        default=None,
        description="Parameter of a suite of a function, or a number of its arguments: each object with another value.",
    )
    one_at_a_time: Words | None = Field(
        default=None,
        description="Parameter that varies in the set 1P; domains of that set have an axis of each where none is "
        "named.",
    )
    strengths: Annotated[tuple[float, ...], BeforeValidator(as_tuple)] | None = Field(
        default=None,
        description="Ascending, with 0; left out, those of the axis. Of a parameter they are added to it.",
    )
    scale: Literal["linear", "log10"] | None = Field(
        default=None, description="What strengths are added to: the parameter, the default, or its logarithm."
    )
    label: Words | None = Field(default=None, description="What figures call it; left out, the axis's own label.")
    units: Words | None = Field(
        default=None, description="Unit of the strengths; left out, that of the parameter, or 1."
    )
    moves_labels: bool | None = Field(
        default=None, description="Whether the labels should change along the axis; false by default."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "_StressAxis":
        """Refuse several kinds, and what belongs to another."""
        found = [key for key in KINDS if getattr(self, key) is not None]
        if len(found) > 1:
            raise PydanticCustomError(
                "one_of", "one of {keys} may be given; found {found}",
                {"keys": ", ".join(KINDS), "found": ", ".join(found)},
            )  # fmt: skip
        for key, kinds in _NEEDS.items():
            if getattr(self, key) is not None and self.kind not in kinds:
                raise PydanticCustomError("needs", "{key} needs {other}", {"key": key, "other": " or ".join(kinds)})
        if self.options and self.kind != "axis":
            raise PydanticCustomError(
                "needs", "{keys} belongs to an axis of the package, and this one is of a {kind}",
                {"keys": ", ".join(self.options), "kind": self.kind},
            )  # fmt: skip
        return self

    @property
    def kind(self) -> Kind:
        """What the axis is of."""
        return next((key for key in KINDS if getattr(self, key) is not None), "axis")

    @property
    def options(self) -> dict[str, float | str]:
        """Options of an axis of the package that are given."""
        return {name: value for name in OPTIONS if (value := getattr(self, name)) is not None}


def _options() -> Iterator[tuple[str, list[tuple[str, Argument]]]]:
    """Yield the name of each option that an axis of the package has, with the axes that have it."""
    names = dict.fromkeys(name for axis in AXES.values() for name in axis.arguments)
    for name in names:
        yield name, [(one.name, one.arguments[name]) for one in AXES.values() if name in one.arguments]


def _option(declared: list[tuple[str, Argument]]) -> Any:  # noqa: ANN401 - the annotation and default of a field
    """Return the key of an option, of one axis or of several: words, numbers, or either."""
    kinds = {str if isinstance(argument.default, str) else float for _, argument in declared}
    kind: Any = kinds.pop() if len(kinds) == 1 else str | float
    described = dict.fromkeys(argument.description for _, argument in declared)
    axes = {text: [name for name, argument in declared if argument.description == text] for text in described}
    words = "; ".join(f"{', '.join(names)}: {text.removesuffix('.')}" for text, names in axes.items())
    return kind | None, Field(default=None, description=f"{words}.")


OPTIONS: Final = {name: _option(declared) for name, declared in _options()}
"""Options of the axes of the package, as keys of a section."""

if TYPE_CHECKING:
    StressAxis = _StressAxis
else:
    StressAxis = create_model("StressAxis", __base__=_StressAxis, __doc__=_StressAxis.__doc__, **OPTIONS)


class Smallest(Section):
    """Action smallest of the stage stress: the smallest perturbation of a map that moves what is inferred."""

    maps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=25, description="Number of maps that are perturbed, one of each simulation."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the maps and the random perturbations.")
    factor: Annotated[float, Field(gt=0, le=1000)] = Field(
        default=1.0, description="How far an output has to move, in root mean square errors in distribution."
    )
    bound: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="Largest change of a pixel that is tried, of maps as the network reads them."
    )
    steps: Annotated[int, Field(ge=0, le=1000)] = Field(default=4, description="Number of gradients beyond the first.")
    draws: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=4, description="Number of random perturbations of the same norm, for comparison."
    )
    pixel: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=3.0, description="Change of the best single pixel, of maps as the network reads them."
    )
    candidates: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=8, description="Number of pixels tried, those of the largest gradient."
    )
    outputs: Several[Words] | None = Field(
        default=None, description="Labels to move; left out, all that the maps have. Of a classifier, none is named."
    )


class Stress(Section):
    """Stage stress: how far maps may change before a network fails."""

    cases: Annotated[dict[Name, Several[Name]], Field(min_length=1)] = Field(
        description="Each model with the domains that are perturbed, its own first; a domain, such as a set 1P, may be "
        "no case elsewhere."
    )
    axes: Annotated[dict[Name, StressAxis], Field(min_length=1)] = Field(
        default={name: StressAxis() for name in _EIGHT}, description="Axes of strength, by name."
    )
    maps_each: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Number of maps of each simulation; left out, three, or all where there are fewer."
    )
    simulations: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Largest number of simulations of a domain; left out, all of its split."
    )
    drift_maps: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=50, description="Number of simulations, one map each, whose layers are recorded for their drift."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the maps, what axes draw, resamples and halves.")
    resamples: Resamples = Field(default=2000, description="Number of bootstrap resamples of the simulations.")
    halves: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=20, description="Number of divisions of the simulations in two halves, for label-free scores."
    )
    scores: Several[Words] | None = Field(
        default=None, description="Label-free scores along the axes; left out, those that cost little."
    )
    batch_size: BatchSize = Field(
        default=50, description="Number of maps of a forward pass: changes memory, not results."
    )
    smallest: OnRequest[Smallest] = Field(default=None, description="Smallest perturbations of each map; on request.")
