"""Datasets as the stage repair writes them, with random numbers: the declared schema, nothing computed."""

import numpy as np
import xarray as xr

from repshift.evidence.repair.quantities import AS_IT_IS, OTHER_MODEL, SKIES, empty_variables

RUNGS = {  # rung: label, kind, labelled, control
    AS_IT_IS: ("as it is", "bound", 0, ""),
    OTHER_MODEL: ("second", "bound", 0, ""),
    "batch_norm": ("batch-norm statistics", "repair", 0, ""),
    "recalibration": ("recalibration of outputs", "repair", 1, ""),
}
TRAINED = {
    AS_IT_IS: ("as it is", "bound", 0, ""),
    "source_training": ("source labels only", "control", 0, ""),
    "mmd": ("MMD", "repair", 0, "source_training"),
}
LABEL_FREE = {"mmd_rbf_last": "RBF MMD, last layer", "off_diagonal_mean": "mean of distinct layers"}


def repair_dataset(
    rng,
    *,
    rungs=RUNGS,
    model="first",
    domain="other",
    field="T",
    sizes=(1, 5, 25),
    priors=("same", "lower half of Omega_m", "random half"),
    n_splits=2,
    n_simulations=50,
    maps_each=2,
    parameters=("Omega_m", "sigma_8"),
    classes=(),
    layers=("C01", "C11", "C41"),
    labels=True,
):
    """Return a file of repairs of random numbers: a run a split."""
    entries = _entries(rungs, sizes, priors)
    runs = [(*entry, split) for entry in entries for split in range(n_splits)]
    n_maps = n_simulations * maps_each
    names = ("quality",) if classes else parameters
    lengths = {"run": len(runs), "map_target": n_maps, "map_source": n_maps, "split": n_splits}
    lengths |= {"parameter": len(names), "entry": len(entries), "judged_on": len(SKIES), "layer": len(layers)}
    lengths |= {"layer_other": len(layers), "label_free_name": len(LABEL_FREE)} | {"class": len(classes)}
    variables = empty_variables({k: n for k, n in lengths.items() if n}, classes=bool(classes))
    for _, values, _ in variables.values():
        if values.dtype.kind == "f":
            values[...] = rng.uniform(0.1, 0.9, values.shape)
    for name, (_, values, _) in variables.items():
        if name.endswith(("_low", "_high")):
            values[...] = variables[name.rpartition("_")[0]][1] + (0.1 if name.endswith("high") else -0.1)
    variables["needs_same_prior"][1][:] = ["" if one[2] == "bound" else "not known" for one in entries]
    variables["label_free_home"][1][:] = "as it is"
    for name in ("gain_over_control", "gain_over_control_low", "gain_over_control_high"):
        variables[name][1][[not one[5] for one in entries]] = np.nan
    for name in ("target", "home"):
        variables[f"judged_{name}"][1][...] = np.arange(n_maps) // maps_each % 2
        if classes:
            variables[f"class_{name}"][1][:] = np.resize(classes, n_maps)
    if not labels:
        variables = {name: value for name, value in variables.items() if name not in ("truth_target", "class_target")}
    coords = {"judged_on": list(SKIES), "parameter": list(names), "label_free_name": list(LABEL_FREE)}
    coords |= {"label_free_label": ("label_free_name", list(LABEL_FREE.values()))}
    coords |= {"layer": list(layers), "layer_other": list(layers)} | ({"class": list(classes)} if classes else {})
    coords |= _columns("entry", ("rung", "label", "kind", "n_simulations", "labelled", "control", "prior"), entries)
    coords |= _columns("run", ("rung", "label", "kind", "n_simulations", "labelled", "control", "prior", "split"), runs)
    for dimension, rows in (("entry", entries), ("run", runs)):
        settings = ["second" if one[0] == OTHER_MODEL else "" for one in rows]
        coords |= {f"{dimension}_setting": (dimension, settings), f"{dimension}_freeze": (dimension, [""] * len(rows))}
    coords |= {"entry_runs": ("entry", [n_splits] * len(entries))}
    coords |= {"run_seed": ("run", [0] * len(runs))}
    for sky, dimension in (("target", "map_target"), ("source", "map_source")):
        coords[f"{sky}_map"] = (dimension, [f"{sky} LH {place:05d}" for place in range(n_maps)])
        coords[f"{sky}_simulation"] = (dimension, np.arange(n_maps) // maps_each)
    attributes = {"model": model, "field": field, "train_suite": "One", "domain": domain, "test_suite": "Two"}
    attributes |= {"in_distribution": "false", "own_domain": "home", "score": "accuracy" if classes else "r2"}
    attributes |= {"score_label": "accuracy" if classes else "R^2", "prior_parameter": names[0], "prior_domain": ""}
    attributes |= {"layer_aligned": layers[-1], "mixing": 0.5, "splits": n_splits, "seed": 1, "resamples": 2000}
    attributes |= {"level": 0.95, "maps_each": maps_each, "tuned_maps_each": maps_each, "labels": str(labels).lower()}
    return xr.Dataset(variables, coords, attributes)


def _entries(rungs, sizes, priors):
    """Return rung, label, kind, simulations, labelled, control and prior of each entry."""
    found = []
    for rung, (label, kind, labelled, control) in rungs.items():
        if kind == "bound":
            found.append((rung, label, kind, 0, 0, "", "same"))
            continue
        found += [(rung, label, kind, size, labelled, control, "same") for size in sizes]
        found += [(rung, label, kind, sizes[-1] // 2, labelled, control, prior) for prior in priors if prior != "same"]
    return found


def _columns(dimension, names, rows):
    """Return a coordinate of each column of a list of rows."""
    return {
        f"{dimension}_{name}": (dimension, list(values))
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
