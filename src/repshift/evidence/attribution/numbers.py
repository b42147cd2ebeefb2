"""The numbers of an attributed case with their intervals."""

import xarray as xr

from repshift.evidence.attribution.arrays import AttributedMaps


def attribution_numbers(
    found: AttributedMaps, *, n_resamples: int, seed: int, home: xr.Dataset | None = None
) -> xr.Dataset:
    """Return the whole Dataset of a case but for the coordinates of its maps and its attributes.

    Parameters
    ----------
    found
        What was run.
    n_resamples, seed
        Of the bootstrap by simulation. With fewer than ten simulations no number has ends: they are NaN.
    home
        The same Dataset of the model's own domain, with the coordinate ``simulation`` of its maps, where the case is
        out of distribution.

    Returns
    -------
    Variables of `repshift.evidence.attribution.quantities.MAP_QUANTITIES`.

    Raises
    ------
    InputError
        If the home Dataset has other methods, outputs, environments or scales.
    """
    raise NotImplementedError
