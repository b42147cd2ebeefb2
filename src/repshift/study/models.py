"""Section `models`: the networks, and where the weights of each come from."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from repshift.networks.classes import Classes, OutputScale
from repshift.study.domains import Rank
from repshift.study.preprocessing import Preprocessing
from repshift.study.repair_model import Repaired
from repshift.study.values import (
    ConstructorName,
    Dropout,
    FieldName,
    Hidden,
    Name,
    PathName,
    Section,
    Seed,
    Several,
    Words,
)
from repshift.vocabulary import InputError, field_of

KINDS: Final = ("weights", "untrained", "rank", "network", "repaired")
"""Keys that say where the weights of a model come from, of which it has one."""

WeightsFile = Annotated[str, Field(pattern=r"^[^\n\r]+\.pt$", max_length=1000)]
Checkpoint = Annotated[str, Field(pattern=r"^[^\n\r]+\.(pt|pth|tar|ckpt|bin|safetensors)$", max_length=1000)]


def _class(value: object) -> object:
    """Refuse what YAML reads as neither text nor a whole number, such as an unquoted no."""
    if isinstance(value, bool | float):
        raise PydanticCustomError(
            "class", "{value} is no class, which is a word or a whole number. Put it in quotes", {"value": str(value)}
        )
    return value


ClassName = Annotated[
    Annotated[str, Field(pattern=r"^[^\s-]([^\n\r]*\S)?$", max_length=200)]
    | Annotated[int, Field(ge=-(2**31), le=2**31)],
    BeforeValidator(_class),
]
"""A class as a label has it: words, or a whole number."""


class Network(Section):
    """Your own network, in torch."""

    constructor: ConstructorName = Field(
        description="A function or class, package.module:function, that returns a torch.nn.Module."
    )
    path: PathName | None = Field(
        default=None,
        description="Directory that holds the package, from the working directory; left out, it is installed.",
    )
    arguments: dict[str, JsonValue] = Field(default={}, description="Keyword arguments of the constructor.")
    weights: Checkpoint | None = Field(
        default=None,
        description="Checkpoint that holds one state dict that fits the network exactly; null keeps the weights of the "
        "constructor.",
    )
    trained: bool | None = Field(
        default=None,
        description="Whether it has learned; needed where there are no weights: false if the constructor draws them, "
        "true if it loads its own.",
    )
    files: Several[PathName] | None = Field(
        default=None,
        description="Files that the constructor reads, such as its weights: a change of one runs the network again.",
    )
    seed: Seed | None = Field(
        default=None, description="Seeds torch before the constructor is called; needed where there are no weights."
    )
    layers: Several[Words] | None = Field(
        default=None,
        description="Names and patterns (*, ?, [ ]) of layers; left out, the network's mapping layers where it has "
        "one, else every call of a non-linear activation.",
    )
    outputs: Several[Words] | None = Field(
        default=None,
        description="Labels that the network infers, in the order and units of its outputs: means, or means and then "
        "as many standard deviations. Left out, no predictions and no scores.",
    )
    task: Literal["regression", "classification"] = Field(
        default="regression", description="What it infers: values of labels, or the class that one label holds."
    )
    classes: Several[ClassName] | None = Field(
        default=None,
        description="Of a classifier: two or more, as the label has them, words or whole numbers, in the order of its "
        "outputs.",
    )
    output_scale: OutputScale = Field(
        default="logits",
        description="Outputs of a classifier: a column for each class, or of two classes one column, of the second.",
    )

    @model_validator(mode="after")
    def _seeded(self) -> "Network":
        """Refuse weights that nothing says how to draw."""
        missing = [name for name in ("seed", "trained") if getattr(self, name) is None]
        if self.weights is None and missing:
            words = ": true if the constructor loads its own, false if it draws them" if "trained" in missing else ""
            raise PydanticCustomError(
                "missing_seed", "{keys} must be given, for there are no weights{words}",
                {"keys": " and ".join(missing), "words": words},
            )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _one_task(self) -> "Network":
        """Refuse a head of both tasks, and a classifier of no classes."""
        of_classes, outputs = self.task == "classification", self.outputs or ()
        if of_classes and self.classes is None:
            raise PydanticCustomError("needs", "task classification needs classes")
        if (len(outputs) > 1) if of_classes else (self.classes is not None):
            raise PydanticCustomError(
                "one_task",
                "task is {task}, beside the outputs {outputs} and the classes {classes}: one head cannot have both "
                "tasks. Give two models, whose constructors return a head each",
                {
                    "task": self.task,
                    "outputs": ", ".join(outputs) or "none",
                    "classes": ", ".join(map(str, self.classes or ())),
                },
            )
        if not of_classes and self.output_scale != "logits":
            raise PydanticCustomError("needs", "output_scale needs task classification")
        self._require_classes()
        return self

    @property
    def known_classes(self) -> Classes | None:
        """The classes of a classifier; None of another network."""
        return None if self.classes is None else Classes(tuple(map(str, self.classes)), self.output_scale)

    def _require_classes(self) -> None:
        """Refuse classes that are too few, or one and the same."""
        try:
            _ = self.known_classes
        except InputError as error:
            raise PydanticCustomError("classes", "{error}", {"error": str(error).rstrip(".")}) from error

    @property
    def is_trained(self) -> bool:
        """Whether it has learned: as it is said, else because there are weights."""
        return self.weights is not None if self.trained is None else self.trained


class Initialisation(Section):
    """A network of CMD that is only initialised, its batch statistics set on its first domain."""

    seed: Seed = Field(default=1, description="Random seed: draws the weights.")
    hidden: Hidden = Field(description="Width of the network: that of the trained one it is compared with.")
    dropout: Dropout = Field(default=0.0, description="Dropout rate.")


class Model(Section):
    """A network: one of `KINDS` says where its weights come from."""

    suite: Name = Field(description="Suite that it was trained on.")
    field: FieldName | Several[FieldName] = Field(
        description="Field that it reads, or several of the same simulations, a channel each: [T, Mtot]."
    )
    weights: WeightsFile | None = Field(
        default=None,
        description="Model file (.pt, its .json beside it); results/training/{model}.pt trains it in the same run.",
    )
    untrained: Initialisation | None = Field(default=None, description="A network of CMD that is only initialised.")
    rank: Rank | None = Field(
        default=None,
        description="A network that CMD publishes, by its place in the search for hyper-parameters; 1 is the best.",
    )
    network: Network | None = Field(default=None, description="Your own network, in torch.")
    repaired: Repaired | None = Field(
        default=None, description="A model of this configuration, repaired for another domain in the run."
    )
    seed: Seed | None = Field(
        default=None, description="Random seed of the training of this model, instead of training.seed."
    )
    layers: Several[Words] | None = Field(
        default=None,
        description="Names and patterns (*, ?, [ ]) of layers of a network of CMD; left out, the outputs of its "
        "LeakyReLU.",
    )
    preprocessing: Preprocessing = Field(
        default=Preprocessing(), description="How maps are prepared before they are standardised."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "Model":
        """Refuse a model with no weights, or with weights from two places."""
        found = [key for key in KINDS if getattr(self, key) is not None]
        if len(found) != 1:
            raise PydanticCustomError(
                "one_of",
                "one of {keys} must be given; found {found}",
                {"keys": ", ".join(KINDS), "found": ", ".join(found) or "none"},
            )
        if self.seed is not None and self.weights is None:
            raise PydanticCustomError("needs", "seed needs weights")
        if self.repaired is not None and self.preprocessing != Preprocessing():
            raise PydanticCustomError("needs", "preprocessing is that of the model that is repaired. Leave it out")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it reads."""
        return (self.field,) if isinstance(self.field, str) else self.field

    @property
    def field_label(self) -> str:
        """What files and tables call the fields that it reads."""
        return field_of(self.fields)

    @property
    def is_classifier(self) -> bool:
        """Whether it is your own network, and infers a class."""
        return self.network is not None and self.network.task == "classification"

    @property
    def outputs(self) -> tuple[str, ...] | None:
        """What your own network infers; None of another network, and of one that says nothing of its outputs."""
        return self.network.outputs if self.network else None
