"""The true classes of the maps of a case, as a file of predictions holds them."""

import numpy as np
import numpy.typing as npt
import xarray as xr


def class_places(predictions: xr.Dataset) -> npt.NDArray[np.int64]:
    """Return the place of the true class of each map of a file of predictions, (n_maps,)."""
    places = {str(name): place for place, name in enumerate(predictions["class"].to_numpy())}
    return np.array([places[str(name)] for name in predictions["truth"].to_numpy()], dtype=np.int64)
