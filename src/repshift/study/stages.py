"""Sections of stages: what is tested, what goes with failure; and `Stages`, which has a key for each of them."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from repshift.study.attribution import Attribution
from repshift.study.matrices import MOST_MAPS, Activations, Cka, Comparison
from repshift.study.pruning import Pruning
from repshift.study.repair import RepairSection
from repshift.study.stress import Stress
from repshift.study.trust import Trust
from repshift.study.values import BatchSize, Draws, Name, OnRequest, Resamples, Section, Seed, Several, Words
from repshift.vocabulary import COMPONENTS, FOLDS

SUBSET_SIZES: Final = (10, 15, 20, 30, 40)
"""Simulations of the subsets where sample_size.sizes is left out, as far as they are fewer than those compared."""

Taken = Literal["maps", "pairing", "batches", "measures", "resources"]
"""What a stage of a case takes beside Gram matrices: the maps of the domain; what pairs them; the mini-batches; the
measures beside CKA; what its arithmetic may use."""


class Statistics(Section):
    """What the stages intervals, permutation_tests, influence and sample_size may use.

    Their threads are those of the key ``threads``.
    """

    memory: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=64,
        description="Memory [MB] of the resamples held at a time, beside Gram matrices and results: changes time, not "
        "results, apart from their last bits.",
    )
    device: Literal["cpu", "cuda"] = Field(
        default="cpu", description="Where matrices are multiplied; cuda asks for a GPU, and needs torch."
    )


class OfCase(Section):
    """Section of a stage on request that makes a file of each case of its Gram matrices.

    Each key is an option of the stage. What else it takes stands in `takes`; ``maps``: ``--maps`` and ``--measured``;
    ``pairing``: ``--paired``, where both domains show the same simulations; ``batches``: ``--batch-size`` and
    ``--batch-seed``; ``measures``: ``--measures`` and what they depend on;
    ``resources``: the keys of `Statistics`.
    """

    takes: ClassVar[frozenset[Taken]] = frozenset()


class Intervals(OfCase):
    """Stage intervals, and the intervals of scores: 95 %, by simulation."""

    takes = frozenset({"pairing", "batches", "measures", "resources"})

    resamples: Resamples = Field(
        default=2000, description="Number of bootstrap resamples of the simulations; 2000 for two digits of an end."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the resamples.")


class PermutationTests(OfCase):
    """Stage permutation_tests: whether a change of CKA is more than chance."""

    takes = frozenset({"pairing", "resources"})

    permutations: Annotated[int, Field(ge=39, le=1_000_000)] = Field(
        default=1999,
        description="Number of permutations of the simulations; one less than a multiple of 40 lets a test reject in "
        "exactly 0.05.",
    )
    seed: Seed = Field(default=1, description="Random seed: draws the permutations.")


class Influence(OfCase):
    """Stage influence: whether a few outlying maps build the block of a case."""

    takes = frozenset({"maps", "resources"})

    most: Annotated[int, Field(ge=1, le=MOST_MAPS)] = Field(
        default=10,
        description="Largest number of maps left out, those of the largest share of the variance; 10 must remain.",
    )
    draws: Draws = Field(
        default=100, description="Number of random draws of as many maps to leave out, for comparison."
    )
    seed: Seed = Field(default=1, description="Random seed: draws the maps left out at random.")


class SampleSize(OfCase):
    """Stage sample_size: whether the block depends on how many simulations there are."""

    takes = frozenset({"resources"})

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
    """Stage shift_scores, of every trained model with a domain of another suite than its own."""

    seed: Seed = Field(
        default=1,
        description="Random seed: draws the folds of the cross-validation of the domain classifier, and the halves.",
    )
    components: Annotated[int, Field(ge=2, le=MOST_MAPS)] = Field(
        default=COMPONENTS,
        description="Number of principal components of a layer for the Mahalanobis distance and the classifier.",
    )
    folds: Annotated[int, Field(ge=2, le=MOST_MAPS)] = Field(
        default=FOLDS, description="Number of folds of the cross-validation, at most half the simulations of a domain."
    )
    halves: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=20,
        description="Number of random divisions of the model's own domain in two halves, which are scored too; 0 for "
        "none, as by default of fewer than 8 simulations.",
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


class Stages(Section):
    """A key for each section of a stage."""

    activations: Activations = Field(default=Activations(), description="What is recorded and compared.")
    cka: Cka = Field(default=Cka(), description="Batches, and measures beside CKA.")
    comparisons: OnRequest[Several[Comparison]] = Field(
        default=None, description="Networks compared with each other; on request."
    )
    shift_steps: OnRequest[dict[Name, Annotated[Several[Name], Field(min_length=3)]]] = Field(
        default=None,
        description="By model: its own domain, another, and changes of the other, the steps; what each step takes away "
        "of the shift. On request.",
    )
    statistics: Statistics = Field(
        default=Statistics(), description="What intervals, permutation_tests, influence and sample_size may use."
    )
    intervals: OnRequest[Intervals] = Field(
        default=None, description="Confidence intervals; there by default of ten simulations or more and one pass."
    )
    permutation_tests: OnRequest[PermutationTests] = Field(
        default=None, description="Tests; there by default of ten simulations or more and one pass."
    )
    influence: OnRequest[Influence] = Field(default=None, description="Influential maps; on request.")
    sample_size: OnRequest[SampleSize] = Field(default=None, description="The block of fewer simulations; on request.")
    predictions: Predictions = Field(default=Predictions(), description="What the networks infer.")
    symmetries: OnRequest[Symmetries] = Field(
        default=None, description="Scatter of predictions under symmetries; on request, beside shift_scores."
    )
    shift_scores: OnRequest[ShiftScores] = Field(
        default=None, description="What tells of a shift without labels; on request."
    )
    failures: OnRequest[Failures] = Field(
        default=None, description="What goes with the loss of accuracy; on request, beside shift_scores."
    )
    stress: OnRequest[Stress] = Field(default=None, description="How far maps may change; on request.")
    attribution: OnRequest[Attribution] = Field(
        default=None, description="What networks look at, and which pixels carry a shift; on request."
    )
    repair: OnRequest[RepairSection] = Field(
        default=None, description="What brings networks home, and at what price; on request."
    )
    pruning: OnRequest[Pruning] = Field(
        default=None,
        description="Which layers networks can do without, and whether their likeness is a cause; on request.",
    )
    trust: OnRequest[Trust] = Field(default=None, description="When networks may be believed, map by map; on request.")
