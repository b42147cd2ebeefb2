"""What one reading of a file of maps gives: the ``.json`` beside it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repshift.networks.channels import UNCHANGED, Channel, Moments, Preprocessing
from repshift.storage.files import read_json, write_json
from repshift.vocabulary import MAPS_PER_SIMULATION, Field, InputError, field_of, size_in_words


@dataclass(frozen=True)
class Estimate:
    """How moments were estimated from a sample of the maps.

    Attributes
    ----------
    n_maps
        Maps of the sample.
    seed
        Draws the sample.
    mean_error, std_error
        Standard errors of the moments, in dex.
    """

    n_maps: int
    seed: int
    mean_error: float
    std_error: float


@dataclass(frozen=True)
class Source:
    """The remote file that maps were read from: its address, its size in bytes and what names its version."""

    address: str
    size: int
    validator: str


@dataclass(frozen=True)
class Measurement:
    """What is known of a file of maps.

    Attributes
    ----------
    field
        Name of the field.
    moments
        Of all pixels of the whole set, after the preprocessing, in dex.
    n_maps, size
        Maps of the whole set, also where the file holds a part, and pixels (y, x) of each.
    sha256
        Checksum of the file; empty where it was not read whole.
    preprocessing
        What happens to the maps before they are standardised; the moments are of maps so treated.
    simulations
        The simulations that the file holds, in its order; None: every one.
    estimate
        How the moments were estimated; None: they are those of every map.
    source
        The remote file that the maps were read from; None: they were read on disk.
    maps_per_simulation
        Consecutive maps of one simulation.
    quantity
        What the field is, where it is none of CMD's.
    """

    field: str
    moments: Moments
    n_maps: int
    size: tuple[int, int]
    sha256: str
    preprocessing: Preprocessing = UNCHANGED
    simulations: tuple[int, ...] | None = None
    estimate: Estimate | None = None
    source: Source | None = None
    maps_per_simulation: int = MAPS_PER_SIMULATION
    quantity: Field | None = None

    @property
    def channel(self) -> Channel:
        """The channel of a network that is trained on these maps."""
        return Channel(self.field, self.moments, self.preprocessing)

    @property
    def n_simulations(self) -> int:
        """Simulations of the whole set."""
        return self.n_maps // self.maps_per_simulation


def write_measured(measured: Measurement, path: Path) -> None:
    """Write what was measured of a file of maps; of square maps the pixels along one side."""
    size = measured.size[0] if measured.size[0] == measured.size[1] else measured.size
    write_json(asdict(measured) | {"size": size, "preprocessing": measured.preprocessing.record}, path)


def read_measured(path: Path) -> Measurement:
    """Read what was measured of a file of maps.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the file says something else.
    """
    record = read_json(path)
    try:
        record["moments"] = Moments(**record["moments"])
        size = record["size"]
        height, width = size if isinstance(size, list) else (size, size)
        record["size"] = (height, width)
        kinds = {"preprocessing": Preprocessing, "estimate": Estimate, "source": Source, "quantity": Field}
        for name, kind in kinds.items():
            if record.get(name) is not None:
                record[name] = kind(**as_tuples(record[name]))
        if record.get("simulations") is not None:
            record["simulations"] = tuple(record["simulations"])
        return Measurement(**record)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} does not say what was measured of a file of maps: {error}.") from error


def read_channels(paths: Path | Sequence[Path], field: str) -> tuple[Measurement, ...]:
    """Read what was measured of the channels of a network, and refuse maps of other fields than it reads.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If a file says something else, or the fields are others.
    """
    listed = [paths] if isinstance(paths, Path) else list(paths)
    found = tuple(map(read_measured, listed))
    if field_of(one.field for one in found) != field:
        fields = ", ".join(one.field for one in found)
        raise InputError(
            f"{', '.join(map(str, listed))} was measured of field '{fields}', but the model reads field '{field}'."
        )
    return found


def side_of(channels: Sequence[Measurement]) -> int:
    """Return the pixels along one side of square maps, which the networks of CMD take.

    Raises
    ------
    InputError
        If maps are not square, or differ between channels.
    """
    sizes = {one.size for one in channels}
    height, width = channels[0].size
    if len(sizes) > 1 or height != width:
        words = " and ".join(map(size_in_words, sorted(sizes)))
        raise InputError(f"Maps of field '{channels[0].field}' have {words}. A network of CMD takes square ones.")
    return height


def as_tuples(record: dict[str, Any]) -> dict[str, Any]:
    """Return a section as it was written, whose lists stand for tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
