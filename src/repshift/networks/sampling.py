"""Moments of a file of maps, estimated from a sample of its maps, with their errors."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.networks.channels import UNCHANGED, Moments, Preprocessing
from repshift.networks.moments import require_spread, rounding_of
from repshift.networks.preprocessing import Positions, before_stretch, stretch
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class MomentsError:
    """Standard errors of estimated moments, in dex; 0 where every map was read."""

    mean: float
    std: float


def draw_sample(n_maps: int, n_maps_total: int, *, seed: int) -> npt.NDArray[np.int64]:
    """Draw a simple random sample of a file's maps without replacement: positions (n_maps,), rising."""
    require_sample(n_maps, n_maps_total)
    return np.sort(np.random.default_rng(seed).permutation(n_maps_total)[:n_maps])


def sampled_moments(
    chunks: Iterable[npt.NDArray[np.float32]],
    field: str,
    *,
    positions: Positions,
    n_maps_total: int,
    preprocessing: Preprocessing = UNCHANGED,
) -> tuple[Moments, MomentsError]:
    """Estimate the moments of all pixels of a file from some of its maps, with standard errors.

    Parameters
    ----------
    chunks
        Arrays (n, y, x), the maps at `positions`, piece after piece; one is held at a time.
    field
        Name of the field.
    positions
        (k,) positions in the file of a simple random sample of its maps, without replacement, 2 <= k <= N.
    n_maps_total
        N, the maps of the file.
    preprocessing
        What happens to the maps first.

    Returns
    -------
    Estimates of the moments that `log_moments` gives of the whole file, and their standard errors, in dex.

    Raises
    ------
    InputError
        If a pixel has no logarithm, all pixels are equal, the sample is below 2 maps or above N.

    Notes
    -----
    With m_i the mean and v_i the variance of the pixels of map i, and s_y^2 = sum_i (y_i - mean(y))^2 / (k - 1):

        mean = sum_i m_i / k,              SE(mean)^2 = (1 - k/N) s_m^2 / k
        u_i = v_i + (m_i - mean)^2,        std^2 = sum_i u_i / k
        SE(std) = [(1 - k/N) s_u^2 / k]^(1/2) / (2 std)

    u_i is the mean squared deviation of map i from `mean`. The last line linearises the square root; that u_i holds the
    estimated mean changes nothing to first order. The errors are those of the design, whatever the maps have in common.

    References
    ----------
    Cochran 1977, Sampling Techniques, 3rd edition, chapter 2: the mean of a simple random sample and its error.
    """
    require_sample(len(positions), n_maps_total)
    means, variances, first, n_pixels, floor = [], [], 0, 0, 0.0
    for chunk in chunks:
        within = positions[first : first + len(chunk)]
        values = before_stretch(chunk, field, preprocessing=preprocessing, positions=within)
        floor = max(floor, rounding_of(values, preprocessing))
        values = stretch(values, preprocessing)
        means.append(values.mean(axis=(1, 2)))
        variances.append(values.var(axis=(1, 2)))
        first, n_pixels = first + len(chunk), values[0].size
    of_map = np.concatenate(means)
    squares = np.concatenate(variances) + (of_map - of_map.mean()) ** 2
    require_spread(float(squares.sum()) * n_pixels, len(of_map) * n_pixels, field, floor=floor)
    std = float(np.sqrt(squares.mean()))
    left_out = 1.0 - len(of_map) / n_maps_total
    mean_error, square_error = (float(np.sqrt(left_out * y.var(ddof=1) / len(of_map))) for y in (of_map, squares))
    return Moments(float(of_map.mean()), std), MomentsError(mean_error, square_error / (2.0 * std))


def require_sample(n_sampled: int, n_maps_total: int) -> None:
    """Refuse a sample that has no error, or that is larger than what it is drawn from.

    Raises
    ------
    InputError
        With both numbers.
    """
    if not 2 <= n_sampled <= n_maps_total:
        raise InputError(f"A sample of {n_sampled} of {n_maps_total} maps has no error. Expected 2 to {n_maps_total}.")
