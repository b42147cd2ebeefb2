"""What looks like an arc and is none: rings and spiral arms of young stars around a red galaxy.

Only their shape is meant to be real, not how many there are. Arms are logarithmic spirals; their pitch is that of most
spirals, 10 to 30 degrees (Savchenko & Reshetnikov 2013, MNRAS 436, 1074). The ring is round in its own plane, as that
of Hoag's object. Both are seen under the inclination of the galaxy.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from skies.stamp import Stamp

from lenses.sie import rotate

Floats = npt.NDArray[np.float64]

PITCH = (np.deg2rad(10), np.deg2rad(30))
"""Smallest and largest pitch of the arms [radians]."""

WIDTH = (0.1, 0.25)
"""Narrowest and widest ring: standard deviation across it, over its radius."""

N_ARMS = 2


class Form(NamedTuple):
    """A ring or two arms: mean radius [arcsec], shape and angles [radians], width of the ring over its radius."""

    arms: bool
    radius: float
    axis_ratio: float
    angle: float
    pitch: float
    phase: float
    width: float


def draw_form(uniform: Floats, radius: float, *, axis_ratio: float, angle: float) -> Form:
    """Return a form by four numbers (4,) from 0 to 1; half of all have arms."""
    pitch, width = (low + u * (high - low) for (low, high), u in zip((PITCH, WIDTH), uniform[1:3], strict=True))
    return Form(bool(uniform[0] < 0.5), radius, axis_ratio, angle, pitch, 2 * np.pi * uniform[3], width)


def impostor(stamp: Stamp, form: Form) -> Floats:
    """Return the light in the pixels of the stamp's fine grid, (n, n), with n = size * oversampling; its sum is 1."""
    axis = stamp.positions(stamp.oversampling)
    x, y = np.meshgrid(axis, axis)
    major, minor = rotate(x, y, -form.angle)
    minor /= form.axis_ratio
    radius = np.hypot(major, minor) / form.radius
    light = two_arms(radius, np.arctan2(minor, major), form) if form.arms else ring(radius, form)
    return np.asarray(light / light.sum())


def ring(radius: Floats, form: Form) -> Floats:
    """Return the brightness of a ring, a Gaussian across it, at radii over its own."""
    return np.asarray(np.exp(-0.5 * ((radius - 1) / form.width) ** 2))


def two_arms(radius: Floats, angle: Floats, form: Form) -> Floats:
    r"""Return the brightness of two arms in a disk with a hole, whose mean radius is 1.

    .. math:: r^2 e^{-4 r} \left(\frac{1 + \cos 2 (\varphi - \ln r / \tan p - \varphi_0)}{2}\right)^2
    """
    crest = angle - np.log(np.maximum(radius, 1e-3)) / np.tan(form.pitch) - form.phase
    return np.asarray(radius**2 * np.exp(-4 * radius) * ((1 + np.cos(N_ARMS * crest)) / 2) ** 2)
