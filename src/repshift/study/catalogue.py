"""Where CMD keeps its files: resources/cmd.yaml, and where a copy of CMD may hold a file of each kind."""

from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict

ROOT: Final = Path(__file__).parents[3]
"""Root of the repository that holds this package."""

SHIPPED: Final = Path(__file__).parents[1] / "shipped"
"""Copies of files of the repository in a package that is installed without it."""

Kind = Literal["maps", "parameters", "study", "weights"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SuiteOfCmd(_Entry):
    """A suite of CMD: its folder, fields and sets; a twin is the same simulations with gravity alone.

    Sets that have another number of simulations than of other suites say it, or null where nobody says it.
    """

    folder: str
    fields: tuple[str, ...]
    sets: tuple[str, ...]
    twin: str | None = None
    simulations: dict[str, int | None] = {}


class FileNames(_Entry):
    """Names and places of a kind of file, in the order looked for; some sets have other names beside."""

    names: tuple[str, ...]
    layouts: tuple[str, ...]
    names_of_LH: tuple[str, ...] = ()  # noqa: N815 - the name of the set


class Catalogue(_Entry):
    """What resources/cmd.yaml says of CMD."""

    addresses: tuple[str, ...]
    box: float
    pixels: int
    maps_per_simulation: int
    simulations: dict[str, int]
    training_set: str
    suites: dict[str, SuiteOfCmd]
    published: tuple[str, ...]
    other_parameters: tuple[str, ...]
    own_seeds: tuple[str, ...]
    files: dict[Kind, FileNames]
    study: str

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field of CMD, once."""
        return tuple(dict.fromkeys(field for suite in self.suites.values() for field in suite.fields))

    def fields_of(self, suite: str) -> tuple[str, ...] | None:
        """Return the fields of a suite; None where CMD has no such suite."""
        return self.suites[suite].fields if suite in self.suites else None

    def simulations_of(self, suite: str, set_name: str) -> int | None:
        """Return how many simulations a set of a suite has; None where it is not known before it is fetched."""
        own = self.suites[suite].simulations if suite in self.suites else {}
        return own.get(set_name) if set_name in own else self.simulations.get(set_name)

    def twin_of(self, suite: str) -> str:
        """Return the suite whose simulations a suite shares, which is itself unless it is gravity alone."""
        return (self.suites[suite].twin if suite in self.suites else None) or suite


def shipped(name: str, root: Path = ROOT) -> Path:
    """Return a file of a repository, or its copy in the package where that is installed without one.

    Examples
    --------
    >>> shipped("resources/cmd.yaml", Path("/none")) == SHIPPED / "resources/cmd.yaml"
    True
    """
    return root / name if (root / name).is_file() else SHIPPED / name


@cache
def read_catalogue(root: Path = ROOT) -> Catalogue:
    """Return what resources/cmd.yaml of a repository says."""
    return Catalogue.model_validate(yaml.safe_load(shipped("resources/cmd.yaml", root).read_text(encoding="utf-8")))


def paths_in_copy(catalogue: Catalogue, kind: Kind, *, suite: str, set_name: str = "", **names: str) -> list[str]:
    """Return where a copy of CMD may hold a file, relative to its root, in the order looked for.

    Examples
    --------
    >>> paths_in_copy(read_catalogue(), "parameters", suite="SIMBA", set_name="CV")[0]
    '2D_maps/data/SIMBA/params_CV_SIMBA.txt'
    """
    entry = catalogue.files[kind]
    more = entry.names_of_LH if set_name == "LH" else ()
    folder = catalogue.suites[suite].folder if suite in catalogue.suites else suite
    return [
        layout.format(folder=folder, file=name.format(suite=suite, set=set_name, **names))
        for name in (*entry.names, *more)
        for layout in entry.layouts
    ]


def paths_on_disk(directory: str, path: str) -> list[str]:
    """Return where a file of a copy may lie in a directory that is the copy's root, or one of its inner folders."""
    parts = Path(path).parts
    return [str(Path(directory, *parts[first:])) for first in range(min(3, len(parts)))]
