"""Section `suites`: what makes the maps, a class a provider."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from repshift.perturbation import CHANGES
from repshift.perturbation.change import Change
from repshift.study.function_suites import Function
from repshift.study.values import BandName, Box, FieldName, Name, PathName, Section, Seed, Several

Exponent = Annotated[float, Field(ge=-100, le=100)]


class Channel(Section):
    """One kind of feedback of a mock suite."""

    efficiency: Annotated[float, Field(ge=0, le=1e6)] = Field(
        description="Supernovae: energy in 10^51 erg per 100 solar masses of stars. AGN: energy over the rest energy "
        "of the black hole."
    )
    second_energy_exponent: Exponent = Field(
        description="Power of A_SN2 or A_AGN2 in the energy, which A_SN1 and A_AGN1 always multiply."
    )
    ambient_overdensity: Annotated[float, Field(gt=0, le=1e12)] = Field(
        description="Gas density that the blast runs into, over the mean density: a low one is extended."
    )
    second_radius_exponent: Exponent = Field(description="Power of A_SN2 or A_AGN2 in the blast radius.")


class Mock(Section):
    """A suite that the workflow simulates."""

    provider: Literal["mock"] = Field(description="Simulated by the workflow.")
    supernova: Channel = Field(description="Feedback of supernovae.")
    agn: Channel = Field(description="Feedback of active galactic nuclei.")
    seeds: Name | None = Field(
        default=None,
        description="Mock suite that draws the parameters and initial conditions: the suite is its twin, with another "
        "feedback.",
    )


class Local(Section):
    """A suite whose files lie on this machine in the form of CMD."""

    provider: Literal["local"] = Field(description="Files in the form of CMD that lie on this machine.")
    directory: PathName = Field(
        description="A copy of CMD, one of its inner folders, or a folder with maps and parameters; only read."
    )
    box: Box = Field(description="Side of a map [Mpc/h], for scale bars.")


class Cmd(Section):
    """A suite that is fetched from CMD."""

    provider: Literal["cmd"] = Field(description="Fetched from CMD; resources/cmd.yaml lists its suites.")


class Files(Section):
    """A suite of files in any field."""

    provider: Literal["files"] = Field(description="Your own maps, in any field.")
    maps: Annotated[dict[FieldName, PathName], Field(min_length=1)] = Field(
        description="By field: a file or folder of maps, in the forms of docs/channels.md; {set} stands for the set of "
        "the domain, {band} for a band."
    )
    bands: Several[BandName] | None = Field(
        default=None,
        description="Names of the bands that every image holds, (band, y, x) or (y, x, band), in the order of the "
        "files; left out, images have one.",
    )
    labels: Annotated[str, Field(pattern=r"^[^\n\r]+\.(csv|txt)$", max_length=1000)] | None = Field(
        default=None,
        description="A row a simulation: .csv with a header, or .txt with names after a # in its first line; {set} as "
        "in maps. Left out, nothing is scored.",
    )
    maps_per_simulation: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1, description="Consecutive maps of one simulation, which splits keep together."
    )
    box: Box | None = Field(default=None, description="Side of a map [Mpc/h], for scale bars.")


class _Derived(Section):
    """A suite whose maps are those of another, changed in one way; the ways are keys of `CHANGES`."""

    provider: Literal["derived"] = Field(description="Made from another suite of the configuration.")
    of: Name = Field(
        description="Suite whose maps are changed; its parameters or labels stay theirs. Not derived itself."
    )
    like: Name | None = Field(
        default=None, description="Suite that matching makes them like, set by set and field by field."
    )
    seed: Seed | None = Field(
        default=None,
        description="Random seed: with the names of suite, set and field, draws the noise; 1 where there is noise.",
    )
    logarithm: bool = Field(default=True, description="Whether pixels are matched, or noise added, in log10.")

    @model_validator(mode="before")
    @classmethod
    def _seed_what_is_drawn(cls, given: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Give a change that draws random numbers its seed."""
        drawn = isinstance(given, dict) and any("rng" in one.needs and name in given for name, one in CHANGES.items())
        return {"seed": 1, **given} if drawn else given

    @model_validator(mode="after")
    def _one_change(self) -> "_Derived":
        """Refuse no change, more than one, and what belongs to another."""
        found = [key for key in CHANGES if getattr(self, key) is not None]
        if len(found) != 1:
            raise PydanticCustomError(
                "one_of",
                "one of {keys} must be given; found {found}",
                {"keys": ", ".join(CHANGES), "found": ", ".join(found) or "none"},
            )
        for key, need in (("like", "like"), ("seed", "rng")):
            those = [name for name, one in CHANGES.items() if need in one.needs]
            if getattr(self, key) is not None and found[0] not in those:
                raise PydanticCustomError("needs", "{key} needs {other}", {"key": key, "other": " or ".join(those)})
            if need == "like" and getattr(self, key) is None and found[0] in those:
                raise PydanticCustomError("needs", "{key} needs {other}", {"key": found[0], "other": key})
        return self

    @property
    def change(self) -> Change:
        """How the maps are made."""
        (found,) = (one for name, one in CHANGES.items() if getattr(self, name) is not None)
        return found

    @property
    def shift(self) -> str:
        """The kind of shift from the suite that it is made from."""
        return self.change.shift.name

    @property
    def condition(self) -> str:
        """What was done to maps, in words, whatever suite they are of."""
        return self.change.condition_of(self.model_dump())


def _strength(change: Change) -> Any:  # noqa: ANN401 - the annotation and default of a field
    """Return the key of a change: one of its choices, or a number above 0."""
    kind: Any = Literal[change.choices] if change.choices else float
    bounds: dict[str, Any] = {} if change.choices else {"gt": 0, "le": change.maximum}
    return Annotated[kind, Field(**bounds)] | None, Field(default=None, description=change.description)


if TYPE_CHECKING:
    Derived = _Derived
else:
    Derived = create_model(
        "Derived",
        __base__=_Derived,
        __doc__=_Derived.__doc__,
        **{name: _strength(one) for name, one in CHANGES.items()},
    )

Suite = Annotated[Mock | Local | Cmd | Files | Function | Derived, Field(discriminator="provider")]
