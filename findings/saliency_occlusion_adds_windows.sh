#!/usr/bin/env bash
# Guess: the Occlusion of Google's saliency gives each pixel what its windows cost on average, as captum does: a network
# that looks everywhere alike has a flat map. IntegratedGradients adds the gradients at x_steps points by a rule whose
# error falls as the square of the steps (trapezoids, midpoints): 25 steps are good to a thousandth for a smooth network.
# Instead: costs of all windows that cover a pixel are added, and windows stay inside of the image. A network that takes
# the mean of all pixels is given a map whose centre is 225 times its corners and 15 times its edges, with the default
# window of 15 pixels: it looks as if the network looked at the centre. Integrated gradients take both ends of
# the path at full weight, so that the error falls as 1 / steps only: 2 % with the default 25 steps for a cube, where
# trapezoids of the same points leave 0.09 % and midpoints 0.04 %.
# Source: saliency/core/occlusion.py, `occlusion_scores[...] += score_diff`, and integrated_gradients.py,
# `np.linspace(0, 1, x_steps)` and `/ x_steps`, of the version below. The documentation says neither.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "saliency==0.2.1" "numpy==2.4.6"

venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from saliency import core

print("saliency", version("saliency"))
size = 40
image = np.ones((size, size))


def mean(images, call_model_args=None, expected_keys=None):
    return {core.base.OUTPUT_LAYER_VALUES: images.mean(axis=(1, 2))}


def cubes(images, call_model_args=None, expected_keys=None):
    return {core.base.INPUT_OUTPUT_GRADIENTS: 3 * images**2 / size**2}


found = core.Occlusion().GetMask(image, mean)
to_corner, to_edge = found[20, 20] / found[0, 0], found[20, 20] / found[20, 0]
print(f"occlusion of the mean of all pixels: centre {to_corner:.0f} times the corner, {to_edge:.0f} times the edge")
errors = {}
for steps in (25, 50, 100):
    points, middles = np.linspace(0, 1, steps), (np.arange(steps) + 0.5) / steps
    errors[steps] = core.IntegratedGradients().GetMask(image, cubes, x_steps=steps).sum() - 1
    trapezoids, midpoints = np.trapezoid(3 * points**2, points) - 1, (3 * middles**2).mean() - 1
    print(
        f"integrated gradients of a mean of cubes, {steps:3d} steps: error {errors[steps]:.2%}; trapezoids of the same "
        f"points {trapezoids:.2%}, midpoints {midpoints:.2%}"
    )
falls = errors[25] / errors[100]
if not (round(to_corner) == 225 and round(to_edge) == 15 and 0.015 < errors[25] < 0.025 and 3.5 < falls < 4.6):
    raise SystemExit("Changed: occlusion no longer adds windows, or the ends of the path no longer count in full.")
PYTHON
echo "saliency's Occlusion of a network that looks everywhere alike is 225 times brighter in the centre."
