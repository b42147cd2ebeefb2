"""The channels of an attribution: a map that is of all of them together is shared out."""

from torch import Tensor


def of_channels(values: Tensor, n_channels: int) -> Tensor:
    """Return attributions with a map for each channel; one for all is shared out evenly, so that sums stay.

    Parameters
    ----------
    values
        (n_outputs, n_maps, channels, y, x), of as many channels as the maps or of one.
    n_channels
        Of the maps.
    """
    if values.shape[2] == n_channels:
        return values
    return (values / n_channels).expand(-1, -1, n_channels, -1, -1)
