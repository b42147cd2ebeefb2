"""Errors of a network in distribution, from the file of its predictions there: what others are measured by."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.case.grams import read_case
from repshift.vocabulary import InputError


def errors_at_home(path: Path, case: OpenCase, outputs: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the root mean squared error of some outputs over all maps of the model's own domain, (outputs,).

    NaN of an output whose true values are not known.

    Raises
    ------
    InputError
        If the file holds no predictions, or they are of another model, or of another domain.
    """
    own = read_case(path)
    is_of_model = own.attrs["weights_sha256"] == case.description.sha256 and "level" not in own.dims
    if not is_of_model or own.attrs["in_distribution"] != "true":
        raise InputError(
            f"{path} is of model '{own.attrs['model']}' shown '{own.attrs['domain']}'. Expected predictions of "
            f"'{case.model}', of the same weights, in distribution."
        )
    if "truth" not in own:
        return np.full(len(outputs), np.nan)
    error = (own["mean"] - own["truth"]).sel(parameter=list(outputs)).to_numpy()
    return np.asarray(np.sqrt(np.square(error).mean(axis=0)))
