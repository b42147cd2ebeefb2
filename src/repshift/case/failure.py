"""What a shift costs: the loss of accuracy from the predictions of a case and of the model's own domain."""

from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.classes import class_places
from repshift.statistics.class_outputs import log_loss_difference
from repshift.statistics.outputs import error_ratio
from repshift.vocabulary import CLASS_RESPONSE, RESPONSE

_SPLIT: Final = "maps of the whole split, out of distribution"


def failure(shown: xr.Dataset, own: xr.Dataset) -> dict[str, Any]:
    """Return the loss of accuracy of each parameter, of the whole split; nothing where a side has no truth.

    It is the logarithm of the ratio of the errors, NaN where a side has none, or of a classifier the difference of the
    log losses.
    """
    if not all("truth" in side for side in (shown, own)):
        return {}
    if "probability" in shown:
        return _of_classes(shown, own)
    errors = [(side["mean"] - side["truth"]).to_numpy().astype(np.float64) for side in (shown, own)]
    squares = np.stack([np.square(error).mean(0) for error in errors])
    known = (np.isfinite(squares) & (squares > 0)).all(0)
    response = np.full(len(known), np.nan)
    response[known] = error_ratio(*(error[:, known] for error in errors))
    counts = np.full(len(known), shown.sizes["map"])
    text = "logarithm of the ratio of the root mean squared errors, out over in distribution, of the whole split"
    return {
        RESPONSE: ("parameter", response, {"units": "1", "long_name": text}),
        "n_maps": ("parameter", counts, {"units": "1", "long_name": _SPLIT}),
    }


def _of_classes(shown: xr.Dataset, own: xr.Dataset) -> dict[str, Any]:
    """Return what the shift costs a classifier."""
    known, own_known = (side["probability"].to_numpy() for side in (shown, own))
    response = log_loss_difference(class_places(shown), known, truth_in=class_places(own), inside=own_known)
    text = "log loss, out less in distribution, of the whole split, in nats"
    return {
        CLASS_RESPONSE: ("parameter", np.array([response]), {"units": "1", "long_name": text}),
        "n_maps": ("parameter", np.array([shown.sizes["map"]]), {"units": "1", "long_name": _SPLIT}),
    }
