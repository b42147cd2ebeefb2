"""Sections activations, cka and comparisons: which maps are compared, and by which measures."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.similarity.measures import BESIDE_CKA
from repshift.study.values import BatchSize, Name, Section, Seed, Several
from repshift.vocabulary import Pairing

MOST_MAPS: Final = 10_000
"""Maps compared at most: a Gram matrix of a layer out of distribution has four times the square of them."""


def _beside_cka(name: str) -> str:
    """Refuse CKA, which is there without a word."""
    if name not in BESIDE_CKA:
        raise PydanticCustomError(
            "measure", "'{name}' is not one of {names}", {"name": name, "names": str(list(BESIDE_CKA))}
        )
    return name


def _two_names(value: object) -> object:
    """Refuse what is no model with a domain."""
    if not (isinstance(value, list | tuple) and len(value) == 2):
        raise PydanticCustomError("case", "{value} is not a model and a domain", {"value": repr(value)[:100]})
    return tuple(value)


MeasureName = Annotated[str, AfterValidator(_beside_cka), Field(json_schema_extra={"enum": list(BESIDE_CKA)})]
CaseName = Annotated[tuple[Name, Name], BeforeValidator(_two_names, json_schema_input_type=list[str])]


class Activations(Section):
    """Stage activations, and the maps that all CKA compares."""

    n_maps: Annotated[int, Field(ge=4, le=MOST_MAPS)] = Field(
        default=50, description="Number of maps compared, of each domain."
    )
    maps_each: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1,
        description="Number of maps of each simulation among them, a divisor of n_maps. With more than one, only "
        "debiased CKA is free of pairs of maps of one simulation.",
    )
    seed: Seed = Field(
        default=1, description="Random seed: draws the simulations, the map of each, and dropout where it is on."
    )
    batch_size: BatchSize = Field(
        default=50, description="Number of maps of a forward pass: changes memory, not results."
    )
    passes: Annotated[int, Field(ge=1, le=2)] = Field(
        default=1,
        description="With 2, CKA compares the layers of a first pass (rows) with those of a second (columns).",
    )
    dropout: Literal["on", "off"] = Field(
        default="off", description="Whether dropout stays on during the passes; written in quotes."
    )
    precision: Literal["float32", "bfloat16", "float64"] = Field(
        default="float32",
        description="Precision of the forward pass: bfloat16 changes CKA by up to 0.01. Layers that it does not "
        "resolve are recorded again in float64.",
    )
    cache: bool = Field(
        default=True,
        description="Whether activations are written; without, the stage grams runs the forward pass itself.",
    )
    keep: bool = Field(
        default=True,
        description="Whether activations stay on disk once the Gram matrices are made. If not, only the job "
        "of a model's own domain writes them.",
    )

    @property
    def n_simulations(self) -> int:
        """Simulations compared, of each domain."""
        return self.n_maps // self.maps_each


class Cka(Section):
    """Stage cka, and measures beside CKA."""

    batch_size: Annotated[int, Field(ge=4, le=MOST_MAPS)] = Field(
        default=10,
        description="Number of maps of a batch of the mini-batch estimator, a divisor of activations.n_maps.",
    )
    seed: Seed = Field(default=1, description="Random seed: shuffles the maps into batches.")
    measures: Several[MeasureName] | None = Field(
        default=None, description="Measures beside CKA, made from the same Gram matrices; left out, none."
    )
    width: Annotated[float, Field(gt=0, le=1e6)] | None = Field(
        default=None,
        description="Width of the kernel of rbf_cka_*, in the root of the median squared distance; left out, 0.5.",
    )
    neighbours: Annotated[int, Field(ge=1, le=MOST_MAPS)] | None = Field(
        default=None,
        description="Number of neighbours of each map for mutual_neighbours, fewer than activations.n_maps; left out, "
        "10.",
    )
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Share of the variance of each layer that svcca keeps; left out, 0.99."
    )

    @model_validator(mode="after")
    def _of_measures(self) -> "Cka":
        """Refuse what measures depend on where there are none."""
        for key in ("width", "neighbours", "share"):
            if getattr(self, key) is not None and self.measures is None:
                raise PydanticCustomError("needs", "{key} needs measures", {"key": key})
        return self


class Comparison(Section):
    """Two networks compared with each other, layer by layer."""

    rows: CaseName = Field(description="A case, model and domain, whose layers are the rows.")
    columns: CaseName = Field(description="Another case, whose layers are the columns.")
    pairing: Pairing = Field(
        default="map",
        description="What pairs the maps. map: both are shown the same maps. simulation: the maps stand at the same "
        "position of files that run through the same simulations.",
    )
