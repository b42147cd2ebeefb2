"""Datasets as the stage pruning writes them, of numbers that are known: the declared schema, nothing computed."""

import numpy as np
import xarray as xr

from repshift.vocabulary import about

SINGLE = ("C02", "C11", "C12", "C21", "C22", "C31", "C32", "C41")
LOST = (1.16, 3.7, 0.5, 0.19, 0.03, 0.08, 0.01, 0.0)
CKA = (0.952, 0.965, 0.932, 0.961, 0.969, 0.938, 0.958, 0.99)
RUNS = {"C21 to C22": (2, "C21"), "C22 to C32": (3, "C22"), "C12 to C41": (6, "C12")}
WAYS = ("identity", "linear")
CAUSES = ("cka_reached", "cka_at_home", "cka_difference")
MOVED = ("all", "build", "remove", "match")
ENTRIES = [("none", 0), ("control", 0), *((kind, w) for kind in ("build", "remove", "match") for w in (3, 30))]
RELATIONS = ("cka_with_neighbour", "depth", "parameters_saved")


def pruning_dataset(
    rng,
    *,
    domain="home",
    suite="MockTNG",
    model="first",
    parameters=("Omega_m", "sigma_8"),
    runs=RUNS,
    layers=SINGLE,
    classes=False,
):
    """Return what replaced layers lose on a domain: the linear map as in `LOST`, the identity far more."""
    changes = [*layers, *runs]
    lost = np.array([*np.resize(LOST, len(layers)), *(0.05 * n**2 for n, _ in runs.values())])
    scale = np.array([3.0, 1.0])[None, :, None] * (1 + np.arange(len(parameters))) * (1 if domain == "home" else 4)
    values = lost[:, None, None] * scale + 0.02 + rng.normal(size=(len(changes), 2, len(parameters))) * 0.01
    values = np.clip(values, -1, 0.5) if classes else values
    values[0, 0] = np.nan
    dims = ("change", "way", "parameter")
    numbers = {"score_lost": (dims, values), "score": (dims, 0.9 - values)}
    numbers["score_unchanged"] = (("parameter",), np.full(len(parameters), 0.9))
    numbers["rank_correlation"] = (("relation", "way", "parameter"), rng.uniform(-1, 1, (3, 2, len(parameters))))
    variables = {"depth": ("change", np.array([*range(2, 2 + len(layers)), *(3.0 for _ in runs)]))}
    variables["cka_with_neighbour"] = ("change", np.array([*np.resize(CKA, len(layers)), *(0.8 for _ in runs)]))
    variables["parameters_saved"] = (("change", "way"), np.linspace(1e3, 2e5, 2 * len(changes)).reshape(-1, 2))
    variables["n_layers"] = ("change", np.array([*(1 for _ in layers), *(n for n, _ in runs.values())]))
    return _dataset(numbers, variables, changes, domain, suite, model, parameters, classes)


def retrained_dataset(rng, *, control=0.89, **how):
    """Return the same after training: a tenth of it is lost, of the control's score."""
    before = pruning_dataset(rng, **how)
    dims = ("change", "way", "parameter")
    after = {f"score_lost{end}": (dims, before[f"score_lost{end}"].values / 10) for end in ("", "_low", "_high")}
    first = {f"score_lost_before{end}": (dims, before[f"score_lost{end}"].values) for end in ("", "_low", "_high")}
    n = before.sizes["parameter"]
    ends = {"": 0, "_low": -0.05, "_high": 0.05}
    controls = {f"score_control{end}": ("parameter", np.full(n, control + more)) for end, more in ends.items()}
    return _described(before.assign({**after, **first, **controls}))


def cause_dataset(rng, *, domain="MockSIMBA", suite="MockSIMBA", model="first", parameters=("Omega_m", "sigma_8")):
    """Return runs whose CKA was moved by the loss: more of it, less of the score."""
    runs = [("none", 0.0, 0)]
    for seed in range(2):
        runs += [("control", 0.0, seed), *((kind, w, seed) for kind in ("build", "remove", "match") for w in (3, 30))]
    push = {"none": 0, "control": 0.02, "build": 0.1, "remove": -0.2, "match": -0.1}
    reached = np.array([0.6 + push[kind] * (1 + w / 40) for kind, w, _ in runs])
    target = 0.9 - 3 * reached[:, None] - np.arange(len(parameters)) + rng.normal(size=(len(runs), 1)) * 0.3
    source = np.full((len(runs), len(parameters)), 0.9) - 0.1 * (np.array([w for _, w, _ in runs]) > 10)[:, None]
    variables = {
        "cka_reached": ("run", reached),
        "target_score": (("run", "parameter"), target),
        "source_score": (("run", "parameter"), source),
        "home_held": ("run", (source[:, 0] > 0.85).astype(np.int8)),
    }
    variables |= _cause_entries(rng, parameters)
    coords = {"run_kind": ("run", [kind for kind, _, _ in runs]), "run_weight": ("run", [w for _, w, _ in runs])}
    coords |= {"run_seed": ("run", [seed for *_, seed in runs]), "parameter": list(parameters)}
    coords |= {"run_split": ("run", [0] * len(runs)), "relation": list(CAUSES), "moved": list(MOVED)}
    coords |= {"entry_kind": ("entry", [kind for kind, _ in ENTRIES])}
    coords |= {"entry_weight": ("entry", [float(weight) for _, weight in ENTRIES])}
    return _described(xr.Dataset(variables, coords, _attributes(domain, suite, model, classes=False)))


def _cause_entries(rng, parameters):
    """Return the numbers of entries, and what goes with them, whose intervals are a tenth wide to each side."""
    n = len(parameters)
    gain = np.array([np.nan, np.nan, 0.05, 0.05, 0.3, 0.3, -0.3, -0.3])[:, None] * np.ones(n)
    home = np.array([np.nan, np.nan, 0, -0.2, 0, -0.2, 0, -0.2])[:, None] * np.ones(n)
    numbers = {"score_target": np.nan_to_num(gain) - 1, "score_home": np.nan_to_num(home) + 0.9}
    numbers |= {"gain": gain, "gain_at_home": home}
    variables = {
        f"{name}{end}": (("entry", "parameter"), values + change)
        for name, values in numbers.items()
        for end, change in (("", 0), ("_low", -0.1), ("_high", 0.1), ("_lowest", -0.2), ("_highest", 0.2))
    }
    for name in ("rank_correlation", "rank_correlation_held"):
        for end, change in (("", 0), ("_low", -0.5), ("_high", 0.5)):
            values = np.full((len(CAUSES), len(MOVED), n), 0.3 + change)
            variables[f"{name}{end}"] = (("relation", "moved", "parameter"), values)
    variables["reached"] = (("relation", "entry"), rng.uniform(0.5, 0.9, (len(CAUSES), len(ENTRIES))))
    return variables | {"runs_held": ((), 6)}


def _dataset(numbers, variables, changes, domain, suite, model, parameters, classes):
    """Return a dataset of numbers with ends and of variables without."""
    for name, (dims, values) in numbers.items():
        for end, change in (("", 0), ("_low", -0.05), ("_high", 0.05)):
            variables[f"{name}{end}"] = (dims, values + change)
    coords = {"change": changes, "way": list(WAYS), "parameter": list(parameters), "relation": list(RELATIONS)}
    attributes = _attributes(domain, suite, model, classes=classes) | {"parameters": 1_000_000}
    return _described(xr.Dataset(variables, coords, attributes))


def _attributes(domain, suite, model, *, classes):
    found = {"model": model, "field": "T", "train_suite": "MockTNG", "domain": domain, "test_suite": suite}
    return found | {"in_distribution": str(domain == "home").lower(), "score": "accuracy" if classes else "r2"}


def _described(dataset):
    """Return a dataset whose variables say their unit and what they are."""
    for name, variable in dataset.data_vars.items():
        variable.attrs |= about(str(name))
    return dataset
