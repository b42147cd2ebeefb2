#!/usr/bin/env bash
# Guess: captum's DeepLift is complete for a network of convolutions, ReLU and max pooling, as its documentation says of
# these modules: attributions sum to F(map) - F(baseline), whatever the baseline is. What is complete for the mean map is
# complete for another map.
# Instead: a ReLU that a max pooling follows is complete for a constant baseline, to the last digit, and wrong for a
# baseline that is another map: with one such pair the error is as large as the difference that is to be explained, and
# a third of the sums have the wrong sign; with two it is nearly four times as large, and half have. ReLU without pooling,
# and pooling without a ReLU before it, are exact for both. So a check with a blank baseline says that all is well, and
# the network is one of the most common.
# Source: captum issue 1104 (open since 2023, reported for a blank baseline); the hooks of two adjacent modules that are
# not linear take each other's gradients. Its mend, pull request 1843 of May 2026, came after the version below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "captum==0.9.0" "torch==2.13.0" "numpy==2.4.6"

venv/bin/python - <<'PYTHON'
import warnings

import captum
import torch
from captum.attr import DeepLift
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
maps, others = torch.randn(40, 1, 12, 12), torch.randn(40, 1, 12, 12)
baselines = {"blank": torch.zeros_like(maps), "constant 0.3": torch.full_like(maps, 0.3), "another map": others}


def network(*layers):
    torch.manual_seed(1)
    body = nn.Sequential(*layers, nn.Flatten())
    return nn.Sequential(body, nn.Linear(body(maps[:1]).shape[1], 1)).eval()


def first():
    return nn.Conv2d(1, 8, 3)


def second():
    return nn.Conv2d(8, 8, 3)


networks = {
    "ReLU, no pooling": network(first(), nn.ReLU(), second(), nn.ReLU()),
    "pooling, no ReLU": network(first(), nn.MaxPool2d(2), second(), nn.MaxPool2d(2)),
    "ReLU, mean pooling": network(first(), nn.ReLU(), nn.AvgPool2d(2), second(), nn.ReLU()),
    "ReLU and pooling": network(first(), nn.ReLU(), nn.MaxPool2d(2), second(), nn.ReLU()),
    "the same twice": network(first(), nn.ReLU(), nn.MaxPool2d(2), second(), nn.ReLU(), nn.MaxPool2d(3)),
}
print(f"captum {captum.__version__}, torch {torch.__version__}; sum of attributions minus F(map) - F(baseline), both rms:")
changed = []
for name, one in networks.items():
    for kind, baseline in baselines.items():
        found = DeepLift(one).attribute(maps, baseline, target=0).sum((1, 2, 3)).detach()
        with torch.no_grad():
            true = (one(maps) - one(baseline))[:, 0]
        error = float((found - true).square().mean().sqrt() / true.square().mean().sqrt())
        wrong = float((found * true < 0).double().mean())
        print(f"{name:18s} baseline {kind:12s}: error {error:8.1e} of the difference, wrong sign in {wrong:.0%}")
        is_wrong = kind == "another map" and name in ("ReLU and pooling", "the same twice")
        if not (error > 0.5 and wrong > 0.2 if is_wrong else error < 1e-10):
            changed.append(f"{name}, {kind}")
if changed:
    raise SystemExit(f"Changed: {'; '.join(changed)}.")
PYTHON
echo "DeepLift of ReLU and max pooling is exact for a blank baseline and wrong by more than the answer for another map."
