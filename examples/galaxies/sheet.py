"""Draw cut-outs of every suite of pictures.yaml beside each other.

From the root of the repository:
``python -m galaxies.sheet examples/galaxies/pictures.yaml docs/images/pictures_cutouts.png``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from repshift.storage.generators import objects_of
from repshift.study.configuration import Study
from repshift.study.generation import generator_of
from repshift.study.reading import read_study, read_yaml

SET: Final = "LH"
COLUMNS: Final = 14
GAP: Final = 2  # pixels between cut-outs


def row_of(study: Study, suite: str, numbers: Sequence[int]) -> np.ndarray:
    """Return the pictures of some objects of a suite side by side, (y, x, 3) of 8 bits."""
    objects = objects_of(generator_of(study, suite))
    pictures = [objects.maps(SET, number).transpose(1, 2, 0) for number in numbers]
    return np.hstack([np.pad(one, ((0, 0), (0, GAP), (0, 0)), constant_values=255) for one in pictures]).astype(
        np.uint8
    )


def sheet(study: Study, *, columns: int = COLUMNS) -> Figure:
    """Return a figure with a row a suite. Real galaxies are spread over the catalogue; twins show the same galaxies."""
    tables = {suite: objects_of(generator_of(study, suite)).tables for suite in study.suites}
    numbers = {suite: len(held[SET]) for suite, held in tables.items() if SET in held}
    rows = {suite: list(range(0, number, number // columns))[:columns] for suite, number in numbers.items()}
    rows |= {suite: list(range(columns)) for suite in study.suites if suite not in numbers}
    figure, axes = plt.subplots(len(rows), 1, figsize=(0.62 * columns + 1.3, 0.66 * len(rows)), layout="constrained")
    for axis, (suite, shown) in zip(axes, rows.items(), strict=True):
        axis.imshow(row_of(study, suite, shown), interpolation="nearest")
        axis.set_ylabel(suite, rotation=0, ha="right", va="center")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    return figure


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configuration", type=Path, help="pictures.yaml")
    parser.add_argument("output", type=Path, help="file of the figure")
    given = parser.parse_args()
    study = read_study(read_yaml(given.configuration), files=[given.configuration])
    sheet(study).savefig(given.output, dpi=110, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
