#!/usr/bin/env bash
# Guess: a variable of two dimensions that is handed to Dataset as data is a data variable, also where it bears the name
# of one of its dimensions (a table of scores by score and domain): only a variable along that dimension alone is an
# index coordinate.
# Instead: it becomes a coordinate without a word. Then dataset * 2 leaves it as it was, dataset.mean() drops it, the
# table of to_dataframe() has a level and a column of one name and refuses reset_index(), and labels of the dimension
# take its place. The values are right only where they are picked by name.
# Source: xarray, Dataset.__init__ of the version below (variables named as dimensions are moved to the coordinates);
# seen on scores (score, domain, output) of a comparison.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "xarray==2026.9.0" "numpy==2.4.6" "pandas==3.1.1"

venv/bin/python - <<'PYTHON'
import numpy as np
import xarray as xr

print("xarray", xr.__version__)
values = np.arange(10.0, 16.0).reshape(3, 2)
dataset = xr.Dataset({"score": (("score", "domain"), values), "rest": ("domain", [1.0, 2.0])})
print("data variables:", list(dataset.data_vars), "coordinates:", list(dataset.coords))
doubled, mean, table = dataset * 2, dataset.mean("domain"), dataset.to_dataframe()
print("score after * 2:", doubled["score"].values.ravel().tolist(), "rest:", doubled["rest"].values.tolist())
print("variables after mean:", list(mean.variables))
try:
    table.reset_index()
    raise SystemExit("reset_index() works now")
except ValueError as error:
    print("reset_index of the table:", error)
labelled = dataset.assign_coords(score=["a", "b", "c"])["score"]
print("score once the dimension has labels:", labelled.dims, labelled.values.tolist())
assert "score" in dataset.coords and "score" not in dataset.data_vars
assert np.array_equal(doubled["score"], values), "arithmetic leaves it as it was"
assert "score" not in mean.variables, "a mean drops it"
assert labelled.dims == ("score",), "labels take its place"
PYTHON
