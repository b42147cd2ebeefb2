"""What is there of a set of simulations before a run: its maps in a field, and their labels."""

from dataclasses import dataclass
from pathlib import Path

from repshift.inspection.maps import Contents, contents_of
from repshift.inspection.problems import Problems
from repshift.storage.fits import fits_files
from repshift.storage.labels import Labels, ordered_files, read_parameters
from repshift.storage.names import split_name
from repshift.study.cases import parent_of
from repshift.study.catalogue import paths_in_copy
from repshift.study.configuration import Study
from repshift.study.files import own_file, simulation_files
from repshift.study.sizes import size_of
from repshift.study.suites import Cmd, Derived, Files
from repshift.vocabulary import MAPS_PER_SIMULATION


@dataclass(frozen=True)
class FoundSet:
    """What was found of a set.

    Attributes
    ----------
    words
        What it is, in words.
    side
        (y, x) of a map, where that is known before the run.
    contents
        What its file holds; None where it is made or fetched in the run, or could not be read.
    labels
        Of its simulations; None where there are none, or could not be read.
    labels_path
        The file of them.
    maps_per_simulation
        Consecutive maps of one simulation.
    """

    words: str
    side: tuple[int, int] | None = None
    contents: Contents | None = None
    labels: Labels | None = None
    labels_path: str = ""
    maps_per_simulation: int = MAPS_PER_SIMULATION


def found_set(study: Study, suite: str, set_name: str, *, field: str, problems: Problems) -> FoundSet:
    """Look at the files of a set, as far as they are there; what is wrong with them is noted."""
    parent, entry = parent_of(study, suite), study.suites[suite]
    if isinstance(entry, Derived):
        source = found_set(study, parent, set_name, field=field, problems=problems)
        return FoundSet(f"made of {parent}: {entry.condition}", source.side, source.contents, source.labels,
                        source.labels_path, source.maps_per_simulation)  # fmt: skip
    if entry.provider == "mock":
        return _simulated(study, suite, set_name, field=field)
    if isinstance(entry, Cmd):
        return _of_cmd(study, suite, set_name, field=field, problems=problems)
    files: dict[str, str] = {}
    with problems.gathering():
        files = simulation_files(study, suite, set_name, field=field, split="all", variant="")
    if not files:
        return FoundSet("not there")
    maps = own_file(study, "maps", suite, set_name=set_name, field=field) or files["maps"]
    each = entry.maps_per_simulation if isinstance(entry, Files) else MAPS_PER_SIMULATION
    return _on_disk(maps, files.get("parameters", ""), maps_per_simulation=each, problems=problems)


def _simulated(study: Study, suite: str, set_name: str, *, field: str) -> FoundSet:
    """Say what a mock suite will simulate."""
    mock, size = study.maps.mock, size_of(study, suite, set_name, field=field)
    if mock is None or size is None:
        return FoundSet("to be simulated")
    words = f"{size.n_simulations} simulations of {size.maps_per_simulation} maps of {mock.size} x {mock.size}"
    return FoundSet(f"{words}, to be simulated", (mock.size, mock.size))


def _of_cmd(study: Study, suite: str, set_name: str, *, field: str, problems: Problems) -> FoundSet:
    """Look at a file of CMD where it was fetched before; else say that it will be."""
    directory = Path(study.maps.cmd.directory if study.maps.cmd else "")
    names = {"suite": suite, "set_name": set_name}
    maps, parameters = (
        next((str(directory / one) for one in places if (directory / one).is_file()), "")
        for places in (
            paths_in_copy(study.catalogue, "maps", **names, field=field),
            paths_in_copy(study.catalogue, "parameters", **names),
        )
    )
    if maps:
        return _on_disk(maps, parameters, maps_per_simulation=MAPS_PER_SIMULATION, problems=problems)
    size, side = size_of(study, suite, set_name, field=field), study.catalogue.pixels
    known = f"{size.n_simulations} simulations" if size else "an unknown number of simulations"
    each = study.catalogue.maps_per_simulation
    words = f"not fetched yet: {known} of {each} maps of {side} x {side}, by the catalogue"
    return FoundSet(words, (side, side), maps_per_simulation=each)


def _on_disk(maps: str, parameters: str, *, maps_per_simulation: int, problems: Problems) -> FoundSet:
    """Look at maps and labels that are there; each is noted if it is not."""
    contents = labels = None
    with problems.gathering():
        contents = contents_of(maps, maps_per_simulation=maps_per_simulation)
    problems.note(not parameters or Path(parameters).is_file(), f"There is no file of labels '{parameters}'.")
    if contents and Path(parameters).is_file():
        with problems.gathering():
            labels = labels_of(parameters, contents, maps_per_simulation=maps_per_simulation)
    words = contents.words if contents else "not readable"
    side = contents.shape[1:] if contents else None
    return FoundSet(words, side, contents, labels, parameters, maps_per_simulation)


def labels_of(path: str, contents: Contents, *, maps_per_simulation: int) -> Labels:
    """Return the labels of the simulations of a file or folder of maps.

    Raises
    ------
    InputError
        If it is no table, has other rows than there are simulations, or leaves the order of a folder's files open.
    """
    labels = read_parameters(
        Path(path), n_maps=contents.n_maps, maps_path=Path(contents.source), maps_per_simulation=maps_per_simulation
    )
    if contents.n_files > 1:
        ordered_files(fits_files(Path(split_name(contents.source)[0])), Path(path))
    return labels
