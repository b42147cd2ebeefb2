"""Action of the stage maps on maps in FITS: ``run``.

Output: a ``.npy`` of all maps, (n_maps, size, size) float32.
"""

import argparse
import logging
from pathlib import Path

from repshift.storage.fits import fits_files, open_image, pieces_of
from repshift.storage.maps import maps_a_piece, writing_maps
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--source", type=Path, required=True, help="FITS file, or folder of FITS files")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")


def run(*, source: Path, output: Path) -> None:
    """Write the maps of a FITS file, or of all in a folder in the order of their names, as one file of maps."""
    shapes = {path: open_image(path).stored.shape for path in fits_files(source)}
    first, (_, size, _) = next(iter(shapes.items()))
    for path, shape in shapes.items():
        if shape[1] != size:
            raise InputError(
                f"{path} holds maps of {shape[1]} pixels a side, but {first} of {size}. "
                "All maps of a set have one size."
            )
    n_maps = sum(shape[0] for shape in shapes.values())
    with writing_maps(output, n_simulations=n_maps, size=size, maps_per_simulation=1) as append:
        for path in shapes:
            for piece in pieces_of(open_image(path), n_maps=maps_a_piece(size)):
                append(piece)
    logger.info("%s: %d maps of %d files", output, n_maps, len(shapes))
