"""The periodic mesh: wavevectors, gradients and the inverse Laplacian in Fourier space.

Transforms are over the last three axes, by one worker whatever the number of cores. An odd derivative of a real field
has no meaning at the Nyquist frequency: it is zero there.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft

Mesh = npt.NDArray[np.float64]
"""A real field, (size, size, size)."""
Spectrum = npt.NDArray[np.complexfloating]
"""Half of a real field's transform, (size, size, size // 2 + 1)."""
_AXES = (-3, -2, -1)


def to_spectrum(mesh: npt.NDArray[np.floating]) -> Spectrum:
    """Transform real meshes (..., size, size, size) to (..., size, size, size // 2 + 1), unnormalised."""
    return np.asarray(fft.rfftn(mesh, axes=_AXES, workers=1))


def to_mesh(spectrum: Spectrum, size: int) -> npt.NDArray[np.floating]:
    """Transform back: the inverse of `to_spectrum`."""
    return np.asarray(fft.irfftn(spectrum, s=(size, size, size), axes=_AXES, workers=1))


def wavevector(size: int, box: float) -> tuple[Mesh, Mesh, Mesh]:
    """Components of k in h/Mpc for a box in Mpc/h, shapes (size, 1, 1), (1, size, 1) and (1, 1, size // 2 + 1)."""
    full = 2.0 * np.pi * fft.fftfreq(size, box / size)
    half = 2.0 * np.pi * fft.rfftfreq(size, box / size)
    return full[:, None, None], full[None, :, None], half[None, None, :]


def squared_wavenumber(size: int, box: float) -> Mesh:
    """k^2 in (h/Mpc)^2, (size, size, size // 2 + 1)."""
    x, y, z = wavevector(size, box)
    return np.asarray(x**2 + y**2 + z**2)


def inverse_laplacian(size: int, box: float) -> Mesh:
    """-1/k^2 in (Mpc/h)^2, 0 for the mean, (size, size, size // 2 + 1): solves laplacian(phi) = delta for phi."""
    squared = squared_wavenumber(size, box)
    squared[0, 0, 0] = np.inf
    return -1.0 / squared


def cloud_window(size: int) -> Mesh:
    """Transform of the cloud-in-cell kernel: product over axes of sinc(k cell / 2)^2, (size, size, size // 2 + 1)."""
    full, half = np.sinc(fft.fftfreq(size)) ** 2, np.sinc(fft.rfftfreq(size)) ** 2
    return np.asarray(full[:, None, None] * full[None, :, None] * half[None, None, :])


def gradient_factors(size: int, box: float) -> tuple[Spectrum, Spectrum, Spectrum]:
    """Factors i k, h/Mpc, of the three derivatives, shaped as `wavevector`, 0 at the Nyquist frequency."""
    x, y, z = (1j * np.where(np.abs(k) < np.pi * size / box * (1.0 - 1e-9), k, 0.0) for k in wavevector(size, box))
    return x, y, z
