"""What is there of a set of simulations before a run: its maps in the channels of a model, and their labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from repshift.inspection.maps import Contents, contents_in_place, contents_of, stacked
from repshift.inspection.problems import Problems
from repshift.inspection.table import counted
from repshift.storage.file_order import ordered_files
from repshift.storage.labels import Labels, read_parameters
from repshift.study.cases import parent_of
from repshift.study.catalogue import paths_in_copy
from repshift.study.channels import bands_of
from repshift.study.configuration import Study
from repshift.study.files import local_file
from repshift.study.sizes import size_of
from repshift.study.suites import Cmd, Derived, Files
from repshift.vocabulary import MAPS_PER_SIMULATION, size_in_words


@dataclass(frozen=True)
class SetReport:
    """What was found of a set.

    Attributes
    ----------
    words
        What it is, in words.
    side
        (y, x) of a map, where that is known before the run.
    n_channels
        Channels that a network reads of it.
    contents
        What its files hold; None where they are made or fetched in the run, or could not be read.
    labels
        Of its simulations; None where there are none, or could not be read.
    labels_path
        The file of them.
    maps_per_simulation
        Consecutive maps of one simulation.
    bands
        Of its images, in the order of the files; none of maps of one.
    rows
        Of a suite of a function, the rows of its table; of a large one, the first.
    seconds
        Of one core that an object of it takes.
    """

    words: str
    side: tuple[int, int] | None = None
    n_channels: int = 1
    contents: Contents | None = None
    labels: Labels | None = None
    labels_path: str = ""
    maps_per_simulation: int = MAPS_PER_SIMULATION
    bands: tuple[str, ...] = ()
    rows: tuple[Mapping[str, float | int | str], ...] = ()
    seconds: float = 0.0

    def places_of(self, channels: Sequence[str], fields: Sequence[str]) -> list[int]:
        """Return where its contents, looked at in some fields, have the channels that a model reads, in its order."""
        held = [f"{field}-{band}" if band else field for field in fields for band in self.bands or ("",)]
        return [held.index(channel) for channel in channels]


def has_sets(study: Study, suite: str) -> bool:
    """Return whether a suite may have several sets; one of the user's files has, where their paths have {set}."""
    entry = study.suites[parent_of(study, suite)]
    return not isinstance(entry, Files) or any("{set}" in path for path in (*entry.maps.values(), entry.labels or ""))


def set_report(study: Study, suite: str, set_name: str, *, fields: Sequence[str], problems: Problems) -> SetReport:
    """Look at the files of a set in some fields, as far as they are there; what is wrong with them is noted."""
    parent, entry = parent_of(study, suite), study.suites[suite]
    if isinstance(entry, Derived):
        return changed_report(set_report(study, parent, set_name, fields=fields, problems=problems), parent, entry)
    if entry.provider == "mock":
        return _simulated(study, suite, set_name, fields=fields)
    if isinstance(entry, Cmd):
        return _of_cmd(study, suite, set_name, fields=fields, problems=problems)
    contents: Contents | None = None
    labels, each = "", MAPS_PER_SIMULATION
    with problems.gathering():
        if isinstance(entry, Files):
            labels, each = (entry.labels or "").replace("{set}", set_name), entry.maps_per_simulation
            places = [entry.maps[field].replace("{set}", set_name) for field in fields]
            bands = bands_of(study, suite)
            contents = stacked([contents_of(one, bands=bands, maps_per_simulation=each) for one in places])
        else:
            labels = local_file(study, "parameters", suite, set_name=set_name)
            places = [local_file(study, "maps", suite, set_name=set_name, field=field) for field in fields]
            contents = stacked([contents_in_place(one, maps_per_simulation=each) for one in places])
    held = _with_labels(contents, labels, maps_per_simulation=each, problems=problems)
    return replace(held, bands=bands_of(study, suite))


def changed_report(source: SetReport, parent: str, entry: Derived) -> SetReport:
    """Say what is made from a set of the suite `parent`."""
    return replace(source, words=f"made from {parent}: {entry.condition}", contents=None)


def _simulated(study: Study, suite: str, set_name: str, *, fields: Sequence[str]) -> SetReport:
    """Say what a mock suite will simulate."""
    mock, size = study.maps.mock, size_of(study, suite, set_name, field=fields[0])
    if mock is None or size is None:
        return SetReport("to be simulated", n_channels=len(fields))
    side = (mock.size, mock.size)
    words = f"{counted(size.n_simulations, 'simulation')} of {size.maps_per_simulation} maps of {size_in_words(side)}"
    return SetReport(f"{words}, to be simulated", side, n_channels=len(fields))


def _of_cmd(study: Study, suite: str, set_name: str, *, fields: Sequence[str], problems: Problems) -> SetReport:
    """Look at files of CMD where they were fetched before; else say that they will be."""
    directory = Path(study.maps.cmd.directory if study.maps.cmd else "")
    names = {"suite": suite, "set_name": set_name}
    listed = [paths_in_copy(study.catalogue, "parameters", **names)]
    listed += [paths_in_copy(study.catalogue, "maps", **names, field=field) for field in fields]
    parameters, *maps = (
        next((str(directory / one) for one in places if (directory / one).is_file()), "") for places in listed
    )
    each, side = study.catalogue.maps_per_simulation, (study.catalogue.pixels,) * 2
    if all(maps):
        contents: Contents | None = None
        with problems.gathering():
            contents = stacked([contents_in_place(one, maps_per_simulation=each) for one in maps])
        return _with_labels(contents, parameters, maps_per_simulation=each, problems=problems)
    size = size_of(study, suite, set_name, field=fields[0])
    known = counted(size.n_simulations, "simulation") if size else "an unknown number of simulations"
    words = f"not fetched yet: {known} of {each} maps of {size_in_words(side)}, by the catalogue"
    return SetReport(words, side, n_channels=len(fields), maps_per_simulation=each)


def _with_labels(contents: Contents | None, path: str, *, maps_per_simulation: int, problems: Problems) -> SetReport:
    """Read the labels of maps that were opened; a table that is missing or does not fit is noted."""
    labels: Labels | None = None
    problems.note(not path or Path(path).is_file(), f"There is no file of labels '{path}'.")
    if contents and Path(path).is_file():
        with problems.gathering():
            labels = labels_of(path, contents, maps_per_simulation=maps_per_simulation)
    if contents is None:
        return SetReport("not readable", labels_path=path, maps_per_simulation=maps_per_simulation)
    n_channels, *_ = contents.shape
    return SetReport(contents.words, contents.shape[1:], n_channels, contents, labels, path, maps_per_simulation)


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
    if len(contents.files) > 1:
        ordered_files(list(contents.files), Path(path))
    return labels
