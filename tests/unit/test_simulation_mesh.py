"""The periodic mesh: derivatives and the Laplacian of waves, kernels against direct sums."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from repshift.simulation.mesh import cloud_window, gradient_factors, inverse_laplacian, to_mesh, to_spectrum, wavevector
from repshift.simulation.smoothing import smooth, soft_ball, top_hat

SIZE, BOX = 16, 40.0


def wave(*, axis, number, phase=0.0):
    """Wave along an axis, with a whole number of periods in the box."""
    x = np.arange(SIZE) * 2.0 * np.pi * number / SIZE + phase
    return np.broadcast_to(np.expand_dims(np.sin(x), [other for other in range(3) if other != axis]), (SIZE,) * 3)


def slow_convolution(mesh, kernel):
    """Add up the kernel about every cell."""
    total = np.zeros_like(mesh)
    for cell, value in np.ndenumerate(mesh):
        total += value * np.roll(kernel, cell, axis=(0, 1, 2))
    return total


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gradient_of_a_sine_is_a_cosine_along_its_axis(axis):
    spectrum = to_spectrum(wave(axis=axis, number=3))
    slopes = [to_mesh(factor * spectrum, SIZE) for factor in gradient_factors(SIZE, BOX)]
    expected = [np.zeros((SIZE,) * 3)] * 3
    expected[axis] = 2.0 * np.pi * 3 / BOX * wave(axis=axis, number=3, phase=np.pi / 2)
    assert np.stack(slopes) == pytest.approx(np.stack(expected), abs=1e-12)


def test_gradient_vanishes_at_the_nyquist_frequency():
    spectrum = to_spectrum(wave(axis=0, number=SIZE // 2, phase=np.pi / 2))
    assert np.abs(gradient_factors(SIZE, BOX)[0] * spectrum).max() < 1e-9


def test_laplacian_of_the_potential_is_the_density(rng):
    density = to_spectrum(rng.normal(size=(SIZE,) * 3))
    potential = inverse_laplacian(SIZE, BOX) * density
    back = -sum(k**2 for k in wavevector(SIZE, BOX)) * potential
    density[0, 0, 0] = 0.0
    assert back == pytest.approx(density, abs=1e-9)


def test_the_window_is_the_transform_of_a_cloud():
    # a cloud half a cell off shares with two mesh points: cos(k cell / 2); averaged over offsets the window remains
    offsets = (np.arange(200) + 0.5) / 200
    frequency = 2.0 * np.pi * np.arange(SIZE // 2) / SIZE
    shares = (1 - offsets) + offsets * np.exp(-1j * frequency[:, None])
    averaged = np.mean(shares * np.exp(1j * frequency[:, None] * offsets), axis=1).real
    assert cloud_window(SIZE)[0, 0, : SIZE // 2] == pytest.approx(averaged, abs=1e-5)


def test_smoothing_keeps_the_sum_and_stays_positive(rng):
    mesh = rng.uniform(size=(SIZE,) * 3) ** 8
    smoothed = smooth(mesh, 3.0, BOX)
    assert smoothed.sum() == pytest.approx(mesh.sum(), abs=1e-9)
    assert smoothed.min() > 0


def test_smoothing_equals_three_periodic_passes(rng):
    mesh = rng.uniform(size=(SIZE,) * 3)
    expected = mesh
    for axis in range(3):
        padded = np.take(expected, range(-SIZE, 2 * SIZE), axis=axis, mode="wrap")
        passed = gaussian_filter1d(padded, 3.0 / (BOX / SIZE), axis=axis, truncate=6.0)
        expected = np.take(passed, range(SIZE, 2 * SIZE), axis=axis)
    assert smooth(mesh, 3.0, BOX) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kernel", [top_hat, soft_ball])
@pytest.mark.parametrize("radius", [0.3, 3.2, 10.0, 50.0])
def test_balls_have_unit_sum_and_are_symmetric(kernel, radius):
    ball = kernel(radius, size=SIZE, box=BOX)
    assert ball.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.array_equal(ball, ball.transpose(2, 0, 1))
    assert np.array_equal(ball, np.roll(ball[::-1], 1, axis=0))


def test_top_hat_of_1_28_cells_is_a_cell_and_its_six_neighbours():
    assert np.count_nonzero(top_hat(1.28 * BOX / SIZE, size=SIZE, box=BOX)) == 7


def test_soft_ball_smaller_than_a_cell_is_one_cell():
    assert soft_ball(0.25, size=SIZE, box=BOX)[0, 0, 0] == 1.0


def test_soft_ball_has_the_volume_of_the_ball():
    radius = 12.0
    inside = 1.0 / soft_ball(radius, size=64, box=BOX).max()
    # the soft edge adds (cell / 2 / radius)^2, here 0.07 %
    assert inside * (BOX / 64) ** 3 == pytest.approx(4.0 / 3.0 * np.pi * radius**3, rel=5e-3)


def test_convolution_in_fourier_space_equals_a_direct_sum(rng):
    mesh, kernel = rng.uniform(size=(SIZE,) * 3), soft_ball(6.0, size=SIZE, box=BOX)
    fast = to_mesh(to_spectrum(mesh) * to_spectrum(kernel), SIZE)
    assert fast == pytest.approx(slow_convolution(mesh, kernel), abs=1e-12)
