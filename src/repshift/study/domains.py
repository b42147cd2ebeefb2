"""Sections `domains` and `grid`: the maps that models are shown."""

from typing import Annotated

from pydantic import Field

from repshift.study.values import FieldName, Name, Section, SetName, Several
from repshift.vocabulary import Split, Standardisation

_SET = "Set of the suite: LH, CV, 1P, or one that maps.mock.simulations names; of files, what {set} stands for."
_SPLIT = "Part of the set, by simulation as CMD splits it (90 %, 5 %, 5 %), or all of it."
_STANDARDISATION = "Whose mean and standard deviation standardise the maps: of the training maps, or of the domain's own file."

Rank = Annotated[int, Field(ge=1, le=10_000)]


class Domain(Section):
    """Maps that a model can be shown."""

    suite: Name = Field(description="Name of a suite.")
    set: SetName = Field("LH", description=_SET)
    split: Split = Field("all", description=_SPLIT)
    standardisation: Standardisation = Field("training", description=_STANDARDISATION)


class Grid(Section):
    """Every pair of suites in every field: models {field}-{suite} that CMD publishes, domains named as their suites."""

    fields: Several[FieldName] = Field(description="Fields, a model each.")
    suites: Several[Name] = Field(description="Suites that train and test.")
    ranks: Several[Rank] = Field((1,), description="Trials of each search; those after the best are named {field}-{suite}-rank{k}.")
    set: SetName = Field("LH", description=_SET)
    split: Split = Field("test", description=_SPLIT)
    standardisation: Standardisation = Field("training", description=_STANDARDISATION)
