#!/usr/bin/env bash
# Guess: scikit-image's random_noise(image, mode="poisson") adds the noise of counting photons. How many photons a pixel of
# value 1 stands for is fixed, or follows from the type of the image; the same picture gets the same noise, as float and
# rounded to 8 bits, whole and cropped.
# Instead: the number of photons is the number of distinct values in the image, rounded up to a power of two. A smooth
# picture of 256 x 256 pixels in float has 65,536 photons at value 1, and its rounding to 8 bits has 256: 16 times the
# noise. A crop of 32 x 32 pixels has 1,024: 8 times the noise of the same pixels in the whole picture. A flat image has 1:
# noise larger than the signal. One pixel of another value halves its variance. So noise added to a set of images differs
# from image to image, and nearly vanishes in large float images; the documentation says "generated from the data".
# Source: skimage/util/noise.py of the version below, `vals = len(np.unique(image))`; asked in scikit-image issue 4885.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "scikit-image==0.26.0" "scipy==1.17.1" "numpy==2.4.6"

venv/bin/python - <<'PYTHON'
import numpy as np
import skimage
from skimage.util import random_noise

print("scikit-image", skimage.__version__)

y, x = np.indices((256, 256))
smooth = 0.5 + 0.4 * np.sin(x / 20) * np.cos(y / 30)
rounded = np.rint(smooth * 255) / 255
flat = np.full((256, 256), 0.5)
other = flat.copy()
other[0, 0] = 0.25


def photons(image):
    """Return how many photons a pixel of value 1 stands for: value over variance, as Poisson's law has it."""
    noisy = random_noise(image, mode="poisson", clip=False, rng=1)
    return 1 / np.mean((noisy - image) ** 2 / image)


wanted = {
    "float": (smooth, 65536),
    "the same, 8 bits": (rounded, 256),
    "float, cropped": (smooth[:32, :32], 1024),
    "8 bits, cropped": (rounded[:32, :32], 128),
    "flat": (flat, 1),
    "flat but for a pixel": (other, 2),
}
changed = []
for name, (image, expected) in wanted.items():
    found = photons(image)
    print(f"{name:21s} {len(np.unique(image)):6d} distinct values: {found:8.1f} photons at value 1, expected {expected}")
    if abs(found / expected - 1) > 0.15:
        changed.append(name)
if changed:
    raise SystemExit(f"Changed: the number of photons no longer follows the distinct values ({', '.join(changed)}).")
PYTHON
echo "random_noise gives the same picture other photon noise where it has other distinct values: 16 times more in 8 bits."
