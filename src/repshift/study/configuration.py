"""The whole configuration: every section, what is there by default, and what is there on request."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from repshift.study.catalogue import Catalogue, read_catalogue
from repshift.study.domains import Domain, Grid, fill_domains
from repshift.study.figures import Figures, Plotting
from repshift.study.maps import Maps, Quantity
from repshift.study.models import Model
from repshift.study.stages import Stages
from repshift.study.suites import Suite
from repshift.study.training import Training
from repshift.study.values import FieldName, Name, OnRequest, Section, Several, held


class Subject(Section):
    """Where torch computes, which maps and networks there are, and which network is shown which maps."""

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


class Study(Stages, Subject):
    """A configuration, complete: what is left out of the file is filled in.

    Made by `repshift.study.reading.read_study`, which also checks names and numbers against each other.
    """

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
        """Whether this is an unpacked archive, which holds the results and not what they were made from."""
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


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a configuration
    """Return a value as YAML would give it, sections without what is None."""
    if isinstance(value, BaseModel):
        return {key: plain(part) for key, part in held(value)}
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
