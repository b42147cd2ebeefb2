"""Gram matrices of all layers as one array with coordinates."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.gram import Product
from repshift.vocabulary import InputError

Products = dict[str, list[Product]]
"""Of every layer, batch after batch."""


def labelled_grams(
    products: Products, coordinates: Mapping[str, object], doubled: list[str], note: str, *, batched: bool
) -> xr.DataArray:
    """Return the Gram matrices with their coordinates, the relative spread of each among them."""
    spreads = np.array([[one.spread.relative for one in of_layer] for of_layer in products.values()]).T
    grams = _stacked(products)
    attributes: dict[str, Any] = {"units": "1", "long_name": "offset-free linear Gram matrix", "forward_pass": note}
    if doubled:
        attributes["layers_in_double"] = doubled
    gram = xr.DataArray(
        grams if batched else grams[0], dims=list(coordinates), coords=dict(coordinates), attrs=attributes, name="gram"
    )
    dimensions = ("batch", "layer") if batched else ("layer",)
    return gram.assign_coords(relative_spread=(dimensions, spreads if batched else spreads[0]))


def _stacked(products: Products) -> npt.NDArray[np.float64]:
    """Return the Gram matrices (batch, layer, map, map_other), and let go of each once it is in its place."""
    n_batches, side = next((len(one), len(one[0].gram)) for one in products.values())
    shape = (n_batches, len(products), side, side)
    try:
        grams = np.empty(shape)
    except MemoryError as error:
        raise InputError(
            f"Gram matrices of {len(products)} layers over {side} maps, {n_batches} times, take "
            f"{8e-9 * np.prod(shape, dtype=float):.3g} GB, more than there is memory. Use fewer maps or layers."
        ) from error
    for layer, name in enumerate(list(products)):
        for batch, one in enumerate(products.pop(name)):
            grams[batch, layer] = one.gram
    return grams
