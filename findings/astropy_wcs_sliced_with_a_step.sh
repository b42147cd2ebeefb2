#!/usr/bin/env bash
# Guess: wcs[::2, ::2] is the world coordinate system of the image with half the pixels a side, whatever keywords the
# header uses: one block of 2 x 2 pixels is one pixel of the new system, at the same place on the sky.
# Instead: only CDELT and the reference pixel change. Where the header has a CD matrix (drizzled and survey images), the
# pixels keep their old size: with a step of 2 the corners of an image of 1000 pixels are 250 pixels off along each axis,
# and proj_plane_pixel_scales and to_header() repeat the old scale. The one sign is a RuntimeWarning that cdelt will be
# ignored since cd is present. Where the header has SIP distortion, its coefficients, which are in pixels, stay as they
# were, without any warning. Slices without a step are right, and so is a step with CDELT alone.
# Source: astropy, WCS.slice: its documentation says of a step that "the pixel grid is downsampled by that factor"; its
# code scales wcs.cdelt and the distortion tables, but neither wcs.cd nor the arrays of Sip. Found by giving one image
# headers of three forms.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "astropy==8.0.2" "numpy==2.4.6"

venv/bin/python - <<'PYTHON'
import warnings
import astropy
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

SCALE = 1.4e-5  # degrees a pixel, 0.05 arcsec
CDELT = {"CDELT1": -SCALE, "CDELT2": SCALE}
CD = {"CD1_1": -SCALE, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": SCALE}
SIP = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 8e-6, "A_1_1": 2e-6, "B_0_2": 5e-6, "B_1_1": 1e-6}

def system(keywords):
    projection = "TAN-SIP" if "A_ORDER" in keywords else "TAN"
    place = {"NAXIS": 2, "NAXIS1": 1000, "NAXIS2": 1000, "CRPIX1": 500.5, "CRPIX2": 500.5, "CRVAL1": 150.0, "CRVAL2": 2.0}
    return WCS(fits.Header({**place, "CTYPE1": f"RA---{projection}", "CTYPE2": f"DEC--{projection}", **keywords}))

def offset(keywords, step):
    """Return the largest offset along an axis, in full pixels, between a block of pixels and the pixel made of it."""
    full = system(keywords)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        part = full[::step, ::step]
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * (1000 // step - 1)
    there = full.all_pix2world(corners * step + (step - 1) / 2, 0)
    here = part.all_pix2world(corners, 0)
    distance = np.abs((here - there) * [np.cos(np.deg2rad(2.0)), 1.0]).max() / SCALE
    said = {str(warning.message) for warning in caught} or "no warning"
    scale = proj_plane_pixel_scales(part)[0] / SCALE
    print(f"  step {step}: {distance:8.3f} pixels off, pixel scale {scale:.2f} times that of the full image, {said}")
    return distance, caught

print("astropy", astropy.__version__)
results = {}
for name, keywords in (("CDELT", CDELT), ("CD", CD), ("CDELT and SIP", {**CDELT, **SIP})):
    print(f"header with {name}:")
    results[name] = [offset(keywords, step) for step in (1, 2, 4)]
assert all(distance < 1e-3 for distance, _ in results["CDELT"]), "CDELT is right"
assert results["CD"][0][0] < 1e-3 and results["CDELT and SIP"][0][0] < 1e-3, "without a step all are right"
if results["CD"][1][0] < 200 or results["CDELT and SIP"][1][0] < 1:
    raise SystemExit("Changed: a step scales the CD matrix or the SIP coefficients now.")
assert not results["CDELT and SIP"][1][1], "nothing is said of SIP"
PYTHON
echo "A system sliced with a step keeps its CD matrix and its SIP coefficients: coordinates are wrong."
