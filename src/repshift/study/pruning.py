"""Section `pruning`: which layers a network can do without, and whether likeness of layers is a cause."""

from typing import Annotated, Literal

from pydantic import Field

from repshift.study.repair import Splits
from repshift.study.repair_model import Batch, Rate, Steps, Weight
from repshift.study.values import BatchSize, Name, OnRequest, Resamples, Section, Seed, SetName, Several, Words

Way = Literal["identity", "linear"]
Kind = Literal["build", "remove", "match"]


class PruningTraining(Section):
    """What the actions retrain and cause of the stage pruning share."""

    set: SetName | None = Field(
        default=None,
        description="Set of the model's own suite whose labelled maps are trained on; left out, the simulations of its "
        "own domain that are not judged.",
    )
    splits: Splits = Field(default=1, description="Number of random divisions of the simulations.")
    seeds: Annotated[int, Field(ge=1, le=100)] = Field(default=2, description="Number of random seeds of each split.")
    steps: Steps = Field(default=120, description="Number of steps of a training.")
    batch: Batch = Field(default=24, description="Number of simulations of a step, of each domain, one map each.")
    learning_rate: Rate = Field(default=5e-4, description="Rate of AdamW.")


class Retraining(PruningTraining):
    """Action retrain of the stage pruning: each changed network trained on, beside the unchanged one."""

    layers: Several[Words] | None = Field(
        default=None, description="Layers that are changed and retrained; left out, those of pruning.layers."
    )
    ways: Several[Way] | None = Field(
        default=None, description="Ways to change a layer that are retrained; left out, those of pruning.ways."
    )


class Cause(PruningTraining):
    """Action cause of the stage pruning: CKA moved by a term of the loss, with the accuracy at home held."""

    kinds: Several[Kind] = Field(
        default=("build", "remove", "match"),
        description="Whether layers are made alike, unlike, or alike in both domains.",
    )
    weights: Several[Weight] = Field(default=(1.0, 3.0, 10.0), description="Weights of the term, each in turn.")


class Pruning(Section):
    """Stage pruning: accuracy lost where a layer is replaced, beside its likeness to its neighbour."""

    cases: Annotated[dict[Name, Several[Name]], Field(min_length=1)] = Field(
        description="Each model with the domains that it is judged on, its own first; a domain may be no case "
        "elsewhere."
    )
    layers: Several[Words] | None = Field(
        default=None, description="Layers that are replaced, each in turn; left out, all that keep the number of units."
    )
    outputs: Several[Words] | None = Field(
        default=None, description="Labels that are scored; left out, the first two; of classes, none is named."
    )
    runs: bool = Field(default=True, description="Whether runs of such layers inside a block are replaced together.")
    alike: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9, description="CKA that all pairs of layers of a block reach."
    )
    ways: Several[Way] = Field(
        default=("identity", "linear"),
        description="What stands in the place of a layer: its input, or a linear map fitted to its output.",
    )
    splits: Splits = Field(
        default=5, description="Number of random divisions of simulations in those fitted to and those judged."
    )
    maps_each: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Number of maps of each simulation; left out, five, or all where there are fewer."
    )
    retraining: OnRequest[Retraining] = Field(
        default=None, description="Changed networks trained on, with their control; on request."
    )
    cause: OnRequest[Cause] = Field(default=None, description="CKA moved by the loss; on request.")
    seed: Seed = Field(default=1, description="Random seed: draws maps, splits, trainings and resamples.")
    resamples: Resamples = Field(default=2000, description="Number of bootstrap resamples of the simulations.")
    batch_size: BatchSize = Field(
        default=50, description="Number of maps of a forward pass: changes memory, not results."
    )
