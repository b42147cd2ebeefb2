#!/usr/bin/env bash
# Guess: importing a package that calibrates probabilities changes nothing outside of it. A division 0 / 0 or a log of 0 in
# one's own code goes on to warn, and raises where warnings are errors (python -W error, pytest, simplefilter).
# Instead: import venn_abers turns numpy's warnings of division and of invalid values off, for the whole thread. A NaN that
# a test would have stopped at goes through: python -W error ends with 0. The package needs it for one function. Overflow
# still warns. numpy.errstate(all="warn") around one's own code brings them back.
# Source: venn_abers/venn_abers.py of the version below: numpy.seterr at the top of the module. Neither its docstrings nor an
# issue found speak of it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "venn-abers==1.5.4" "numpy==2.4.6" "pandas==3.1.1" \
  "scikit-learn==1.9.1"

venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np

def told():
    """Return the warnings of a reliability curve with an empty bin, of a log loss of probability 0, and of an overflow."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.array([3.0, 0.0]) / np.array([4, 0])
        np.log(np.array([0.0, 1.0]))
        np.float32(1e38) * np.array([10], np.float32)
    return [str(warning.message) for warning in caught]

before = told()
import venn_abers
after = told()
with np.errstate(all="warn"):
    inside = told()
print(f"venn-abers {version('venn-abers')}, numpy {np.__version__}")
print("before the import:", before)
print("after the import:", after)
assert len(before) == 3 and inside == before and any("overflow" in text for text in after)
if len(after) != 1:
    raise SystemExit("Changed: numpy warns after the import as before it.")
PYTHON
echo "After import venn_abers, numpy no longer warns of 0 / 0 and log(0) anywhere in the thread."
