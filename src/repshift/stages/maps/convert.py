"""Action of the stage maps on maps in another form than CMD's: ``run``.

Output: a ``.npy`` of all maps of one channel, (n_maps, y, x) float32.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.storage.file_order import ordered_files
from repshift.storage.images import image_files, open_images
from repshift.storage.maps import maps_a_piece, writing_maps
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--source", required=True, help="file or folder of images; file:NAME, folder/:NAME of an array or extension"
    )
    parser.add_argument("--bands", nargs="+", default=[], help="bands that each image holds, in their order")
    parser.add_argument("--band", help="which of them to write")
    parser.add_argument("--labels", type=Path, help=".csv of labels, a row a map; a column may name the files")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")


def run(
    *,
    source: str | Path,
    output: Path,
    labels: Path | None = None,
    bands: Sequence[str] = (),
    band: str | None = None,
) -> None:
    """Write a band of the images of a file, or of all files of a folder, as one file of maps.

    The files of a folder stand in the order of the labels, where these name them, else in that of their names.

    Raises
    ------
    InputError
        If images differ in size or have other bands, a file of several is a cube and no bands are named, the order of
        files is not known and labels go by it, or `band` is none of the bands.
    """
    if (band is None) != (not bands) or (band is not None and band not in bands):
        raise InputError(f"The band is '{band}', of the bands {', '.join(bands) or 'none'}. Expected one of them.")
    paths, name = image_files(str(source))
    images = open_images(ordered_files(paths, labels), name, bands=bands)
    with writing_maps(output, n_simulations=images.n_maps, size=images.size, maps_per_simulation=1) as append:
        for piece in images.pieces(maps_a_piece(images.size), band=0 if band is None else bands.index(band)):
            append(piece)
    if images.quantised:
        logger.warning(
            "%s: rounded when it was compressed, as %d files are: small values come back as zeros, which have no "
            "logarithm. Compress without quantisation, or leave the logarithm out.",
            images.quantised[0],
            len(images.quantised),
        )
    logger.info("%s: %d maps of %d files", output, images.n_maps, len(images.files))
