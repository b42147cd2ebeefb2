r"""Points of a layer in two dimensions: principal components, and t-SNE from there.

Notes
-----
Of representations X (n_maps, n_units), centred over maps, the Gram matrix :math:`X X^T = U \Lambda U^T` has all
distances between maps. The principal coordinates :math:`U \Lambda^{1/2}` are those of principal component analysis,
and keep these distances exactly in at most n_maps - 1 axes. So t-SNE reads them in place of the units.

References
----------
van der Maaten & Hinton 2008, "Visualizing data using t-SNE"; Kobak & Berens 2019, arXiv 1812.06949, on its start.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.declarations import require
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Embedding:
    """A way to place maps in two dimensions: its name, how figures call it, and what its axes are."""

    name: str
    label: str
    axes: tuple[str, str]


PCA: Final = Embedding("pca", "PCA", ("component 1", "component 2"))
TSNE: Final = Embedding("tsne", "t-SNE", ("", ""))

EMBEDDINGS: Final = {one.name: one for one in (PCA, TSNE)}
"""By name."""

START: Final = 1e-4
"""Standard deviation of the first coordinate where t-SNE starts."""

_ROUNDING: Final = 1e-10

Coordinates = npt.NDArray[np.float64]


def embedding_of(name: str) -> Embedding:
    """Return the embedding of a name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return require(name, EMBEDDINGS, what="embedding")


def principal_coordinates(gram: npt.NDArray[np.float64]) -> tuple[Coordinates, Coordinates]:
    """Return the coordinates of maps along principal components, and the share of variance of each.

    Parameters
    ----------
    gram
        (n_maps, n_maps) inner products of representations, centred or not; at least 3 maps.

    Returns
    -------
    (n_maps, n_axes) float64, axes by falling variance, the largest coordinate in size of each positive; (n_axes,) in
    [0, 1]. Axes without variance, as rounding leaves them, are left out; there are two axes at least.

    Raises
    ------
    InputError
        If there are fewer than three maps, a value is not finite, or all maps are alike.
    """
    n = len(gram)
    if n < 3 or not np.isfinite(gram).all():
        raise InputError(f"Principal components of {n} maps: at least 3 are needed, with finite representations.")
    centred = gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean()
    variances, axes = np.linalg.eigh((centred + centred.T) / 2)
    variances, axes = variances[::-1], axes[:, ::-1]
    if variances[0] <= _ROUNDING * np.abs(gram).max():
        raise InputError(f"All {n} maps have the same representation, which has no principal components.")
    kept = max(2, int((variances > _ROUNDING * variances[0]).sum()))
    coordinates = axes[:, :kept] * np.sqrt(np.clip(variances[:kept], 0, None))
    largest = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(kept)]
    return coordinates * np.where(largest < 0, -1, 1), variances[:kept].clip(0) / variances.clip(0).sum()


def neighbour_embedding(coordinates: Coordinates, *, perplexity: float, seed: int) -> Coordinates:
    """Return maps in two dimensions by t-SNE, started from their first two coordinates.

    Parameters
    ----------
    coordinates
        (n_maps, n_axes), of `principal_coordinates`; at least two axes.
    perplexity
        About the number of neighbours that a map is drawn to; at least 2 and below a third of the maps.
    seed
        Of the random numbers; the start leaves little to them.

    Returns
    -------
    (n_maps, 2) float64, in units without meaning.

    Raises
    ------
    InputError
        If the perplexity does not fit the number of maps.
    """
    if not 2 <= perplexity < len(coordinates) / 3:
        raise InputError(
            f"Perplexity {perplexity:g} of t-SNE with {len(coordinates)} maps: choose at least 2 and less than a third "
            "of the maps."
        )
    from sklearn import manifold  # takes a second to import

    scaled = coordinates / np.sqrt((coordinates**2).sum(axis=1).mean())
    start = scaled[:, :2] / scaled[:, 0].std() * START
    found = manifold.TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=seed, n_jobs=1)
    return np.asarray(found.fit_transform(scaled), dtype=np.float64)
