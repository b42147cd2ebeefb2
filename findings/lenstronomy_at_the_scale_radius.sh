#!/usr/bin/env bash
# Guess: a pixel that lies at the scale radius of an NFW halo or a Hernquist galaxy is as good as its neighbours: the
# formulae are 0/0 there, which the code knows (it has values for X == 1).
# Instead: only X = R/Rs that is exactly 1 is known. One rounding error beside it the NFW convergence
# is 0, the deflection of a Hernquist lens half too large, and the image of a Hernquist galaxy of total flux 1.6 adds up
# to -3e13. An odd number of pixels of 0.05 and a scale radius that is a multiple of 0.05 are enough: 6 * 0.05 / 0.3 is
# not 1 in floating point. There is no warning. With an even number of pixels the same image is right.
# Source: lenstronomy/LensModel/Profiles/nfw.py and hernquist.py of the version below: "X == 1" only; within 1e-7 of it
# differences of nearly equal numbers are divided by X**2 - 1. Found by adding up images of many sizes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "lenstronomy==1.14.2" "numpy==2.4.6" "scipy==1.17.1"

venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version
import numpy as np
from lenstronomy.Data.imaging_data import ImageData
from lenstronomy.Data.psf import PSF
from lenstronomy.ImSim.image_model import ImageModel
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LightModel.light_model import LightModel

print("lenstronomy", version("lenstronomy"))
warnings.simplefilter("error")  # a warning would end the script
PIXEL = 0.05
side = (np.arange(101) - 50) * PIXEL
x, y = (grid.ravel() for grid in np.meshgrid(side, side))
x, y = (axis[x**2 + y**2 > 0] for axis in (x, y))  # the centre itself is left out

def worst(quantity):
    """Return the number of pixels over 10 % off the value at a radius larger by 1e-4, and the worst pixel's ratio."""
    ratio = quantity(x, y) / quantity(x * 1.0001, y * 1.0001)
    off = np.abs(ratio - 1)
    return int((off > 0.1).sum()), float(ratio[off.argmax()])

def lens(model, **parameters):
    made = LensModel([model])
    return (lambda x, y: made.kappa(x, y, [parameters])), (lambda x, y: np.hypot(*made.alpha(x, y, [parameters])))

def flux(n_pixels, radius):
    """Return the sum over the image of a Hernquist galaxy at its centre, and the total flux by lenstronomy."""
    corner = -(n_pixels - 1) / 2 * PIXEL
    data = ImageData(np.zeros((n_pixels, n_pixels)), ra_at_xy_0=corner, dec_at_xy_0=corner,
                     transform_pix2angle=PIXEL * np.eye(2))
    light, parameters = LightModel(["HERNQUIST"]), [{"amp": 1.0, "Rs": radius, "center_x": 0.0, "center_y": 0.0}]
    image = ImageModel(data, PSF("NONE"), lens_light_model_class=light).image(kwargs_lens_light=parameters)
    return float(image.sum()), float(light.total_flux(parameters)[0])

found = 0
for radius in (0.3, 0.7, 1.5):
    n_kappa, kappa = worst(lens("NFW", Rs=radius, alpha_Rs=1.0)[0])
    n_alpha, alpha = worst(lens("HERNQUIST", Rs=radius, sigma0=1.0)[1])
    print(f"Rs = {radius}: NFW convergence wrong in {n_kappa} pixels, worst {kappa:.2f} of the true; "
          f"Hernquist deflection wrong in {n_alpha}, worst {alpha:.2f} of the true")
    found += (n_kappa > 0) + (n_alpha > 0)
near = np.array([1 - 1e-4, 1 - 1e-8, 1 - 2.0**-53, 1.0])
beside = LensModel(["NFW"]).kappa(near, np.zeros(4), [{"Rs": 1.0, "alpha_Rs": 1.0}])
print("NFW convergence at X = 1 - 1e-4, 1 - 1e-8, 1 - 1e-16, 1:", beside.round(3).tolist())
(odd, total), (even, _) = flux(101, 0.5), flux(100, 0.5)
print(f"Hernquist galaxy, Rs = 0.5, total flux {total:.2f}: image of 100 pixels a side {even:.2f}, of 101 pixels {odd:.3g}")
assert 0.7 * total < even < total, "an even number of pixels is right"
assert abs(beside[0] / beside[3] - 1) < 1e-3, "away from the scale radius the convergence is right"
if not found or abs(odd) < 100 or beside[2] > 0.7 * beside[3]:
    raise SystemExit("Changed: pixels at the scale radius are right now.")
PYTHON
echo "Pixels at the scale radius of NFW and Hernquist profiles are wrong by a rounding error of the radius."
