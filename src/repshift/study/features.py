"""Section `attribution.features`: sheets of what the channels of a network's layers respond to."""

from typing import Annotated

from pydantic import Field

from repshift.study.values import Section, Seed, Several, Words


class Features(Section):
    """Action features of the stage attribution: feature maps, filters, and maps changed until the output moves."""

    layers: Several[Words] | None = Field(
        default=None,
        description="Layers whose channels are shown, by name or pattern; left out, four that are spread over depth.",
    )
    maps: Annotated[int, Field(ge=20, le=10_000)] = Field(
        default=50,
        description="Number of simulations of each domain, one map each. One half of them chooses the channels, the "
        "other measures them.",
    )
    channels: Annotated[int, Field(ge=1, le=32)] = Field(
        default=8,
        description="Number of channels shown of each layer: in turn of largest change between domains and of largest "
        "activation.",
    )
    filters: Annotated[int, Field(ge=0, le=32)] = Field(
        default=2, description="Number of these channels that maps are optimised for."
    )
    seeds: Annotated[int, Field(ge=2, le=20)] = Field(
        default=3, description="Number of random maps that each optimisation starts from."
    )
    steps: Annotated[int, Field(ge=1, le=1000)] = Field(default=40, description="Number of steps of an optimisation.")
    dream_layer: Words | None = Field(
        default=None, description="Layer that the deep dream enhances; left out, the last that is shown."
    )
    dream_maps: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=4, description="Number of maps of each domain that dreams start from."
    )
    dream_size: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.2,
        description="Root mean square of what dreams add to a map, in standard deviations of the maps' pixels.",
    )
    seed: Seed = Field(default=1, description="Random seed: draws the maps and where optimisations start.")
