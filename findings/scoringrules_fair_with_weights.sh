#!/usr/bin/env bash
# Guess: members of equal weight are members without weights. A fair score is, on average, the same for a small and a large
# ensemble of one distribution, with weights as without. CRPS by its two fair estimators, "fair" and "pwm", is one number,
# and stays when forecast and observation are reflected, also with unequal weights.
# Instead: the fair Gaussian kernel scores with equal weights are 0.5 / (members - 1) larger than without: for 5 members
# 0.34 where 0.21 is right, more than the plain score (0.25) that it is to improve on. Larger ensembles look better, which
# is what a fair score is to prevent. CRPS by "pwm" with unequal weights is neither that by "fair" nor reflected with the
# forecast: the tail that bears the weights decides. With equal weights, and by the other estimators, all agree.
# Source: scoringrules/core/kernels/_approx_w.py of the version below: the double sum of the fair forms holds the pairs of a
# member with itself, where the kernel is 1, and is divided by 1 - sum(w^2); without weights (_approx.py) they are left
# out. core/crps/_approx_w.py, pwm: the weights below a member are counted without its own. Weights came with pull request
# 117 of March 2026; no issue found. Found by giving all members one weight.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "scoringrules==0.10.0" "numpy==2.4.6" "scipy==1.17.1"

venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np
import scoringrules as sr

print("scoringrules", version("scoringrules"))
warnings.simplefilter("error")  # a warning would end the script
rng = np.random.default_rng(0)
excess = {}
for members in (3, 5, 20, 50):
    observed, ensemble = rng.normal(size=20000), rng.normal(size=(20000, members))
    equal = np.full(ensemble.shape, 1 / members)
    both = observed[:, None], ensemble[..., None]
    for name, score, given in (("CRPS", sr.crps_ensemble, (observed, ensemble)),
                               ("energy score", sr.es_ensemble, both),
                               ("kernel score", sr.gksuv_ensemble, (observed, ensemble)),
                               ("kernel score, vectors", sr.gksmv_ensemble, both)):
        plain = score(*given, estimator="nrg").mean()
        without = score(*given, estimator="fair").mean()
        weighted = score(*given, estimator="fair", ens_w=equal).mean()
        excess[name, members] = weighted - without
        print(f"{members:2d} members, {name:21s}: fair {without:.4f}, fair with equal weights {weighted:.4f}, "
              f"plain {plain:.4f}")
weights = np.exp(ensemble) / np.exp(ensemble).sum(1, keepdims=True)
crps = {}
for estimator in ("nrg", "fair", "pwm"):
    crps[estimator] = [sr.crps_ensemble(sign * observed, sign * ensemble, ens_w=weights, estimator=estimator).mean()
                       for sign in (1, -1)]
    print(f"CRPS, weights that grow with the value, by {estimator}: {crps[estimator][0]:.4f}, "
          f"reflected {crps[estimator][1]:.4f}")
assert all(abs(value) < 1e-9 for (name, _), value in excess.items() if name in ("CRPS", "energy score"))
assert np.ptp(crps["nrg"]) < 1e-9 and np.ptp(crps["fair"]) < 1e-9
if any(abs(value - 0.5 / (members - 1)) > 1e-9 for (name, members), value in excess.items() if "kernel" in name):
    raise SystemExit("Changed: equal weights leave the fair kernel score as it is.")
if np.ptp(crps["pwm"]) < 1e-3:
    raise SystemExit("Changed: CRPS by pwm with weights stays when it is reflected.")
PYTHON
echo "Equal weights add 0.5 / (members - 1) to the fair kernel scores; weighted pwm is no fair CRPS."
