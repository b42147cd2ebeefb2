"""Layers of known CKA, to try the statistics on.

Layers are linear and Gaussian, so the truth is known: X_l = a_l Z + sqrt(1 - a_l^2) Z_l, all Z with one covariance S,
has Cov(X_l, X_m) = a_l a_m S and Var(X_l) = S, so CKA = |Cov|^2 / (|Var_l| |Var_m|) = (a_l a_m)^2. Features have equal
scales, or falling ones (a few directions dominate). Maps of a simulation correlate by 0.8, where there are several.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

WITHIN = 0.8
SPECTRA = {"equal": np.ones(100), "falling": np.arange(1, 101) ** -0.75}
CKA = {
    "independent": np.zeros(12),
    "graded": np.linspace(0.1, 0.9, 12),
    "block": np.array([0.25, 0.25, *[0.9] * 10]),
}
LAYERS = np.array([0.2, 0.4, 0.6, 0.8])


def maps(rng: np.random.Generator, simulations: npt.NDArray[np.int64], spectrum: Array) -> Array:
    """Return Gaussian maps (n_maps, features), alike within a simulation where it has several."""
    shape = (len(simulations), len(spectrum))
    own, shared = rng.normal(size=shape), rng.normal(size=shape)[simulations]
    several = len(set(simulations.tolist())) < len(simulations)
    return (np.sqrt(WITHIN) * shared + np.sqrt(1 - WITHIN) * own if several else own) * spectrum


def layers(rng: np.random.Generator, squares: Array, simulations: npt.NDArray[np.int64], spectrum: Array) -> Array:
    """Return representations (layers, n_maps, features) of squared loadings a_l^2."""
    common = maps(rng, simulations, spectrum)
    return np.stack([np.sqrt(a) * common + np.sqrt(1 - a) * maps(rng, simulations, spectrum) for a in squares])


def gram_stack(representations: Array) -> Array:
    """Return the Gram matrices (layers, n_maps, n_maps)."""
    return np.asarray(representations @ representations.swapaxes(1, 2))
