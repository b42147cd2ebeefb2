"""How far each map is from a reference sample, in a space of features.

References
----------
Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution Samples", arXiv 1807.03888 (Mahalanobis).
Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors", arXiv 2204.06507.
Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", JMA 88, 365.
"""

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


def mahalanobis_distances(features: npt.NDArray[np.floating], reference: npt.NDArray[np.floating]) -> Values:
    r"""Return the distance of maps from the mean of a reference, by its covariance.

    Parameters
    ----------
    features, reference
        (n_maps, n_units) and (n_reference, n_units).

    Returns
    -------
    (n_maps,), dimensionless, 0 or more.

    Raises
    ------
    InputError
        If the reference is constant.

    Notes
    -----
    .. math:: \sqrt{(x - \mu)^T \Sigma^{-1} (x - \mu)}

    with the covariance shrunk to a multiple of the identity, as Ledoit & Wolf have it, so that units may outnumber the
    reference.
    """
    mean = reference.mean(0, dtype=np.float64)
    covariance = shrunk_covariance(reference)
    centred = features - mean
    return np.asarray(np.sqrt(np.maximum((centred * np.linalg.solve(covariance, centred.T).T).sum(1), 0)))


def shrunk_covariance(reference: npt.NDArray[np.floating]) -> Values:
    r"""Return the covariance of a sample (n, n_units), shrunk by Ledoit & Wolf, (n_units, n_units).

    Raises
    ------
    InputError
        If the sample is constant.

    Notes
    -----
    With the covariance S of the d centred units x and :math:`m = \mathrm{tr}(S) / d`,

    .. math:: \Sigma = (1 - a) S + a m I, \qquad
        a = \min\left( 1, \frac{\frac{1}{n} \left( \overline{|x|^4} - \|S\|_F^2 \right)}{\|S\|_F^2 - d m^2} \right).
    """
    centred = np.asarray(reference, dtype=np.float64) - reference.mean(0, dtype=np.float64)
    n, n_units = centred.shape
    covariance = centred.T @ centred / n
    scale = np.trace(covariance) / n_units
    if not scale > 0:
        raise InputError(f"The {n} maps of the reference have the same features: they measure no distance.")
    spread = np.square(covariance).sum() - n_units * scale**2
    noise = (np.square(np.square(centred).sum(1)).sum() / n - np.square(covariance).sum()) / n
    shrinkage = 1.0 if spread <= 0 else min(max(noise / spread, 0.0), 1.0)
    return np.asarray((1 - shrinkage) * covariance + shrinkage * scale * np.eye(n_units))


def neighbour_distances(
    features: npt.NDArray[np.floating],
    reference: npt.NDArray[np.floating],
    *,
    n_neighbours: int,
    apart: npt.NDArray[np.bool_] | None = None,
) -> Values:
    """Return the mean Euclidean distance of maps from the nearest maps of a reference.

    Parameters
    ----------
    features, reference
        (n_maps, n_units) and (n_reference, n_units).
    n_neighbours
        How many are nearest.
    apart
        (n_maps, n_reference): which maps of the reference each may be near; None: all. False where both are of one
        simulation.

    Returns
    -------
    (n_maps,), in the unit of the features.

    Raises
    ------
    InputError
        If a map has fewer maps to be near.
    """
    allowed = np.ones((len(features), len(reference)), dtype=bool) if apart is None else apart
    fewest = int(allowed.sum(1).min())
    if fewest < n_neighbours:
        raise InputError(f"{n_neighbours} nearest maps were asked for; a map has {fewest} of other simulations.")
    offset = reference.mean(0, dtype=np.float64)
    rows, columns = features - offset, reference - offset
    squares = np.square(rows).sum(1)[:, None] + np.square(columns).sum(1) - 2 * rows @ columns.T
    squares = np.where(allowed, np.maximum(squares, 0), np.inf)
    return np.asarray(np.sqrt(np.partition(squares, n_neighbours - 1, axis=1)[:, :n_neighbours]).mean(1))
