"""What the name of a file says of the maps in it, where neither numpy nor a file is at hand."""

from pathlib import Path
from typing import Final

FITS: Final = (".fits", ".fit", ".fts")
HDF5: Final = (".h5", ".hdf5", ".hdf")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
NUMPY: Final = (".npy",)
BAND: Final = "{band}"
"""What stands in the name of a file, or of an array in it, for the name of a band."""

_PACKED: Final = (".gz", ".bz2", ".xz", ".zip", ".z")
"""What may stand behind a suffix of FITS."""

_TILES: Final = ".fz"


def is_packed(path: Path) -> bool:
    """Say whether a file is compressed as a whole."""
    return path.suffix.lower() in _PACKED


def is_fits(path: Path) -> bool:
    """Say whether a name is that of a FITS file, packed or not.

    Examples
    --------
    >>> [is_fits(Path(name)) for name in ("a.fits", "a.FIT.gz", "a.fits.fz", "a.txt.gz")]
    [True, True, True, False]
    """
    suffix = path.suffix.lower()
    inner = Path(path.stem).suffix.lower() if is_packed(path) else suffix
    return inner in FITS or suffix == _TILES


def bare_name(path: Path) -> str:
    """Return the name of a file of an image without the suffixes of its form and packing.

    Examples
    --------
    >>> [bare_name(Path(name)) for name in ("map_1.fits", "map_1.fits.gz", "map_1.fits.fz", "map_1.5.fit", "map_1.png")]
    ['map_1', 'map_1', 'map_1', 'map_1.5', 'map_1']
    """
    name = path.stem if is_packed(path) or path.suffix.lower() == _TILES else path.name
    return Path(name).stem if Path(name).suffix.lower() in (*FITS, *PICTURES, *NUMPY) else name


def split_name(source: str) -> tuple[str, str | None]:
    """Return a file or folder, and the name of an array in it, which stands behind a colon; of a folder behind ``/:``.

    Examples
    --------
    >>> split_name("maps.h5:simba/T"), split_name("maps.fits"), split_name("odd:name/maps.fits")
    (('maps.h5', 'simba/T'), ('maps.fits', None), ('odd:name/maps.fits', None))
    >>> split_name("cutouts/:SCI"), split_name("cutouts/")
    (('cutouts/', 'SCI'), ('cutouts/', None))
    """
    file, colon, name = source.rpartition(":")
    is_named = colon and (file.endswith("/") or is_fits(Path(file)) or Path(file).suffix.lower() in (".npz", *HDF5))
    return (file, name) if is_named else (source, None)
