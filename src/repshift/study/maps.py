"""Section `maps`: how mock suites are simulated and how files of CMD are fetched; section `fields`."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from repshift.study.values import Box, PathName, Section, Seed, SetName, Several, Size, Words

LARGEST_SET = 100_000
"""Simulations of the largest set of a mock suite."""


def _number_or_all(value: object) -> object:
    """Refuse other words than all, which name no sample."""
    if isinstance(value, str) and value != "all":
        raise PydanticCustomError("sample", "'{value}' is neither a whole number nor all", {"value": value})
    return value


class Quantity(Section):
    """A field that CMD has not."""

    long_name: Words = Field(description="What it is, in words; figures are headed and labelled by it.")
    units: Words = Field(default="1", description="Its unit; 1 where it has none.")


class MockSimulations(Section):
    """The simulations of all mock suites."""

    seed: Seed = Field(
        default=1, description="Random seed: with the names of suite and set, draws parameters and initial conditions."
    )
    size: Size = Field(default=64, description="Pixels along one side of a map, a power of two.")
    particles: Size | None = Field(
        default=None, description="Particles along one side of the box; left out, as many as pixels."
    )
    box: Box = Field(default=75.0, description="Side of the box [Mpc/h].")
    simulations: Annotated[dict[SetName, Annotated[int, Field(ge=1, le=LARGEST_SET)]], Field(min_length=1)] = Field(
        description="Simulations of each set, by its name; 15 maps a simulation."
    )


class Slices(Section):
    """What is fetched of a file of maps, instead of all of it."""

    sample: Annotated[Annotated[int, Field(ge=2, le=10_000_000)] | Literal["all"], BeforeValidator(_number_or_all)] = (
        Field(
            1000,
            description="Maps that the standardisation constants are estimated from, or all, which reads the whole "
            "file once.",
        )
    )
    seed: Seed = Field(default=1, description="Random seed: draws the sample.")


class Fetching(Section):
    """How the files of all suites of CMD are fetched."""

    directory: PathName = Field(
        default="resources/cmd", description="Where files fetched are kept: a copy of CMD that grows."
    )
    downloads: Annotated[int, Field(ge=1, le=100)] = Field(
        default=2, description="Jobs that fetch at the same time; --resources downloads=N goes before it."
    )
    attempts: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=8, description="Failures in a row, without a new byte, after which an address is given up."
    )
    timeout: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=60, description="Seconds without a byte after which a connection counts as failed."
    )
    addresses: Several[Annotated[str, Field(pattern="^https?://[A-Za-z0-9._~:/%@+=,-]+$", max_length=1000)]] | None = (
        Field(
            default=None,
            description="Roots of copies of CMD, tried in this order; left out, those of resources/cmd.yaml.",
        )
    )
    slices: Slices | None = Field(
        default=None, description="Fetches only the maps of a domain's split, by byte ranges; left out, whole files."
    )


class Maps(Section):
    """Stage maps."""

    cmd: Fetching | None = Field(default=None, description="How the files of all suites of CMD are fetched.")
    mock: MockSimulations | None = Field(
        default=None, description="The simulations of all mock suites, needed where there are any."
    )
