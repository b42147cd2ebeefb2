"""Sections of stages: what is recorded and compared, what is tested, what goes with failure."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.similarity.measures import BESIDE_CKA
from repshift.study.values import BatchSize, Draws, Name, Resamples, Section, Seed, Several, Words
from repshift.vocabulary import Pairing

MOST_MAPS: Final = 10_000
"""Maps compared at most: a Gram matrix of a layer out of distribution has four times the square of them."""

SUBSET_SIZES: Final = (10, 15, 20, 30, 40)
"""Simulations of the subsets where sample_size.sizes is left out, as far as they are fewer than those compared."""


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
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="Precision of the forward pass: bfloat16 changes CKA by up to 0.01."
    )
    cache: bool = Field(
        default=True,
        description="Whether activations are written; without, the stage grams runs the forward pass itself.",
    )
    keep: bool = Field(default=True, description="Whether activations stay on disk once the Gram matrices are made.")

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
        default=None, description="Measures beside CKA, made of the same Gram matrices; left out, none."
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


class Intervals(Section):
    """Stage intervals, and the intervals of scores: 95 %, by bootstrap of the simulations."""

    resamples: Resamples = Field(
        default=2000, description="Number of bootstrap resamples of the simulations; 2000 for two digits of an end."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the resamples.")


class PermutationTests(Section):
    """Stage permutation_tests: whether a change of CKA is more than chance."""

    permutations: Annotated[int, Field(ge=39, le=1_000_000)] = Field(
        default=1999,
        description="Number of permutations of the simulations; one less than a multiple of 40 lets a test reject in "
        "exactly 0.05.",
    )
    seed: Seed = Field(default=1, description="Random seed: draws the permutations.")


class Influence(Section):
    """Stage influence: whether a few outlying maps build the block of a case."""

    most: Annotated[int, Field(ge=1, le=MOST_MAPS)] = Field(
        default=10,
        description="Largest number of maps left out, those of the largest share of the variance; 10 must remain.",
    )
    draws: Draws = Field(
        default=100, description="Number of random draws of as many maps to leave out, for comparison."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the maps left out at random.")


class SampleSize(Section):
    """Stage sample_size: whether the block depends on how many simulations there are."""

    sizes: Several[Annotated[int, Field(ge=4, le=MOST_MAPS)]] | None = Field(
        default=None,
        description="Numbers of simulations of random subsets, beside all; left out, those of 10, 15, 20, 30, 40 "
        "that are fewer than all.",
    )
    draws: Draws = Field(default=200, description="Number of random subsets of each size.")
    seed: Seed = Field(default=1, description="Random seed: draws the subsets.")


class Predictions(Section):
    """Stage predictions."""

    batch_size: BatchSize = Field(
        default=50, description="Number of maps of a forward pass: changes memory, not results."
    )


class Symmetries(Section):
    """Stage symmetries, of the cases that shift_scores compares."""

    shifts: Annotated[int, Field(ge=0, le=255)] = Field(
        default=2, description="Number of periodic shifts of each rotation and flip of a map, beside none."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the shifts.")


class ShiftScores(Section):
    """Stage shift_scores, of every trained model with a scored domain of another suite than its own."""

    seed: Seed = Field(
        default=1, description="Random seed: draws the folds of the cross-validation of the domain classifier."
    )
    components: Annotated[int, Field(ge=2, le=MOST_MAPS)] = Field(
        default=10,
        description="Number of principal components of a layer for the Mahalanobis distance and the classifier.",
    )
    folds: Annotated[int, Field(ge=2, le=MOST_MAPS)] = Field(
        default=5, description="Number of folds of the cross-validation, at most half the simulations of a domain."
    )


class Failures(Section):
    """Tables of what goes with the loss of accuracy; of ten networks or more, correlations and figure 3."""

    parameters: Several[Words] | None = Field(
        default=None,
        description="Parameters, or labels, whose error is the response; left out, the first two that every network "
        "infers.",
    )
    resamples: Resamples = Field(
        default=2000, description="Number of bootstrap resamples of the groups of networks and of the shifts."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the resamples.")
