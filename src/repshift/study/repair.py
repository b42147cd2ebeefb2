"""Section `repair`: what brings a network home, at what price there, and how much of the other domain it takes."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.adaptation import REPAIRS
from repshift.study.repair_model import Batch, Mixing, Rate, Simulations, Steps, Weight
from repshift.study.values import (
    BatchSize,
    Name,
    OnRequest,
    Resamples,
    Section,
    Seed,
    SetName,
    Several,
    Words,
    as_tuple,
    distinct,
)

WITHOUT_TRAINING: Final = tuple(name for name, repair in REPAIRS.items() if not repair.trains)
WITH_TRAINING: Final = tuple(name for name, repair in REPAIRS.items() if repair.trains)
"""Rungs of the ladder that take no gradient, and those that do, in their order."""

_OF_TRAINING: Final[dict[str, tuple[str, ...]]] = {
    "third": ("third_labels", "third_maps"),
    "perturbations": ("perturbed_maps",),
    "labelled": ("target_labels",),
}
"""Keys of training that only some rungs read, with what those rungs need."""


def _known(name: str, names: tuple[str, ...]) -> str:
    """Refuse what is no rung of a kind."""
    if name not in names:
        raise PydanticCustomError("rung", "'{name}' is not one of {names}", {"name": name, "names": str(list(names))})
    return name


def _without_training(name: str) -> str:
    """Refuse what is no rung without training."""
    return _known(name, WITHOUT_TRAINING)


def _with_training(name: str) -> str:
    """Refuse what is no trained rung."""
    return _known(name, WITH_TRAINING)


RungName = Annotated[str, AfterValidator(_without_training), Field(json_schema_extra={"enum": list(WITHOUT_TRAINING)})]
TrainedRung = Annotated[str, AfterValidator(_with_training), Field(json_schema_extra={"enum": list(WITH_TRAINING)})]
Maps = Annotated[int, Field(ge=1, le=1000)]
Splits = Annotated[int, Field(ge=1, le=1000)]


class Prior(Section):
    """The same rungs tuned on maps whose labels are distributed otherwise."""

    parameter: Words = Field(
        default="Omega_m", description="Label whose lower half alone is shown to the rungs, beside a random half."
    )
    domains: Several[Name] | None = Field(
        default=None,
        description="Domains of one cosmology, such as sets CV: rungs are also tuned on that of the target's suite; "
        "left out, on none.",
    )


class RepairTraining(Section):
    """Rungs that train, and how."""

    rungs: Several[TrainedRung] = Field(
        description="Rungs of docs/repair.md that train; each needs its control, the same steps without its term."
    )
    set: SetName | None = Field(
        default=None,
        description="Set of the model's own suite whose labelled maps are trained on; left out, the simulations of its "
        "own domain that are not judged.",
    )
    seeds: Annotated[int, Field(ge=1, le=100)] = Field(default=2, description="Number of random seeds of each split.")
    steps: Steps = Field(default=120, description="Number of steps of a training.")
    batch: Batch = Field(default=24, description="Number of simulations of a step, of each domain, one map each.")
    learning_rate: Rate = Field(default=5e-4, description="Rate of AdamW.")
    weights: dict[TrainedRung, Several[Weight]] = Field(
        default={},
        description="By rung: weights of its term to choose from, without labels of the target; left out, that of the "
        "rung.",
    )
    choose_on: Name | None = Field(
        default=None,
        description="Domain of a third suite that is left out of training and judges the weights; left out, half "
        "of those that train do.",
    )
    freeze: Annotated[
        tuple[Words | None, ...], BeforeValidator(as_tuple), Field(min_length=1), AfterValidator(distinct)
    ] = Field(
        default=(None,),
        description="Layers below which nothing is trained: each in turn in fine_tuning and its control, the first "
        "in other rungs; null trains all.",
    )
    labelled: Several[Simulations] = Field(
        default=(5, 25), description="Numbers of labelled simulations of the target in fine_tuning."
    )
    simulations: Several[Simulations] = Field(
        default=(25,), description="Numbers of unlabelled simulations of the target in the other rungs."
    )
    third: Several[Name] | None = Field(
        default=None, description="Domains of further suites that several_suites is trained on as well."
    )
    perturbations: Annotated[dict[Name, float], Field(min_length=1)] | None = Field(
        default=None, description="Axes of docs/stress.md with a strength, one drawn for each map, in augmentation."
    )

    @model_validator(mode="after")
    def _controlled(self) -> "RepairTraining":
        """Refuse a rung without its control, and what a rung needs or no rung reads."""
        for name in self.rungs:
            control = REPAIRS[name].control
            if control is not None and control not in self.rungs:
                raise PydanticCustomError(
                    "control",
                    "rungs has {name} without its control, {control}: the same steps without its term change scores, "
                    "too",
                    {"name": name, "control": control},
                )
        strange = [name for name in self.weights if name not in self.rungs or REPAIRS[name].weight_name is None]
        if strange:
            raise PydanticCustomError(
                "weights", "weights has {names}, which is no rung of rungs with a weight", {"names": ", ".join(strange)}
            )
        for key in ("third", "perturbations"):
            readers = [name for name in WITH_TRAINING if REPAIRS[name].needs & set(_OF_TRAINING[key])]
            chosen = [name for name in self.rungs if name in readers]
            if getattr(self, key) is not None and not chosen:
                raise PydanticCustomError("needs", "{key} needs {other}", {"key": key, "other": " or ".join(readers)})
            if getattr(self, key) is None and chosen:
                raise PydanticCustomError("needs", "{other} needs {key}", {"key": key, "other": ", ".join(chosen)})
        return self


class LatentSpace(Section):
    """Action latent_space of the stage repair: maps of all domains of a model in two dimensions, before and after."""

    layers: Several[Words] | None = Field(
        default=None, description="Layers that are drawn; left out, the last one compared."
    )
    methods: Several[Literal["pca", "tsne"]] = Field(
        default=("pca", "tsne"), description="Projections: principal components, and neighbours kept."
    )
    rungs: Several[RungName] | None = Field(
        default=None,
        description="Rungs after which maps are drawn; left out, batch_norm, or what a network allows.",
    )
    maps: Annotated[int, Field(ge=5, le=10_000)] = Field(
        default=50, description="Number of maps of each domain at most, one of each simulation that tunes nothing."
    )
    perplexity: Annotated[float, Field(gt=1, le=1000)] | None = Field(
        default=None, description="Perplexity of t-SNE; left out, 30 or a fifth of the maps."
    )
    neighbours: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="Number of neighbours of each map by which it is said what a picture keeps; left out, 10 or a "
        "fifth of the maps.",
    )


class RepairSection(Section):
    """Stage repair: what brings a network home, at what price there, and how much of the other domain it takes."""

    cases: Annotated[dict[Name, Several[Name]], Field(min_length=1)] = Field(
        description="Each model with the domains of other suites that it is repaired for; a domain may be no case "
        "elsewhere."
    )
    rungs: Several[RungName] | None = Field(
        default=None,
        description="Rungs without training; left out, all that the network and the labels allow.",
    )
    bounds: Several[Name] | None = Field(
        default=None,
        description="Models that no repair made and that are judged beside, such as one trained on several suites; the "
        "one trained on the target's suite is found by itself.",
    )
    layer: Words | None = Field(
        default=None, description="Layer whose features are matched; left out, the last one before the outputs."
    )
    mixing: Mixing = Field(default=0.5, description="Share of the target in the batch statistics of batch_norm_mixed.")
    splits: Splits = Field(
        default=5, description="Number of random divisions of simulations in those tuned on and those judged."
    )
    simulations: Several[Simulations] = Field(
        default=(1, 5, 25), description="Numbers of simulations of the target that rungs are tuned on."
    )
    outputs: Several[Words] | None = Field(
        default=None, description="Labels that are scored; left out, the first two; of classes, none is named."
    )
    maps_each: Maps | None = Field(
        default=None,
        description="Number of maps judged of each simulation; left out, five, or all where there are fewer.",
    )
    tuned_maps_each: Maps | None = Field(
        default=None,
        description="Number of maps of each simulation that rungs are tuned on; left out, five, or all where there are "
        "fewer.",
    )
    most_simulations: Simulations | None = Field(
        default=None, description="Largest number of simulations of a domain; left out, all of its split."
    )
    prior: OnRequest[Prior] = Field(
        default=None, description="Whether rungs still repair where the target has other labels; on request."
    )
    training: OnRequest[RepairTraining] = Field(default=None, description="Rungs that train; on request.")
    latent_space: OnRequest[LatentSpace] = Field(
        default=None, description="Maps of all domains in two dimensions, before and after; on request."
    )
    seed: Seed = Field(default=1, description="Random seed: draws maps, splits, trainings and resamples.")
    resamples: Resamples = Field(default=2000, description="Number of bootstrap resamples of the simulations.")
    batch_size: BatchSize = Field(
        default=50, description="Number of maps of a forward pass: changes memory, not results."
    )

    @property
    def most_tuned(self) -> int:
        """Largest number of simulations that a rung is tuned on."""
        trained = (*self.training.labelled, *self.training.simulations) if self.training else ()
        return max(*self.simulations, *trained, 1)
