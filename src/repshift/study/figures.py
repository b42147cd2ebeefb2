"""Section `figures`: what is drawn; and `plotting`: colours and labels."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from repshift.study.values import Name, Section, Several, Words, as_tuple

ROWS_OF_FIGURE1: Final = 4
"""Models that figure 1 draws at most where the configuration does not say which."""


def _drawn(entry: object) -> object:
    """Return a model that is named alone as one that is named with no domains."""
    return (entry,) if isinstance(entry, str) else as_tuple(entry)


Drawn = Annotated[
    Annotated[tuple[Name, ...], Field(min_length=1)], BeforeValidator(_drawn, json_schema_input_type=str | list[str])
]
"""A model, and the domains of the cases drawn: none for all of its cases."""

_DRAWN = "Models, a row or group each: a name for all its cases, or a list of the name and the domains drawn"


class Steps(Section):
    """A model of figure 2."""

    model: Name = Field(description="A model of shift_steps.")
    untrained: Name | None = Field(
        default=None, description="A model of shift_steps with the same domains, the network untrained; drawn open."
    )
    layers: Name | None = Field(
        default=None, description="A model with the same first two domains, the network with other layers."
    )


class Figures(Section):
    """Stage figures."""

    estimator: Literal["biased", "debiased", "minibatch"] = Field(
        default="debiased", description="Estimator of CKA in the figures."
    )
    figure1: Several[Drawn] | None = Field(
        default=None, description=f"{_DRAWN}. Left out, the first {ROWS_OF_FIGURE1} models of cases."
    )
    controls: Several[Drawn] | None = Field(default=None, description=f"{_DRAWN}; left out, there is no such figure.")
    figure2: Several[Steps] | None = Field(
        default=None,
        description="Models whose block and loss are drawn along shift_steps; left out, there is no such figure.",
    )
    figure4: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, whose stress is drawn, and maps along its axes: a name, or a list of it and "
        "the domains drawn; left out, there is no such figure.",
    )
    figure5: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, whose attributions are drawn: a name, or a list of it and the domains drawn; "
        "left out, there is no such figure.",
    )
    figure6: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, whose shift to the twins of their domains is drawn by pixels; left out, "
        "there is no such figure.",
    )
    features: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, of which is drawn what their filters see; left out, there is no such figure.",
    )
    figure7: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, whose ladder of repairs is drawn; left out, there is no such figure.",
    )
    figure8: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, of which is drawn what their layers are worth; left out, there is no such "
        "figure.",
    )
    figure9: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, of which is drawn when they may be believed; left out, there is no such "
        "figure.",
    )
    latent_space: Several[Drawn] | None = Field(
        default=None,
        description="Models, a page each, whose maps are drawn in two dimensions, before and after repair; left out, "
        "there is no such figure.",
    )
    measures: Several[Drawn] | None = Field(
        default=None,
        description="Models drawn by CKA and by cka.measures, as figure1; left out, there is no such figure.",
    )
    predictions: Several[Drawn] | None = Field(
        default=None,
        description="Models whose predictions are drawn against the truth; left out, there is no such figure.",
    )
    shift_scores: Several[Drawn] | None = Field(
        default=None,
        description="Models whose shift scores are drawn beside their range between halves; left out, there is no such "
        "figure.",
    )
    parameters: Several[Words] | None = Field(
        default=None,
        description="Outputs that are drawn; left out, the first two that the models of predictions infer; of figure4, "
        "that each does; of figure5 to figure9, those of their files.",
    )

    @model_validator(mode="after")
    def _of_predictions(self) -> "Figures":
        """Refuse parameters that no figure draws."""
        drawn = ("predictions", *(f"figure{number}" for number in range(4, 10)), "latent_space")
        if self.parameters is not None and all(getattr(self, name) is None for name in drawn):
            raise PydanticCustomError("needs", "parameters needs {drawn}", {"drawn": " or ".join(drawn)})
        return self


Color = Annotated[str, Field(pattern="^(#[0-9A-Fa-f]{6}|[a-z]{1,40}|(tab|xkcd):[a-z /'-]{1,40}|C[0-9])$")]


class Style(Section):
    """How one suite, domain or model looks in the figures."""

    color: Color | None = Field(
        default=None, description="#rrggbb, or a name that matplotlib has; left out, one is assigned."
    )
    label: Words | None = Field(default=None, description="What figures call it; left out, its name.")


class Plotting(Section):
    """Colours and labels in the figures."""

    suites: dict[Name, Style] = Field(default={}, description="Of suites, by name.")
    domains: dict[Name, Style] = Field(default={}, description="Of domains, by name.")
    models: dict[Name, Style] = Field(default={}, description="Of models, by name.")
