"""Suites of `suites` whose maps a function of the user's own makes, object by object."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from repshift.simulation.columns import Column, Distribution, alike
from repshift.study.values import (
    BandName,
    ConstructorName,
    FieldName,
    Name,
    PathName,
    Section,
    Seed,
    SetName,
    Several,
    Words,
    as_tuple,
)

Pair = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
Pixels = Annotated[int, Field(ge=1, le=10_000)]
Table = Annotated[str, Field(pattern=r"^[^\n\r]+\.csv$", max_length=1000)]
Objects = Annotated[int, Field(ge=1, le=10_000_000)]


def _value(value: object) -> object:
    """Refuse what YAML reads as a truth value, such as an unquoted no."""
    if isinstance(value, bool):
        raise PydanticCustomError(
            "value", "{value} is neither a word nor a number. Put it in quotes", {"value": str(value).lower()}
        )
    return value


ValueOf = Annotated[
    Annotated[str, Field(pattern=r"^[^\s-]([^\n\r]*\S)?$", max_length=200)] | int | float, BeforeValidator(_value)
]
"""A value of a parameter that is one of several: a word, or a number."""


class Parameter(Section):
    """A parameter of the objects of a suite."""

    range: Pair | None = Field(default=None, description="Smallest and largest value, which objects lie between.")
    values: Several[ValueOf] | None = Field(
        default=None, description="Instead of a range: words or numbers, each as probable as the others."
    )
    units: Words = Field(default="1", description="Its unit; 1 where it has none.")
    distribution: Distribution = Field(
        default="uniform", description="In the range: uniform, or uniform in the logarithm."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "Parameter":
        """Refuse no values and no range, both, and a range that nothing can be drawn from."""
        found = [key for key in ("range", "values") if getattr(self, key) is not None]
        if len(found) != 1:
            raise PydanticCustomError(
                "one_of", "one of range, values must be given; found {found}", {"found": ", ".join(found) or "none"}
            )
        for number, value in enumerate(self.values or ()):
            if any(alike(one, value) for one in (self.values or ())[:number]):
                message = "values holds {value} twice; a table does not tell a number from its text"
                raise PydanticCustomError("alike", message, {"value": repr(value)})
        low, high = self.range or (0.0, 1.0)
        if not low < high:
            message = "range is [{low}, {high}]; expected the smaller value first"
            raise PydanticCustomError("range", message, {"low": low, "high": high})
        if self.distribution == "log_uniform" and (self.range is None or low <= 0):
            message = "distribution log_uniform needs a range above 0; found {range}"
            raise PydanticCustomError("log_uniform", message, {"range": str(list(self.range) if self.range else None)})
        return self

    def column(self, name: str) -> Column:
        """Return the parameter as what draws it."""
        low, high = self.range or (0.0, 0.0)
        return Column(name, low, high, self.distribution, self.values or ())


class Labels(Section):
    """What is known of the objects of a suite beside their parameters."""

    function: ConstructorName = Field(
        description="Your own function, module:function in path: takes parameters and the arguments, returns "
        "a value of each column by its name."
    )
    columns: Annotated[dict[Name, Words], Field(min_length=1)] = Field(
        description="Unit of each label, by its name; 1 where it has none."
    )


class Function(Section):
    """A suite whose maps a function of the user's own makes."""

    provider: Literal["function"] = Field(description="Made in the run by your own function: docs/function.md.")
    generator: ConstructorName = Field(
        description="package.module:function that takes the parameters of an object, a random generator and the "
        "arguments, and returns its maps."
    )
    path: PathName | None = Field(
        default=None,
        description="Directory that holds the package, from the working directory; left out, it is installed.",
    )
    arguments: dict[str, JsonValue] = Field(
        default={}, description="Keyword arguments of the generator, and of labels.function."
    )
    files: Several[PathName] | None = Field(
        default=None,
        description="Files that the generator or labels.function reads: a change of one makes the suite again.",
    )
    parameters: Annotated[dict[Name, Parameter], Field(min_length=1)] = Field(
        description="Parameters of an object, by name: drawn for each, independent of each other."
    )
    labels: Labels | None = Field(
        default=None, description="What is scored beside the parameters, where it follows from them."
    )
    sets: Annotated[dict[SetName, Objects | Table], Field(min_length=1)] = Field(
        description="By set: the number of objects that are drawn, or a .csv of their parameters, a row an object."
    )
    size: Pixels | Annotated[tuple[Pixels, Pixels], BeforeValidator(as_tuple)] = Field(
        description="Pixels of a map: a side, or [y, x]."
    )
    bands: Several[BandName] | None = Field(
        default=None, description="Names of the bands that each map has, in their order; left out, it has one."
    )
    field: FieldName = Field(description="Field of the maps: one of fields, or of CMD.")
    maps_per_simulation: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1, description="Maps of an object, which splits keep together."
    )
    seed: Seed | None = Field(
        default=None,
        description="Random seed: with the names of suite and set and the number of an object, draws it; 1 by default.",
    )
    twin_of: Name | None = Field(
        default=None, description="Suite of a function whose objects these are too, with the same random numbers."
    )

    @model_validator(mode="after")
    def _distinct(self) -> "Function":
        """Refuse a column that is both parameter and label, and a seed beside that of the twin."""
        twice = [name for name in self.labels.columns if name in self.parameters] if self.labels else []
        if twice:
            raise PydanticCustomError("twice", "'{value}' is both a parameter and a label", {"value": twice[0]})
        if self.twin_of is not None and self.seed is not None:
            message = "both seed and twin_of are given; a twin has the seed of '{twin}'"
            raise PydanticCustomError("twin", message, {"twin": self.twin_of})
        return self

    @property
    def sides(self) -> tuple[int, int]:
        """Pixels (y, x) of a map."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def channels(self) -> tuple[str, ...]:
        """The files of a set of maps: of the field, or of the field in each band."""
        return tuple(f"{self.field}-{band}" for band in self.bands) if self.bands else (self.field,)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the table of a set holds: parameters, then labels."""
        return (*self.parameters, *(self.labels.columns if self.labels else ()))

    @property
    def units(self) -> dict[str, str]:
        """The unit of each column; 1 of those that have none."""
        of_parameters = {name: parameter.units for name, parameter in self.parameters.items()}
        return of_parameters | (self.labels.columns if self.labels else {})

    @property
    def numbers(self) -> dict[str, str]:
        """Parameters, and arguments that are numbers, each with its unit: what an axis of stress may move."""
        arguments = {name: "1" for name, value in self.arguments.items() if type(value) in (int, float)}
        return arguments | {name: parameter.units for name, parameter in self.parameters.items()}

    @property
    def functions(self) -> list[str]:
        """The user's own code."""
        return [self.generator, *([self.labels.function] if self.labels else [])]
