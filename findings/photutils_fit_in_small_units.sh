#!/usr/bin/env bash
# Guess: a fit does not depend on the unit of the image: in erg/s/cm2/A (a factor 1e-18) a star is found where it is in
# counts, and a fit that does not converge says so, in the flags or by a warning.
# Instead: in the small unit PSFPhotometry hands back the positions and fluxes that it was given to start from, with flags
# 0 and no warning. Its fitter, TRFLSQFitter of astropy, stops where the gradient is under 1e-8, which is no relative
# number: the gradient goes with the square of the flux, and is under it at the start. For a galaxy (Sersic2D) the fitter
# says that it has ended well ("gtol"), at the start; centroid_2dg is 0.4 pixels off. With error= in the same unit the
# fit is right, and so is LevMarLSQFitter, without.
# Source: documentation of scipy.optimize.least_squares (gtol is compared with the gradient as it is; ftol and xtol are
# relative); astropy/modeling/fitting.py passes xtol and leaves gtol at 1e-8. Photutils' documentation of PSFPhotometry says
# nothing of units. Found by comparing measurements of one image in several units.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "photutils==3.0.0" "astropy==8.0.2" "scipy==1.17.1" "numpy==2.4.6"

venv/bin/python - <<'PYTHON'
import warnings
import astropy
import numpy as np
import photutils
from astropy.modeling.fitting import LevMarLSQFitter, TRFLSQFitter
from astropy.modeling.models import Sersic2D
from astropy.table import QTable
from photutils.centroids import centroid_2dg
from photutils.psf import CircularGaussianPRF, PSFPhotometry

print("photutils", photutils.__version__, "astropy", astropy.__version__)
warnings.simplefilter("error")  # a warning would end the script
UNIT = 1e-18
rng = np.random.default_rng(1)
y, x = np.mgrid[:41, :41]
star = CircularGaussianPRF(flux=1000.0, x_0=20.7, y_0=19.6, fwhm=4.0)(x, y) + rng.normal(0, 0.3, x.shape)
galaxy = Sersic2D(10.0, 6.0, 2.0, 20.3, 19.8, 0.3, 0.5)(x, y) + rng.normal(0, 0.05, x.shape)

def star_fit(unit, **errors):
    photometry = PSFPhotometry(CircularGaussianPRF(fwhm=4.0), (11, 11), aperture_radius=5)
    row = photometry(star * unit, init_params=QTable({"x": [20.0], "y": [20.0]}), **errors)[0]
    return float(row["x_fit"]), float(row["flux_fit"] / unit), int(row["flags"])

def galaxy_fit(unit, fitter):
    fitted = fitter(Sersic2D(20.0 * unit, 5.0, 1.0, 20.0, 20.0, 0.2, 0.3), x, y, galaxy * unit)
    return float(fitted.r_eff.value), float(fitted.n.value)

counts, small = star_fit(1.0), star_fit(UNIT)
weighted = star_fit(UNIT, error=np.full(star.shape, 0.3 * UNIT))
print("star at x = 20.7 of flux 1000, started at x = 20:")
for name, (place, flux, flags) in (("counts", counts), (f"unit {UNIT}", small), (f"unit {UNIT}, error given", weighted)):
    print(f"  {name}: x {place:.3f}, flux {flux:.1f} counts, flags {flags}")
centres = [float(centroid_2dg(star * unit)[0]) for unit in (1.0, UNIT)]
print(f"  centroid_2dg: x {centres[0]:.3f} in counts, {centres[1]:.3f} in unit {UNIT}")
print("galaxy of radius 6 and Sersic index 2, started at 5 and 1:")
trf = TRFLSQFitter()
fits = {"TRFLSQFitter in counts": galaxy_fit(1.0, trf), f"TRFLSQFitter in unit {UNIT}": galaxy_fit(UNIT, trf)}
said = trf.fit_info.message
fits[f"LevMarLSQFitter in unit {UNIT}"] = galaxy_fit(UNIT, LevMarLSQFitter())
for name, (radius, index) in fits.items():
    print(f"  {name}: radius {radius:.2f}, index {index:.2f}")
print(f"  TRFLSQFitter said of the second: {said}")
right, wrong, other = fits.values()
assert abs(counts[0] - 20.7) < 0.02 and abs(weighted[0] - 20.7) < 0.02, "in counts, or with errors, it is right"
assert abs(right[1] - 2) < 0.05 and abs(other[1] - 2) < 0.05
if small[0] != 20.0 or small[2] != 0 or abs(wrong[1] - 1.0) > 1e-6 or abs(centres[1] - 20.7) < 0.2:
    raise SystemExit("Changed: the fit in the small unit moves from where it started, or is flagged.")
PYTHON
echo "In small units the fit stays where it started, and is said to be good."
