"""What one reading of a file of maps gives: the ``.json`` beside it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from repshift.networks.preprocessing import UNCHANGED, Moments, Preprocessing
from repshift.storage.files import read_json, write_json
from repshift.vocabulary import MAPS_PER_SIMULATION, Field, InputError


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
        Maps of the whole set, also where the file holds a part, and pixels along one side.
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
    size: int
    sha256: str
    preprocessing: Preprocessing = UNCHANGED
    simulations: tuple[int, ...] | None = None
    estimate: Estimate | None = None
    source: Source | None = None
    maps_per_simulation: int = MAPS_PER_SIMULATION
    quantity: Field | None = None

    @property
    def n_simulations(self) -> int:
        """Simulations of the whole set."""
        return self.n_maps // self.maps_per_simulation


def write_measured(measured: Measurement, path: Path) -> None:
    """Write what was measured of a file of maps."""
    write_json(asdict(measured), path)


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
        kinds = {"preprocessing": Preprocessing, "estimate": Estimate, "source": Source, "quantity": Field}
        for name, kind in kinds.items():
            if record.get(name) is not None:
                record[name] = kind(**record[name])
        if record.get("simulations") is not None:
            record["simulations"] = tuple(record["simulations"])
        return Measurement(**record)
    except (KeyError, TypeError, InputError) as error:
        raise InputError(f"{path} does not say what was measured of a file of maps: {error}.") from error
