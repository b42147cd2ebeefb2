"""The attribution of a shift, in parts with their intervals: by environment, scale, pixel value, channel and layer."""

import xarray as xr

from repshift.evidence.attribution.arrays import AttributedShift


def shift_numbers(found: AttributedShift, *, n_resamples: int, seed: int) -> xr.Dataset:
    """Return the whole Dataset of a shift but for the coordinates of its maps and its attributes.

    Parameters
    ----------
    found
        What was run.
    n_resamples, seed
        Of the bootstrap by simulation. With fewer than ten simulations no number has ends: they are NaN.

    Returns
    -------
    Variables of `repshift.evidence.attribution.quantities.SHIFT_QUANTITIES`. The parts by environment, scale, pixel
    value or channel each add up, with ``remainder``, to ``shift``.
    """
    raise NotImplementedError
