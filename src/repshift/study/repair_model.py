"""Models that the run makes from another model, to fit another domain."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.adaptation import REPAIRS
from repshift.study.values import Name, Section, Seed, SetName, Words

METHODS: Final = tuple(name for name, repair in REPAIRS.items() if not repair.is_bound)
"""Repairs that can make a model."""


def _method(name: str) -> str:
    """Refuse what is no repair, and a bound."""
    if name not in METHODS:
        raise PydanticCustomError(
            "repair", "'{name}' is not one of {names}", {"name": name, "names": str(list(METHODS))}
        )
    return name


MethodName = Annotated[str, AfterValidator(_method), Field(json_schema_extra={"enum": list(METHODS)})]
Weight = Annotated[float, Field(gt=0, le=1e6)]
Rate = Annotated[float, Field(gt=0, le=10)]
Steps = Annotated[int, Field(ge=1, le=100_000)]
Batch = Annotated[int, Field(ge=4, le=10_000)]
Simulations = Annotated[int, Field(ge=1, le=100_000)]
Mixing = Annotated[float, Field(ge=0, le=1)]


class Repaired(Section):
    """A model that is repaired for another domain."""

    model: Name = Field(description="Model that is repaired, with cases; its suite and fields are those of this one.")
    method: MethodName = Field(description="Repair, of those in docs/repair.md.")
    domain: Name = Field(description="Domain of another suite that it is repaired for.")
    simulations: Simulations | None = Field(
        default=None, description="Number of simulations of that domain that are shown; left out, all."
    )
    layer: Words | None = Field(
        default=None, description="Layer whose features are matched; left out, the last one before the outputs."
    )
    mixing: Mixing = Field(default=0.5, description="Share of the domain in the statistics of batch_norm_mixed.")
    set: SetName | None = Field(
        default=None,
        description="Set of the model's own suite that a repair reads; left out, that of its own domain.",
    )
    freeze: Words | None = Field(default=None, description="Layer below which nothing is trained; left out, none.")
    weight: Weight | None = Field(default=None, description="Weight of the term; left out, that of the repair.")
    steps: Steps = Field(default=120, description="Number of steps of a training.")
    batch: Batch = Field(default=24, description="Number of simulations of a step, of each domain, one map each.")
    learning_rate: Rate = Field(default=5e-4, description="Rate of AdamW.")
    seed: Seed = Field(default=1, description="Random seed: draws simulations and batches.")

    @model_validator(mode="after")
    def _fitting(self) -> "Repaired":
        """Refuse what the repair does not read."""
        repair = REPAIRS[self.method]
        read = {*repair.takes, *({"set"} if "source_maps" in repair.needs else ())}
        for key in ("layer", "mixing", "set", "freeze", "weight", "steps", "batch", "learning_rate"):
            if getattr(self, key) != type(self).model_fields[key].default and key not in read:
                raise PydanticCustomError("needs", "{key} belongs to no {method}", {"key": key, "method": self.method})
        return self
