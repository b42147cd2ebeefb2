"""Section `trust`: when a network may be believed, map by map."""

from typing import Annotated

from pydantic import Field

from repshift.study.values import BatchSize, Name, Resamples, Section, Seed, Several, Words


class Trust(Section):
    """Stage trust: what of a map tells how wrong the network is, and intervals that hold."""

    cases: Annotated[dict[Name, Several[Name]], Field(min_length=1)] = Field(
        description="Each model with the domains whose maps are judged, its own first; a domain may be no case "
        "elsewhere."
    )
    layers: Several[Words] | None = Field(
        default=None,
        description="Layers in which the distance to the model's own domain is measured; left out, the last two.",
    )
    outputs: Several[Words] | None = Field(
        default=None, description="Labels that the network infers; left out, the first two; of classes, none is named."
    )
    level: Annotated[float, Field(ge=0.5, lt=1)] = Field(
        default=0.9, description="Share of maps that conformal intervals should hold the truth of."
    )
    splits: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=5,
        description="Number of random divisions of the own domain's simulations in two halves: to set, to judge.",
    )
    maps_each: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Number of maps of each simulation; left out, five, or all where there are fewer."
    )
    symmetries: bool = Field(default=True, description="Whether maps are turned and flipped, for the scatter under it.")
    neighbours: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=5, description="Number of nearest maps of the own domain that distances are to."
    )
    dropout_passes: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None,
        description="Number of passes with dropout on, of a network that has some; left out, there is no such score.",
    )
    seed: Seed = Field(default=1, description="Random seed: draws maps, divisions, symmetries, dropout and resamples.")
    resamples: Resamples = Field(default=2000, description="Number of bootstrap resamples of the simulations.")
    batch_size: BatchSize = Field(
        default=50, description="Number of maps of a forward pass: changes memory, not results."
    )
