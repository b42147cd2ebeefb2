"""Projection: nothing is lost between slabs, and maps come in the stated order."""

import numpy as np
import pytest

from repshift.simulation.projection import project, slab_weights


def slow_projection(mesh, axis, slab):
    """Add up cell after cell, by the length of its overlap with the slab."""
    size = len(mesh)
    total = np.zeros((size, size))
    for number, plane in enumerate(np.moveaxis(mesh, axis, 0)):
        overlap = min(number + 1, (slab + 1) * size / 5) - max(number, slab * size / 5)
        total += max(0.0, overlap) * plane
    return total


@pytest.mark.parametrize("size", [16, 64, 256])
def test_slabs_share_every_cell_and_are_equally_thick(size):
    weights = slab_weights(size)
    assert weights.sum(axis=0) == pytest.approx(np.ones(size), abs=1e-12)
    assert weights.sum(axis=1) == pytest.approx(np.full(5, size / 5), abs=1e-12)


def test_slabs_of_each_axis_add_up_to_the_box(rng):
    mesh = rng.uniform(size=(16, 16, 16))
    maps = project(mesh).reshape(3, 5, 16, 16)
    for axis in range(3):
        assert maps[axis].sum(axis=0) == pytest.approx(mesh.sum(axis=axis), abs=1e-12)


def test_maps_come_axis_by_axis_then_slab_by_slab(rng):
    mesh = rng.uniform(size=(16, 16, 16))
    expected = [slow_projection(mesh, axis, slab) for axis in range(3) for slab in range(5)]
    assert project(mesh) == pytest.approx(np.stack(expected), abs=1e-12)
