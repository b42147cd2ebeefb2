"""What trains the networks of the examples: images as a network reads them, their symmetries, weights with provenance.

The objects are drawn by the seed of their suite, as a run would make them, but stay in memory.
"""

import hashlib
import json
import platform
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.cli.processes import mapped
from repshift.networks.channels import Moments
from repshift.networks.preprocessing import standardise
from repshift.simulation.columns import Value
from repshift.storage.files import replacing
from repshift.storage.generators import Generator, objects_once
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.generation import function_suite, generator_of
from repshift.study.preparations import preparations
from repshift.vocabulary import InputError

Images = npt.NDArray[np.float32]

Row = dict[str, Value]
"""Parameters and labels of an object."""


def draw_images(
    study: Study, model: str, set_name: str, *, n_objects: int | None = None, processes: int = 1
) -> tuple[Images, list[Row]]:
    """Draw the objects of a set of a model's suite, and prepare their images as the model reads them.

    Parameters
    ----------
    study
        The configuration; the suite of the model is made by a function.
    model, set_name
        Whose suite, and which of its sets.
    n_objects
        Number of objects, the first of the set; None: all.
    processes
        Objects drawn at a time; changes no result.

    Returns
    -------
    images
        (n_objects, band, y, x) float32, after the preprocessing of the model.
    rows
        (n_objects,) parameters and labels.

    Raises
    ------
    InputError
        The suite has no such set, or is made by no function; and as the generator.
    """
    entry = study.models[model]
    suite = function_suite(study, entry.suite)
    held = suite.sets.get(set_name)
    if not isinstance(held, int):
        raise InputError(f"suites.{entry.suite}.sets has no number of objects of '{set_name}', which trains '{model}'.")
    number = n_objects or held
    images, rows = np.empty((number, len(suite.channels), *suite.sides), np.float32), []
    with mapped(
        partial(_made, generator_of(study, entry.suite), set_name), range(number), processes, at_once=32
    ) as made:
        for index, (image, row) in enumerate(made):
            images[index] = image
            rows.append(row)
    named = zip(channels_of(study, model), preparations(study, model), strict=True)
    for channel, (name, preparation) in enumerate(named):
        moments = Moments(*entry.preprocessing.moments_of(channel))
        for part in np.array_split(images, max(1, number // 500)):
            part[:, channel] = standardise(part[:, channel], name, moments=moments, preprocessing=preparation.chosen)
    return images, rows


def turned(images: Tensor, number: int) -> Tensor:
    """Return square images (..., y, x) under one of the eight symmetries of a square, 0 to 7: the sky has no up."""
    images = torch.rot90(images, number % 4, (-2, -1))
    return images.flip(-1) if number >= 4 else images


def ranges(generator: Generator) -> dict[str, list[Value]]:
    """Return the range of each parameter of a generator, or its values, as the provenance of weights has them."""
    return {one.name: list(one.values or (one.low, one.high)) for one in generator.columns}


def write_weights(network: nn.Module, path: Path, provenance: dict[str, Any]) -> None:
    """Write the state dict of a network, and beside it a .json: its provenance, the versions, the checksum."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        torch.save(network.state_dict(), file)
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    known = {**provenance, "versions": versions, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def _made(generator: Generator, set_name: str, index: int) -> tuple[Images, Row]:
    """Return the image of an object, and its row."""
    objects = objects_once(generator)
    return objects.maps(set_name, index), objects.row(set_name, index)
