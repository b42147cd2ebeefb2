"""A set of simulations: a file of maps a channel, with what was measured of it, and the labels of the simulations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.networks.channels import MapFunction, Moments
from repshift.networks.preprocessing import standardise
from repshift.storage.functions import Constructor, functions_by_name
from repshift.storage.labels import read_parameters
from repshift.storage.maps import maps_a_piece, open_maps
from repshift.storage.measurement import Measurement, read_measured
from repshift.vocabulary import PARAMETERS, InputError, size_in_words

Positions = npt.NDArray[np.int64]
Paths = Path | Sequence[Path]
"""A file a channel; the file alone where there is one."""


@dataclass(frozen=True)
class MapFile:
    """A file of maps: one channel of a set of simulations, or of a slice of it.

    Attributes
    ----------
    path
        The file.
    maps
        (n_rows, y, x): every map of the set, or those of `measured.simulations`.
    measured
        What is known of the file.
    function
        The user's own function that `measured.preprocessing` names; None where it names none.
    """

    path: Path
    maps: npt.NDArray[np.float32]
    measured: Measurement
    function: MapFunction | None = None

    def raw(self, positions: Positions) -> npt.NDArray[np.float32]:
        """Return the maps at `positions` of the whole set as they are in the file, (n_maps, y, x).

        Raises
        ------
        InputError
            If a map is not in the slice; names file and map.
        """
        return np.array(self.maps[rows_of(positions, measured=self.measured, path=self.path)])

    def standardise(self, positions: Positions, moments: Moments, into: npt.NDArray[np.float32]) -> None:
        """Write the maps at `positions` as a network takes them into an array (n_maps, y, x).

        Raises
        ------
        InputError
            If a pixel has no logarithm, or a map is not in the slice; names file and map.
        """
        rows = rows_of(positions, measured=self.measured, path=self.path)
        step = maps_a_piece(self.measured.size)
        for piece in (slice(start, start + step) for start in range(0, len(positions), step)):
            into[piece] = self.prepared(self.maps[rows[piece]], positions[piece], moments)

    def prepared(
        self, maps: npt.NDArray[np.floating], positions: Positions, moments: Moments
    ) -> npt.NDArray[np.float32]:
        """Return maps (n_maps, y, x), as they are in the file or changed, as a network takes them.

        `positions` are those of the maps that they are made from, for the message.

        Raises
        ------
        InputError
            If a pixel has no logarithm; names file and map.
        """
        try:
            return standardise(
                maps,
                self.measured.field,
                moments=moments,
                preprocessing=self.measured.preprocessing,
                positions=positions,
                function=self.function,
            )
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from error


@dataclass(frozen=True)
class Simulations:
    """A set of simulations, or a slice of one, in the channels that a network reads.

    Attributes
    ----------
    channels
        A file of maps each, of the same simulations and of one size.
    parameters
        (n_simulations, n_labels), of the whole set; no column where there are no labels.
    labels
        Names of the columns of `parameters`.
    unusable
        Why other columns of the table are no labels, by their names.
    """

    channels: tuple[MapFile, ...]
    parameters: npt.NDArray[np.float64]
    labels: tuple[str, ...] = tuple(PARAMETERS)
    unusable: Mapping[str, str] = field(default_factory=dict)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What is known of each file."""
        return tuple(channel.measured for channel in self.channels)

    @property
    def names(self) -> str:
        """The files of maps, for a message."""
        return ", ".join(str(channel.path) for channel in self.channels)

    @property
    def moments(self) -> tuple[Moments, ...]:
        """Mean and standard deviation of all pixels of each channel, once prepared."""
        return tuple(one.moments for one in self.measured)

    @property
    def size(self) -> tuple[int, int]:
        """Pixels (y, x) of a map."""
        return self.measured[0].size

    @property
    def n_simulations(self) -> int:
        """Simulations of the whole set."""
        return self.measured[0].n_simulations

    @property
    def maps_per_simulation(self) -> int:
        """Consecutive maps of one simulation."""
        return self.measured[0].maps_per_simulation

    @property
    def sha256(self) -> str:
        """Checksums of the files, between spaces; of one that was not read whole nothing."""
        return " ".join(one.sha256 for one in self.measured)

    def raw(self, positions: Positions) -> npt.NDArray[np.float32]:
        """Return the maps at `positions` of the whole set as they are in their files, (n_maps, n_channels, y, x).

        Raises
        ------
        InputError
            If a map is not in the slice; names file and map.
        """
        return np.stack([channel.raw(positions) for channel in self.channels], axis=1)

    def standardised(self, positions: Positions, moments: Sequence[Moments]) -> npt.NDArray[np.float32]:
        """Return the maps at `positions` of the whole set as a network takes them, (n_maps, n_channels, y, x).

        `moments` are of each channel.

        Raises
        ------
        InputError
            If a pixel has no logarithm, or a map is not in the slice; names file and map.
        """
        inputs = np.empty((len(positions), len(self.channels), *self.size), dtype=np.float32)
        for number, (channel, of_channel) in enumerate(zip(self.channels, moments, strict=True)):
            channel.standardise(positions, of_channel, inputs[:, number])
        return inputs

    def prepared(
        self, maps: npt.NDArray[np.floating], positions: Positions, moments: Sequence[Moments]
    ) -> npt.NDArray[np.float32]:
        """Return maps (n_maps, n_channels, y, x), changed after they were read, as a network takes them.

        Arguments and errors as of `MapFile.prepared`, `moments` of each channel.
        """
        inputs = np.empty(maps.shape, dtype=np.float32)
        for number, (channel, of_channel) in enumerate(zip(self.channels, moments, strict=True)):
            inputs[:, number] = channel.prepared(maps[:, number], positions, of_channel)
        return inputs


def rows_of(positions: Positions, *, measured: Measurement, path: Path) -> Positions:
    """Return the rows in a file, which may be a slice, of the maps at `positions` of the whole set.

    Raises
    ------
    InputError
        If the file does not hold one of their simulations; names both.
    """
    if measured.simulations is None:
        return positions
    rows = np.full(measured.n_simulations, -1)
    rows[list(measured.simulations)] = np.arange(len(measured.simulations))
    simulations, within = np.divmod(positions, measured.maps_per_simulation)
    missing = simulations[rows[simulations] < 0]
    if len(missing):
        raise InputError(
            f"{path} does not hold simulation {missing[0]}: it is a slice of {len(measured.simulations)} simulations. "
            "Fetch a slice of the split that is asked for."
        )
    return np.asarray(rows[simulations] * measured.maps_per_simulation + within)


@dataclass(frozen=True)
class SimulationFiles:
    """The files of a set of simulations: the arguments of `open_simulations`."""

    maps: Paths
    parameters: Path | None
    measured: Paths
    functions: Sequence[Constructor] = ()

    def open(self) -> Simulations:
        """Open them; errors as `open_simulations`."""
        return open_simulations(self.maps, self.parameters, self.measured, functions=self.functions)


def open_simulations(
    maps: Paths, parameters: Path | None, measured: Paths, *, functions: Sequence[Constructor] = ()
) -> Simulations:
    """Open a set of simulations, or a slice of one.

    Parameters
    ----------
    maps, measured
        A file a channel, and what was measured of each, in the same order.
    parameters
        Labels of the simulations; None: they have none.
    functions
        The user's own functions that maps are prepared by.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    InputError
        As for each of the files; if one is of other maps, or if channels differ in size or simulations.
    """
    listed = [_listed(maps), _listed(measured)]
    if len(listed[0]) != len(listed[1]):
        raise InputError(
            f"{len(listed[0])} files of maps and {len(listed[1])} of what was measured: a channel needs both."
        )
    known = functions_by_name(functions)
    channels = tuple(_open_measured(path, of_path, known) for path, of_path in zip(*listed, strict=True))
    _require_alike(channels)
    found = channels[0].measured
    if parameters is None:
        return Simulations(channels, np.empty((found.n_simulations, 0)), ())
    labels = read_parameters(
        parameters, n_maps=found.n_maps, maps_path=channels[0].path, maps_per_simulation=found.maps_per_simulation
    )
    return Simulations(channels, labels.values, labels.names, labels.unusable)


def _listed(paths: Paths) -> list[Path]:
    return [paths] if isinstance(paths, Path) else list(paths)


def _require_alike(channels: Sequence[MapFile]) -> None:
    """Refuse channels that cannot be of the same maps: they differ in size, in number, or in a slice's simulations."""
    first = channels[0]
    for one in channels[1:]:
        if one.measured.size != first.measured.size:
            raise InputError(
                f"{one.path} holds maps of {size_in_words(one.measured.size)}, but {first.path} of "
                f"{size_in_words(first.measured.size)}. The channels of a network have one size."
            )
        for name in ("n_maps", "maps_per_simulation", "simulations"):
            held, expected = getattr(one.measured, name), getattr(first.measured, name)
            if held != expected:
                raise InputError(
                    f"{one.path} and {first.path} are of different simulations: {name} is {held!s:.60} and "
                    f"{expected!s:.60}. The channels of a network are of the same ones."
                )


def _open_measured(maps: Path, measured: Path, functions: Mapping[str, MapFunction]) -> MapFile:
    """Open a file of maps with what was measured of it, and refuse another file."""
    found = read_measured(measured)
    opened = open_maps(maps, maps_per_simulation=found.maps_per_simulation)
    n_rows = found.n_maps if found.simulations is None else found.maps_per_simulation * len(found.simulations)
    if opened.shape != (n_rows, *found.size):
        part = "" if found.simulations is None else f", of which its file holds {n_rows}"
        raise InputError(
            f"{maps} has shape {opened.shape}, but {measured} was measured of {found.n_maps} maps of "
            f"{size_in_words(found.size)}{part}."
        )
    return MapFile(maps, opened, found, functions.get(found.preprocessing.function))
