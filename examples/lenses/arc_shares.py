"""Do attributions light the arcs? Their share on the pixels of the arcs, beside the same object without a source.

From the root of the repository: ``PYTHONPATH=src:examples python -m lenses.arc_shares arcs.csv``. Each lens of the test
set is made twice, with its source and without, under the same random numbers. The arcs' pixels are known from the
simulation: those where the arcs alone, after the seeing, are brighter than one standard deviation of the sky in g, r or
i. A method that lights the arcs puts a larger share of its map there than there is of the pixels, and of |map -
baseline|; and less of it where the same pixels hold no arc.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from skies.surveys import survey
from torch import nn

import repshift
from lenses.network import CLASSES, finder
from lenses.sky import BANDS, SIZE, arc_light, fluxes, image, observing
from lenses.train import HERE, MODEL
from repshift.networks.channels import Moments
from repshift.networks.preprocessing import standardise
from repshift.statistics.resampling import bootstrap_weights, percentile_interval
from repshift.storage.generators import objects_of
from repshift.study.configuration import Study
from repshift.study.generation import generator_of
from repshift.study.preparations import preparations
from repshift.study.reading import read_study, read_yaml

SET: Final = "LHT"
SUITE: Final = "DES"

METHODS: Final[dict[str, dict[str, Any]]] = {
    "gradient": {"method": "gradient"},
    "integrated gradients": {"method": "integrated_gradients"},
    "occlusion, 8 pixels": {"method": "occlusion"},
    "occlusion, 4 pixels": {"method": "occlusion", "window": 4},
    "Grad-CAM, last, 4 x 4": {"method": "grad_cam"},
    "Grad-CAM, third stage, 8 x 8": {"method": "grad_cam", "layer": "stages.2.1.2:0"},
    "Grad-CAM, second stage, 16 x 16": {"method": "grad_cam", "layer": "stages.1.1.2:0"},
    "Grad-CAM, first layer, 32 x 32": {"method": "grad_cam", "layer": "stem.2:0"},
    "layer CAM, second stage, 16 x 16": {"method": "layer_cam", "layer": "stages.1.1.2:0"},
}
"""What is asked of `repshift.attribute`; layers have so many pixels a side."""

Images = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Lenses, and the same objects without a source.

    Attributes
    ----------
    with_source, without
        (n, band, y, x), as the network reads them.
    arcs
        (n, y, x): which pixels are the arcs'.
    """

    with_source: Images
    without: Images
    arcs: npt.NDArray[np.bool_]


def pairs_of(study: Study, *, n_objects: int) -> Pairs:
    """Make the lenses among the first objects of the test set, each with its source and without."""
    objects = objects_of(generator_of(study, SUITE))
    drawn = {number: objects.parameters(SET, number) for number in range(n_objects)}
    lenses = [number for number, one in drawn.items() if one["kind"] == "lens"]
    with_source, without = (
        prepared(study, np.stack([objects.maps(SET, number, changed=changed) for number in lenses]))
        for changed in ({}, {"kind": "galaxy"})
    )
    return Pairs(with_source, without, np.stack([arc_pixels(drawn[number]) for number in lenses]))


def arc_pixels(parameters: Any) -> npt.NDArray[np.bool_]:  # noqa: ANN401 - parameters of an object, by name
    """Return which pixels (y, x) of a lens its arcs are brighter in than the noise of the sky, in a band or more."""
    seen = observing(survey(SUITE), seeing=parameters["seeing"], exposure=1.0)
    stamp = seen.stamp(SIZE)
    arcs = image(seen, stamp, [(arc_light(stamp, parameters), fluxes(parameters, "source"))])
    noise = np.reshape([seen.sky_sigma(band) for band in BANDS], (-1, 1, 1))
    return np.asarray((arcs > noise).any(axis=0))


def prepared(study: Study, images: Images) -> Images:
    """Return cut-outs (n, band, y, x) as the network reads them."""
    entry = study.models[MODEL].preprocessing
    found = np.empty_like(images)
    for place, (band, how) in enumerate(zip(BANDS, preparations(study, MODEL), strict=True)):
        moments = Moments(*entry.moments_of(place))
        found[:, place] = standardise(images[:, place], band, moments=moments, preprocessing=how.chosen)
    return found


def trained() -> nn.Module:
    """Return the shipped network."""
    network = finder()
    network.load_state_dict(torch.load(HERE / "weights" / "finder.pt", weights_only=True))
    return network.eval()


def shares(values: Values, arcs: npt.NDArray[np.bool_]) -> Values:
    """Return what share of the sizes of maps (n, y, x) lies on the arcs, (n,)."""
    sizes = np.abs(values)
    return np.asarray((sizes * arcs).sum((1, 2)) / sizes.sum((1, 2)))


def rows(network: nn.Module, pairs: Pairs) -> Iterator[dict[str, Any]]:
    """Yield what `summary` says of |map - baseline| and of each method; the baseline is the blank sky, 0.

    Sums over bands are taken before sizes. Gradients are taken as they are.
    """
    images = {"lens": pairs.with_source, "without": pairs.without}
    inputs = {kind: np.abs(maps).sum(1, dtype=np.float64) for kind, maps in images.items()}
    yield {"method": "|map - baseline|", **summary(inputs, inputs, pairs.arcs)}
    for name, how in METHODS.items():
        found = {kind: attributed(network, maps, how) for kind, maps in images.items()}
        yield {"method": name, **summary(found, inputs, pairs.arcs)}


def attributed(network: nn.Module, maps: Images, how: dict[str, Any]) -> Values:
    """Return what a method gives for the log odds of a lens, summed over bands, (n, y, x)."""
    found = repshift.attribute(network, maps, classes=CLASSES, output="lens", **how)
    return np.asarray(found["attribution"].sum("channel").to_numpy(), dtype=np.float64)


def summary(found: dict[str, Values], inputs: dict[str, Values], arcs: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return what of maps (n, y, x) lies on the arcs, with 95 % intervals by object.

    Parameters
    ----------
    found, inputs
        Attributions, and |map - baseline|, of each ``lens`` and of the same object ``without`` its source.
    arcs
        (n, y, x): which pixels are the arcs'.

    Returns
    -------
    ``share`` of the sizes, ``over_pixels`` and ``over_input``: over the shares of pixels and of |map - baseline|; the
    same of objects without a source, ``without`` and ``without_over_input``; ``gain``, the share over that without;
    ``sum`` and ``sum_without``, of the signed maps on the arcs; ``lit``, the share of lenses whose mean on the arcs is
    above that of their other pixels.
    """
    lit, of_input = ({kind: shares(maps, arcs) for kind, maps in one.items()} for one in (found, inputs))
    sums = {kind: (maps * arcs).sum((1, 2)) for kind, maps in found.items()}
    on, off = sums["lens"] / arcs.sum((1, 2)), (found["lens"] * ~arcs).sum((1, 2)) / (~arcs).sum((1, 2))
    ones = np.ones(len(arcs))
    ratios = {
        "share": (lit["lens"], ones),
        "over_pixels": (lit["lens"], arcs.mean((1, 2))),
        "over_input": (lit["lens"], of_input["lens"]),
        "without": (lit["without"], ones),
        "without_over_input": (lit["without"], of_input["without"]),
        "gain": (lit["lens"], lit["without"]),
        "sum": (sums["lens"], ones),
        "sum_without": (sums["without"], ones),
        "lit": ((on > off).astype(np.float64), ones),
    }
    weights = bootstrap_weights(len(arcs), n_resamples=2000, seed=1)
    numbers: dict[str, float] = {}
    for name, (above, below) in ratios.items():
        ends = percentile_interval((weights @ above) / (weights @ below), n_simulations=len(arcs))
        numbers |= {
            name: float(above.mean() / below.mean()),
            f"{name}_low": float(ends.low),
            f"{name}_high": float(ends.high),
        }
    return numbers


def table(n_objects: int) -> pd.DataFrame:
    """Return the shares of every method, of the lenses among so many objects of the test set."""
    configuration = HERE / "config.yaml"
    study = read_study(read_yaml(configuration), files=[configuration])
    return pd.DataFrame(rows(trained(), pairs_of(study, n_objects=n_objects))).set_index("method")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=200, help="objects of the test set, of which half are lenses")
    parser.add_argument("output", type=Path, help="file of the table, .csv")
    given = parser.parse_args()
    table(given.objects).round(3).to_csv(given.output)


if __name__ == "__main__":
    main()
