#!/usr/bin/env bash
# Guess: fit(X, y, sample_domain=...) of a skada pipeline reads y. The labels of the target are not used (they may be
# masked, and need not be), and a two-class problem is the same with labels 0/1 and False/True, as in scikit-learn.
# Instead: fit writes the mask, -1, into the caller's y, in place. For boolean labels -1 is True: nothing is masked, and all
# of the target is learned as class True. Where 0/1 gives an accuracy of 0.83 on the target, False/True gives 0.60 and 93 %
# True. With 0/1 the labels of the target are gone after fit: score() over all rows is then that of the source
# alone, and a count of right predictions by the same y is 0. Nothing is said in any case. y.copy() and integers mend both.
# Source: skada/base.py of the version below, _auto_mask_target_labels, which fit calls: "y[~source_idx] = " the mask, with
# no copy. Masking by default is documented (mask_target_labels of make_da_pipeline; it came with pull request 330 of the
# project), writing into y is not. No issue found; seen when score() after fit found no row with a label.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "skada==0.6.0" "scikit-learn==1.9.1" "POT==0.9.7.post1" \
  "numpy==2.4.6" "scipy==1.17.1"

venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np
from sklearn.linear_model import LogisticRegression
from skada import CORALAdapter, make_da_pipeline

print("skada", version("skada"))
warnings.simplefilter("error")  # a warning would end the script
rng = np.random.default_rng(0)
true = rng.integers(0, 2, 2000)
domain = np.tile([1, -2], 1000)  # positive is source, negative is target
target = domain < 0
points = rng.normal(size=(2000, 2)) + 2 * true[:, None] * [1, 0] + target[:, None] * [0.3, 1.5]
right, kept, scores = {}, {}, {}
for kind in (int, bool):
    for adapters in ([], [CORALAdapter()]):
        given = true.astype(kind)
        model = make_da_pipeline(*adapters, LogisticRegression()).fit(points, given, sample_domain=domain)
        found = model.predict(points[target], sample_domain=domain[target]).astype(int)
        key = kind.__name__, "CORAL" if adapters else "no adapter"
        right[key] = np.mean(found == true[target])
        kept[key] = np.mean(given[target] == true[target])
        scores[key] = [model.score(points, labels, sample_domain=domain, allow_source=True)
                       for labels in (true.copy(), given)]
        print(f"labels {key[0]:4s}, {key[1]:10s}: right on the target {right[key]:.2f}, class 1 predicted for "
              f"{found.mean():.2f}; labels of the target after fit {np.unique(given[target]).tolist()}; "
              f"score() over all rows {scores[key][0]:.3f}, with the y that fit was given {scores[key][1]:.3f}")
assert all(right["int", name] > 0.8 for name in ("no adapter", "CORAL"))
assert all(scores["int", name][0] != scores["int", name][1] for name in ("no adapter", "CORAL"))
if min(kept.values()) > 0.99 or right["bool", "no adapter"] > 0.75 or right["bool", "CORAL"] > 0.75:
    raise SystemExit("Changed: fit leaves the labels of the caller alone, or masks boolean ones.")
PYTHON
echo "skada's fit writes into the caller's labels; with boolean ones it learns the whole target as True."
