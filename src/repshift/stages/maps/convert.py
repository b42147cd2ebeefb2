"""Action of the stage maps on maps in another form than CMD's: ``run``.

Output: a ``.npy`` of all maps, (n_maps, size, size) float32.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.storage.containers import Container, open_container
from repshift.storage.fits import Image, fits_files
from repshift.storage.labels import ordered_files
from repshift.storage.maps import maps_a_piece, writing_maps
from repshift.storage.names import split_name
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--source", required=True, help="FITS file, folder of them, .npz or HDF5; file:NAME of an array"
    )
    parser.add_argument("--labels", type=Path, help=".csv of labels, a row a map; a column may name the files")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")


def run(*, source: str | Path, output: Path, labels: Path | None = None) -> None:
    """Write the maps of a file, or of all FITS files of a folder, as one file of maps.

    The files of a folder stand in the order of the labels, where these name them, else in that of their names.

    Raises
    ------
    InputError
        If maps differ in size, a file of several is a cube, or the order of files is not known and labels go by it.
    """
    file, name = split_name(str(source))
    paths = ordered_files(fits_files(Path(file)), labels)
    opened = [open_container(path, name) for path in paths]
    _require_alike(opened)
    n_maps, size = sum(one.shape[0] for one in opened), opened[0].shape[1]
    with writing_maps(output, n_simulations=n_maps, size=size, maps_per_simulation=1) as append:
        for one in opened:
            for piece in one.pieces(maps_a_piece(size)):
                append(piece)
    quantised = [one.path for one in opened if isinstance(one, Image) and one.is_quantised]
    if quantised:
        logger.warning(
            "%s: rounded when it was compressed, as %d files are: small values come back as zeros, which have no "
            "logarithm. Compress without quantisation, or leave the logarithm out.",
            quantised[0],
            len(quantised),
        )
    logger.info("%s: %d maps of %d files", output, n_maps, len(opened))


def _require_alike(opened: Sequence[Container]) -> None:
    """Refuse maps of two sizes, and cubes among several files: nothing says whether a cube is of maps or of bands."""
    first = opened[0]
    for one in opened:
        if one.shape[1] != first.shape[1]:
            raise InputError(
                f"{one.path} holds maps of {one.shape[1]} pixels a side, but {first.path} of {first.shape[1]}. "
                "All maps of a set have one size."
            )
        if len(opened) > 1 and one.shape[0] > 1:
            raise InputError(
                f"{one.path} is a cube of {one.shape[0]} images, one of {len(opened)} files. Nothing says whether they "
                "are maps or bands of one object: give one image a file, or one file with a cube of maps."
            )
