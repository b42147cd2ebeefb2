"""Key `preprocessing` of a model: how its maps are prepared, a value for all channels or one for each."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.networks import channels
from repshift.study.values import ConstructorName, Each, Section, as_tuple, held

Bounds = Annotated[tuple[float | None, float | None], BeforeValidator(as_tuple)]
"""Smallest and largest value, null for no bound."""


class Preprocessing(Section):
    """How maps are prepared before they are standardised; of several channels, a list has a value for each."""

    function: ConstructorName | None = Field(
        default=None,
        description="Your own function, module:function in network.path, that comes first: takes and returns maps (n, "
        "y, x) of one channel.",
    )
    smoothing: Each[Annotated[float, Field(ge=0, le=128)]] = Field(
        default=0.0,
        description="Width [pixels] of a periodic Gaussian that smooths a map before the logarithm; 0 is none.",
    )
    clip: Each[Bounds] | None = Field(
        default=None, description="Bounds that values outside of them are set to, null for none: [0, null]."
    )
    scale: Each[Annotated[float, Field(gt=0)]] = Field(
        default=1.0, description="What maps are divided by, after clipping: 255 of pictures of 8 bits."
    )
    logarithm: Each[bool] = Field(
        default=True,
        description="Whether log10 of the maps is taken; without it they may be zero or negative. With arcsinh, false "
        "by default.",
    )
    arcsinh: Each[Annotated[float, Field(gt=0)] | None] = Field(
        default=None,
        description="Softening a of the stretch arcsinh(map / a), instead of the logarithm; left out, there is none.",
    )
    monopole: Each[Literal["kept", "removed"]] = Field(
        default="kept", description="Whether the mean of each map stays after the stretch."
    )
    mean: Each[float] | None = Field(
        default=None,
        description="Subtracted from the maps of your own network; left out, with std, both are measured on its first "
        "domain.",
    )
    std: Each[Annotated[float, Field(gt=0)]] | None = Field(
        default=None, description="What the maps are then divided by."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_stretch(cls, given: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Leave the logarithm out where there is another stretch, unless the file says otherwise."""
        stretched = isinstance(given, dict) and given.get("arcsinh") is not None
        return {"logarithm": _without(given["arcsinh"]), **given} if stretched else given

    @model_validator(mode="after")
    def _both(self) -> "Preprocessing":
        """Refuse one of the two constants alone, two stretches of a channel, and what standardises in parts."""
        for key, other in (("mean", "std"), ("std", "mean")):
            if getattr(self, key) is not None and getattr(self, other) is None:
                raise PydanticCustomError("needs", "{key} needs {other}", {"key": key, "other": other})
        for number in range(self.n_values):
            values = {key: self._value(key, number) for key in ("logarithm", "arcsinh", "clip")}
            if values["logarithm"] and values["arcsinh"] is not None:
                raise PydanticCustomError("stretches", "both logarithm and arcsinh are asked for; leave one out", {})
            low, high = values["clip"] or (None, None)
            if low is not None and high is not None and not low < high:
                message = "clip is [{low}, {high}]; expected the smaller value first"
                raise PydanticCustomError("clip", message, {"low": low, "high": high})
        return self

    @property
    def lengths(self) -> dict[str, int]:
        """How many values there are of each key that has a list of them."""
        return {
            key: len(value)
            for key, value in held(self)
            if isinstance(value, tuple) and (key != "clip" or isinstance(value[0], tuple))
        }

    @property
    def n_values(self) -> int:
        """Values of the longest list; 1 where there is none."""
        return max(self.lengths.values(), default=1)

    def of_channel(self, number: int) -> channels.Preprocessing:
        """Return the preparation of one channel, from 0; of a list that is too short its last value."""
        names = ("smoothing", "monopole", "logarithm", "arcsinh", "clip", "scale")
        return channels.Preprocessing(
            **{name: self._value(name, number) for name in names}, function=self.function or ""
        )

    def moments_of(self, number: int) -> tuple[float, float]:
        """Return the given mean and standard deviation of one channel."""
        return float(self._value("mean", number)), float(self._value("std", number))

    def _value(self, key: str, number: int) -> Any:  # noqa: ANN401 - of any key
        value = getattr(self, key)
        return value[min(number, len(value) - 1)] if key in self.lengths else value


def _without(arcsinh: object) -> object:
    """Return for each channel whether the logarithm is taken where nothing but the arcsinh says it."""
    return [value is None for value in arcsinh] if isinstance(arcsinh, list) else False
