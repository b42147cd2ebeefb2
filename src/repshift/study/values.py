"""Values that a configuration consists of: names, numbers with their ranges, lists, sections.

Every range is stated here or beside its key. YAML types count: a whole number is not written 12.0, and a number is no
truth value. Upper bounds are far above anything that runs; they stop a slip of the keyboard before it fills a disk.
"""

from typing import Annotated, Any, Final, TypeVar, Union

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

LONGEST_NAME: Final = 100
"""Characters of the longest name: names become parts of file names."""

NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]*"
SET: Final = "[A-Za-z0-9]+"
FIELD: Final = "[A-Za-z]+"
BAND: Final = "[A-Za-z0-9]+"
"""What names of suites, domains and models, of sets, fields and bands look like: also the wildcards of the workflow."""

LARGEST_SEED: Final = 2**63 - 1
SIZES: Final = (16, 32, 64, 128, 256)
"""Pixels, or particles, along one side of a mock simulation."""


class Section(BaseModel):
    """A part of the configuration: its keys are known, its values have the type that they are written in."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def as_tuple(value: object) -> object:
    """Return a list of YAML as the tuple that a frozen section holds."""
    return tuple(value) if isinstance(value, list) else value


def distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse what stands in a list twice."""
    repeated = [value for value in values if values.count(value) > 1]
    if repeated:
        twice = repeated[0]
        words = ", ".join(map(str, twice)) if isinstance(twice, tuple) else "null" if twice is None else str(twice)
        raise PydanticCustomError("twice", "'{value}' stands twice", {"value": words})
    return values


def _power_of_two(value: int) -> int:
    """Refuse a number of pixels that no simulation can have."""
    if value not in SIZES:
        raise PydanticCustomError("size", "{value} is not one of {sizes}", {"value": value, "sizes": str(list(SIZES))})
    return value


Item = TypeVar("Item")
Several = Annotated[
    tuple[Item, ...],
    BeforeValidator(as_tuple),
    Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    AfterValidator(distinct),
]
"""A list of one or more, each once."""

Each = Union[Item, Annotated[tuple[Item, ...], BeforeValidator(as_tuple), Field(min_length=1)]]  # noqa: UP007
"""A value of every channel of a network, or a list of one for each."""

Name = Annotated[str, Field(pattern=f"^{NAME}$", max_length=LONGEST_NAME)]
SetName = Annotated[str, Field(pattern=f"^{SET}$", max_length=LONGEST_NAME)]
FieldName = Annotated[str, Field(pattern=f"^{FIELD}$", max_length=LONGEST_NAME)]
Words = Annotated[str, Field(pattern=r"^[^\n\r]+$", max_length=200)]
BandName = Annotated[str, Field(pattern=f"^{BAND}$", max_length=LONGEST_NAME)]
PathName = Annotated[str, Field(pattern=r"^[^\n\r]+$", max_length=1000)]
ConstructorName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$", max_length=1000)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Box = Annotated[float, Field(gt=0, le=1e5)]
Hidden = Annotated[int, Field(ge=1, le=256)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
BatchSize = Annotated[int, Field(ge=1, le=100_000)]
Resamples = Annotated[int, Field(ge=100, le=1_000_000)]
Draws = Annotated[int, Field(ge=2, le=100_000)]
Size = Annotated[int, Field(ge=16, le=256, json_schema_extra={"enum": list(SIZES)}), AfterValidator(_power_of_two)]


def _off(value: object) -> object:
    """Return a section that is switched off as one that is not there."""
    return None if value is False else value


def _switched_off(schema: dict[str, Any]) -> None:
    """Say in the JSON schema that a section may be false."""
    schema["anyOf"].append({"const": False})


Stage = TypeVar("Stage")
OnRequest = Annotated[Stage | None, BeforeValidator(_off), Field(json_schema_extra=_switched_off)]
"""A section that may be left out, or switched off with null or false."""


def held(section: BaseModel) -> list[tuple[str, Any]]:
    """Return the keys of a section that have a value, with it."""
    pairs = ((key, getattr(section, key)) for key in type(section).model_fields)
    return [(key, value) for key, value in pairs if value is not None]
