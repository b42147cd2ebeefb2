"""Predictions of one parameter along an axis, of simulations of three maps. No test."""

import numpy as np

LABELS = np.repeat(np.arange(50), 3)
STRENGTHS = np.array([0, 0.01, 0.1, 1])
BASE = np.zeros(4, dtype=int)
RESAMPLES = 500


def correlated(rng, n=1):
    """Errors of variance 1, (n, n_maps), correlated by 0.8 within a simulation."""
    return np.sqrt(0.8) * rng.normal(size=(n, 50))[:, LABELS] + np.sqrt(0.2) * rng.normal(size=(n, 150))


def predictions(rng, noise, *, error=0.25):
    """Return truth (n_maps,) of variance 1 and predictions (levels, n_maps) with an added error of scatter `noise`."""
    truth = rng.uniform(-np.sqrt(3), np.sqrt(3), 50)[LABELS]
    return truth, truth + error * correlated(rng) + np.asarray(noise)[:, None] * correlated(rng)
