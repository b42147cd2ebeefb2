"""What a change of the prepared maps of a network is in the units of the maps in their files."""

from dataclasses import dataclass

from repshift.case.maps import quantity_of
from repshift.networks.channels import Moments
from repshift.storage.measurement import Measurement


@dataclass(frozen=True)
class RawUnit:
    """The unit of a channel of prepared maps.

    Attributes
    ----------
    name
        Of the channel: its field, of images with the band.
    size
        A change of a prepared pixel by 1 in `units`.
    units
        dex where the logarithm is taken, of the arcsinh "1", else the unit of the field.
    """

    name: str
    size: float
    units: str


def raw_unit(measured: Measurement, moments: Moments) -> RawUnit:
    """Return the unit of a channel; a smoothing or the monopole, which come before the moments, are left aside."""
    prepared = measured.preprocessing
    if prepared.logarithm:
        return RawUnit(measured.field, moments.std, "dex")
    if prepared.arcsinh is not None:
        return RawUnit(measured.field, moments.std, "1")
    return RawUnit(measured.field, moments.std * prepared.scale, quantity_of(measured).units)
