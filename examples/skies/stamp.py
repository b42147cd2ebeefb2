"""Images of a surface brightness whose Fourier transform is known: no pixel is sampled, so cusps and fluxes are right.

A transform here is the flux per unit flux as a function of the angular wave number, in radians per arcsecond, about the
centre of the stamp. The product of a profile, the seeing and the pixel is the image's transform; `Stamp.image` inverts
it and reads it at the centres of the pixels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from repshift.vocabulary import InputError

Floats = npt.NDArray[np.float64]
Transform = npt.NDArray[np.float64] | npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Stamp:
    """A square image and the grid of wave numbers that it is made on.

    The grid is periodic with ``padding`` times the side of the stamp, so light from outside comes in from farther than
    ``padding - 1`` sides. It holds wave numbers up to ``oversampling`` times the Nyquist frequency of the pixels; what
    lies above that of the pixels is aliased, as in a camera.
    """

    size: int
    """Pixels of a side."""
    pixel_scale: float
    """Side of a pixel in arcsec."""
    padding: int = 3
    oversampling: int = 2

    def __post_init__(self) -> None:
        if self.size < 2 or self.padding < 2 or self.oversampling < 1 or not self.pixel_scale > 0:
            raise InputError(
                f"{self} is no stamp: size and padding are at least 2, oversampling at least 1, pixel_scale above 0."
            )

    @property
    def side(self) -> float:
        """Side of the stamp in arcsec."""
        return self.size * self.pixel_scale

    def positions(self, oversampling: int = 1) -> Floats:
        """Return where the centres of the pixels lie, (size * oversampling,), in arcsec from the centre of the stamp.

        Examples
        --------
        >>> Stamp(size=4, pixel_scale=0.2).positions()
        array([-0.3, -0.1,  0.1,  0.3])
        """
        number = self.size * oversampling
        return np.asarray((np.arange(number) - (number - 1) / 2) * (self.pixel_scale / oversampling), dtype=np.float64)

    def image(self, transform: Transform) -> Floats:
        """Return the image (size, size) of a transform on the grid of `wave_numbers`, per pixel.

        Its sum is the flux that the stamp holds, where the transform is 1 at wave number 0 and holds the pixel's.
        """
        along_y, along_x = wave_numbers(self)
        first = self.positions()[0]
        spectrum = transform * np.exp(1j * first * along_y)
        spectrum *= np.exp(1j * first * along_x)
        folded = spectrum.reshape(self.oversampling, self.padding * self.size, -1).sum(axis=0)
        rows = scipy.fft.ifft(folded, axis=0, overwrite_x=True)[: self.size]
        number = self.padding * self.size * self.oversampling
        pixels = scipy.fft.irfft(rows, n=number, axis=1)
        return pixels[:, : self.size * self.oversampling : self.oversampling] * self.oversampling

    def transform(self, fine_image: Floats) -> npt.NDArray[np.complex128]:
        """Return the transform of a surface brightness sampled at the finer pixels of the grid.

        Parameters
        ----------
        fine_image
            (size * oversampling, size * oversampling): surface brightness times the area of a fine pixel, at the
            points `positions` (``oversampling``). Its sum is the flux, in the unit of the image that comes of it.

        Raises
        ------
        InputError
            The image has another shape.
        """
        number = self.size * self.oversampling
        if fine_image.shape != (number, number):
            raise InputError(
                f"An image of shape {fine_image.shape} is not on the stamp's fine grid: expected {(number, number)}."
            )
        along_y, along_x = wave_numbers(self)
        first = self.positions(self.oversampling)[0]
        shift = np.exp(-1j * first * along_y) * np.exp(-1j * first * along_x)
        return np.asarray(scipy.fft.rfft2(fine_image, s=(self.padding * number,) * 2) * shift)


def read_only(array: Floats) -> Floats:
    """Return the array, which is kept for later calls, so that writing to it raises."""
    array.flags.writeable = False
    return array


@lru_cache(maxsize=8)
def wave_numbers(stamp: Stamp) -> tuple[Floats, Floats]:
    """Return the angular wave numbers along y, (n, 1), and along x, (1, n // 2 + 1), in radians per arcsec.

    ``n`` is size times padding times oversampling; along x are those of `numpy.fft.rfft`.
    """
    number = stamp.size * stamp.padding * stamp.oversampling
    step = stamp.pixel_scale / stamp.oversampling
    along_y = np.asarray(2 * np.pi * np.fft.fftfreq(number, step)[:, None], dtype=np.float64)
    along_x = np.asarray(2 * np.pi * np.fft.rfftfreq(number, step)[None, :], dtype=np.float64)
    return read_only(along_y), read_only(along_x)


@lru_cache(maxsize=8)
def pixel_transform(stamp: Stamp) -> Floats:
    """Return the transform of a square pixel, a product of two sines over their arguments, on the grid of the stamp."""
    along_y, along_x = wave_numbers(stamp)
    half = stamp.pixel_scale / (2 * np.pi)
    return read_only(np.asarray(np.sinc(half * along_y) * np.sinc(half * along_x), dtype=np.float64))


def shift_transform(stamp: Stamp, x: float, y: float) -> npt.NDArray[np.complex128]:
    """Return the transform that moves an image by ``x`` and ``y`` arcsec from the centre of the stamp."""
    along_y, along_x = wave_numbers(stamp)
    return np.asarray(np.exp(-1j * y * along_y) * np.exp(-1j * x * along_x))
