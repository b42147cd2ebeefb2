"""A sheet of cut-outs: the same objects in every suite of config.yaml, lenses above, galaxies below.

From the root of the repository: ``PYTHONPATH=src:examples python -m lenses.sheet docs/images/lenses_cutouts.png``.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lenses.network import CLASSES
from lenses.train import HERE, MODEL
from repshift.simulation.objects import Objects
from repshift.storage.generators import objects_of
from repshift.study.generation import generator_of
from repshift.study.preparations import preparations
from repshift.study.reading import read_study, read_yaml

SET = "LHT"
N_EACH = 2
"""Objects of each kind."""

N_LOOKED_AT = 200
"""Objects of the set that these are chosen of."""

FAINTEST = 4.5
"""By how many magnitudes a source may be fainter than the galaxy before it."""

BRIGHTEST = 4.0
"""Where a picture is white: about 27 times the softening."""


def picture(image: npt.NDArray[np.float32], softening: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return an image (3, y, x) of g, r, i in red, green and blue, (y, x, 3): its arcsinh, as the network reads it."""
    stretched = np.arcsinh(image / np.reshape(softening, (3, 1, 1))) / BRIGHTEST
    return np.asarray(np.clip(np.moveaxis(stretched[::-1], 0, -1), 0, 1))


def chosen(objects: Objects) -> list[int]:
    """Return the objects of each kind with the largest Einstein radii, among those of bright sources, lenses first."""
    found = []
    for kind in reversed(CLASSES):
        drawn = {number: objects.parameters(SET, number) for number in range(N_LOOKED_AT)}
        seen = [number for number, one in drawn.items() if one["kind"] == kind and fainter_by(one) < FAINTEST]
        found += sorted(seen, key=lambda number: -float(drawn[number]["einstein_radius"]))[:N_EACH]
    return found


def fainter_by(parameters: Mapping[str, Any]) -> float:
    """Return by how many magnitudes of i the source is fainter than the galaxy in the centre."""
    return float(parameters["source_magnitude"] - parameters["lens_magnitude"])


def sheet(configuration: Path) -> Figure:
    """Return a figure of a column a suite and a row an object; twins show the same objects."""
    study = read_study(read_yaml(configuration), files=[configuration])
    softening = [float(one.chosen.arcsinh or 1) for one in preparations(study, MODEL)]
    suites = list(study.suites)
    figure, axes = plt.subplots(2 * N_EACH, len(suites), figsize=(1.5 * len(suites), 3.1 * N_EACH))
    for column, suite in zip(axes.T, suites, strict=True):
        objects = objects_of(generator_of(study, suite))
        column[0].set_title(suite, fontsize=9)
        for ax, number in zip(column, chosen(objects), strict=True):
            ax.imshow(picture(objects.maps(SET, number), softening), origin="lower")
            ax.set(xticks=[], yticks=[])
    for ax, kind in zip(axes[::N_EACH, 0], reversed(CLASSES), strict=True):
        ax.set_ylabel(kind, fontsize=9)
    figure.tight_layout(pad=0.3)
    return figure


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="file of the picture")
    sheet(HERE / "config.yaml").savefig(parser.parse_args().output, dpi=75, metadata={"Software": None})


if __name__ == "__main__":
    main()
