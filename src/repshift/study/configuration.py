"""The whole configuration: every section, what is there by default, and what is there on request."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from repshift.study.catalogue import Catalogue, read_catalogue
from repshift.study.domains import Domain, Grid, fill_domains
from repshift.study.figures import Figures, Plotting
from repshift.study.maps import Maps, Quantity
from repshift.study.models import Model
from repshift.study.stages import (
    Activations,
    Cka,
    Comparison,
    Failures,
    Influence,
    Intervals,
    PermutationTests,
    Predictions,
    SampleSize,
    ShiftScores,
    Symmetries,
)
from repshift.study.suites import Suite
from repshift.study.training import Training
from repshift.study.values import FieldName, Name, Section, Several


def _off(value: object) -> object:
    """Return a section that is switched off as one that is not there."""
    return None if value is False else value


def _switched_off(schema: dict[str, Any]) -> None:
    """Say in the JSON schema that a section may be false."""
    schema["anyOf"].append({"const": False})


Stage = TypeVar("Stage")
OnRequest = Annotated[Stage | None, BeforeValidator(_off), Field(json_schema_extra=_switched_off)]
"""A section that may be left out, or switched off with null or false."""


class Study(Section):
    """A configuration, complete: what is left out of the file is filled in.

    Made by `repshift.study.reading.read_study`, which also checks names and numbers against each other.
    """

    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto",
        description="Where torch computes: auto takes CUDA where a job was granted a device; cuda fails without one.",
    )
    threads: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=1,
        description="Threads of torch on the CPU. The last bits of results depend on it, so it does not follow "
        "--cores.",
    )
    suites: Annotated[dict[Name, Suite], Field(min_length=1)] = Field(description="What makes the maps, by name.")
    fields: dict[FieldName, Quantity] = Field(default={}, description="Fields that CMD has not, by name.")
    maps: Maps = Field(default=Maps(), description="How maps are simulated or fetched.")
    domains: dict[Name, Domain] = Field(
        default={},
        description="Maps that a model can be shown, by name. A suite that cases names is a domain without an entry "
        "here.",
    )
    models: dict[Name, Model] = Field(default={}, description="Networks, by name.")
    grid: Grid | None = Field(
        default=None, description="Models, domains and cases of every pair of suites in every field."
    )
    cases: dict[Name, Several[Name]] = Field(
        default={}, description="Each model with the domains it is shown; the first is of its own suite."
    )
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
    figures: Figures = Field(default=Figures(), description="What is drawn.")
    plotting: Plotting = Field(default=Plotting(), description="Colours and labels.")
    training: OnRequest[Training] = Field(
        default=None, description="How networks are trained in the run; needed where any are."
    )

    _catalogue: Catalogue = PrivateAttr(default_factory=read_catalogue)
    _archived: bool = PrivateAttr(default=False)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Make the domains that go without saying."""
        return fill_domains(given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _whole(self) -> "Study":
        """Refuse a section without the one that it needs."""
        missing = [] if self.grid else [key for key in ("models", "cases") if not getattr(self, key)]
        if missing:
            raise PydanticCustomError("missing_sections", "{keys} must be given", {"keys": ", ".join(missing)})
        for key in ("symmetries", "failures"):
            if getattr(self, key) is not None and self.shift_scores is None:
                raise PydanticCustomError("needs", "{key} needs shift_scores", {"key": key})
        return self

    @property
    def catalogue(self) -> Catalogue:
        """What resources/cmd.yaml says of CMD."""
        return self._catalogue

    @property
    def archived(self) -> bool:
        """Whether this is an unpacked archive, which holds the results and not what they were made of."""
        return self._archived

    def placed(self, catalogue: Catalogue, *, archived: bool) -> "Study":
        """Return the same study in a repository of this catalogue."""
        study = self.model_copy()
        study._catalogue, study._archived = catalogue, archived
        return study

    def with_sections(self, **sections: object) -> "Study":
        """Return the study with other sections: typed objects, for pydantic checks no copy."""
        return self.model_copy(update=sections)

    def plain(self) -> dict[str, Any]:
        """Return the study as dictionaries, lists and plain values, in the order of the keys; without what is None."""
        return {key: plain(value) for key, value in held(self)}


def held(section: BaseModel) -> list[tuple[str, Any]]:
    """Return the keys of a section that have a value, with it."""
    pairs = ((key, getattr(section, key)) for key in type(section).model_fields)
    return [(key, value) for key, value in pairs if value is not None]


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a configuration
    """Return a value as YAML would give it, sections without what is None."""
    if isinstance(value, BaseModel):
        return {key: plain(part) for key, part in held(value)}
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
