"""Datasets as the stage stress writes them, of curves that are known: R^2 falls with the square of the strength."""

import json

import numpy as np
import xarray as xr

from repshift.storage.datasets import write_dataset

OUTPUTS = ("Omega_m", "sigma_8")
LAYERS = ("C01", "C11", "FC2")
SCORES = {
    "cka_debiased_mean_rise": ("debiased CKA: rise of mean", "cka"),
    "mmd_linear_last": ("linear MMD, last layer", "distances"),
    "nearest_neighbour_last": ("nearest neighbour, last layer", "distances"),
    "sigma_ratio": ("predicted sigma", "outputs"),
    "pixel_std": ("pixels: standard deviation", "input"),
}
RAISED = (0.0, 2.0, 0.5, 1.0, 0.25)
"""How fast each score rises, over how fast R^2 of the first output falls: the first never does."""

AXES = {
    "noise": ("white noise", "dex", (0, 0.003, 0.01, 0.03, 0.1, 0.3), False, (0.1, 0.02)),
    "beam": ("beam, FWHM", "pixel", (0, 0.5, 1, 1.5, 2, 3), False, (1.2, 0.9)),
    "gain": ("gain", "dex", (-0.3, -0.1, -0.03, 0, 0.03, 0.1, 0.3), False, (0.15, 0.06)),
    "contrast": ("contrast", "share", (-0.3, -0.15, -0.05, 0, 0.05, 0.15, 0.3), True, (0.1, 0.1)),
    "shift": ("shift", "pixel", (0, 0.25, 0.5, 1, 2), False, (np.inf, np.inf)),
}
"""Label, unit, strengths, whether labels should change, and where each output's R^2 has fallen by 0.1."""

NUMBERS = ("r2", "r2_change", "rmse", "bias", "coverage", "sigma")
OF_CLASSES = ("accuracy", "accuracy_change", "log_loss", "log_loss_change", "calibration")


def stress_dataset(
    domain="home",
    *,
    model="first",
    inside=True,
    start=(0.94, 0.74),
    outputs=OUTPUTS,
    axes=AXES,
    of_classes=False,
    with_scores=True,
):
    """Return the stress of a model on a domain; out of distribution beginning where `start` says."""
    names, strengths = _levels(axes)
    directions = _branches(axes)
    variables = _curves(axes, names, strengths, start[: len(outputs)], of_classes=of_classes)
    variables |= _layers(names, strengths, axes)
    variables |= _breaks(axes, directions, len(outputs), start)
    if with_scores:
        variables |= _scores(axes, directions, names, strengths, variables["critical"][1], inside=inside)
    about = {
        name: {"label": label, "units": units, "moves_labels": moves, "kind": "perturbation", "physical_units": ""}
        for name, (label, units, _, moves, _) in axes.items()
    }
    for name in about.keys() & {"beam"}:
        about[name]["physical_units"] = "Mpc/h"
    variables["example"] = (("level", "y", "x"), _examples(strengths))
    coords = {
        "axis": ("level", np.array(names, dtype=object)),
        "strength": ("level", strengths),
        "physical": ("level", np.where(np.array(names) == "beam", strengths * 0.4, np.nan)),
        "output": list(outputs),
        "layer": list(LAYERS),
        "branch_axis": ("branch", [axis for axis, _ in directions]),
        "branch_direction": ("branch", [direction for _, direction in directions]),
    }
    if with_scores:
        coords |= {
            "score": list(SCORES),
            "score_label": ("score", [label for label, _ in SCORES.values()]),
            "score_family": ("score", [family for _, family in SCORES.values()]),
        }
    attributes = {
        **{"model": model, "field": "T", "train_suite": "TNG", "domain": domain},
        **{"test_suite": "TNG" if inside else "SIMBA", "in_distribution": "true" if inside else "false"},
        **{"axes": json.dumps(about), "logarithm": "taken", "n_simulations": 50},
    }
    dataset = xr.Dataset(variables, coords, attributes)
    for name in dataset.data_vars:
        dataset[name].attrs = {"units": "1", "long_name": str(name).replace("_", " ")}
    return dataset


def drawn_stress(domain="home", **how):
    """Return the same as a figure takes it: the attribute says what its axes are."""
    dataset = stress_dataset(domain, **how)
    return dataset.assign_attrs(axes=json.loads(dataset.attrs["axes"]))


def write_stress(folder, **how):
    """Write the stress of a model on a domain."""
    dataset = stress_dataset(**how)
    path = folder / f"stress_{dataset.attrs['model']}_{dataset.attrs['domain']}.nc"
    write_dataset(dataset, path)
    return path


def _levels(axes):
    """Return the axis and the strength of each level."""
    names = [name for name, (_, _, strengths, _, _) in axes.items() for _ in strengths]
    return names, np.array([one for _, _, strengths, _, _ in axes.values() for one in strengths], dtype=float)


def _branches(axes):
    """Return the axis and the direction of each branch."""
    signed = {name: min(strengths) < 0 for name, (_, _, strengths, _, _) in axes.items()}
    return [(name, direction) for name in axes for direction in (("up", "down") if signed[name] else ("up",))]


def _falls(axes, names, strengths):
    """Return by how much R^2 of each output has fallen, (level, output)."""
    critical = np.array([axes[name][4] for name in names])
    return 0.1 * (np.abs(strengths)[:, None] / critical) ** 2


def _curves(axes, names, strengths, start, *, of_classes):
    falls = _falls(axes, names, strengths)[:, : len(start)]
    start = np.array(start)
    held = dict.fromkeys(OF_CLASSES if of_classes else NUMBERS, np.abs(falls))
    for name in ("accuracy", "r2"):
        held |= {name: start - falls, f"{name}_change": -falls} if name in held else {}
    held |= {"log_loss": 0.3 + falls, "log_loss_change": falls} if of_classes else {}
    variables = {}
    for name, values in held.items():
        width = 0.02 * ("change" not in name) + 0.2 * falls
        for end, sign in (("", 0), ("_low", -1), ("_high", 1)):
            variables[f"{name}{end}"] = (("level", "output"), values + sign * width)
    variables["floored"] = ("level", np.zeros(len(strengths), dtype=np.int64))
    return variables


def _layers(names, strengths, axes):
    falls = _falls(axes, names, strengths)[:, :1] * np.arange(1, len(LAYERS) + 1)
    held = {"drift_cka": 1 / (1 + falls), "drift_distance": np.sqrt(falls)}
    return {
        f"{name}{end}": (("level", "layer"), values * (1 + sign * 0.05))
        for name, values in held.items()
        for end, sign in (("", 0), ("_low", -1), ("_high", 1))
    }


def _with_ends(name, dimensions, values):
    """Return a number with ends a fifth below and above."""
    return {
        name: (dimensions, values),
        f"{name}_low": (dimensions, values * 0.8),
        f"{name}_high": (dimensions, values * 1.25),
    }


def _ends_of(axes, directions):
    """Return the largest strength of each branch."""
    return np.array([max(np.array(axes[axis][2]) * (1 if way == "up" else -1)) for axis, way in directions])


def _breaks(axes, directions, n_outputs, start):
    critical = np.array([axes[axis][4] for axis, _ in directions])[:, :n_outputs]
    critical = np.where(critical <= _ends_of(axes, directions)[:, None], critical, np.inf)
    critical = np.where(np.array(start[:n_outputs]) >= 0.1, critical, np.nan)
    slope = np.where(np.isfinite(critical), -0.1 / critical, 0.0)
    variables = _with_ends("critical", ("branch", "output"), critical)
    return variables | {
        "slope": (("branch", "output"), slope),
        "slope_low": (("branch", "output"), slope * 1.25),
        "slope_high": (("branch", "output"), slope * 0.8),
    }


def _scores(axes, directions, names, strengths, critical, *, inside):
    falls = np.minimum(_falls(axes, names, strengths)[:, :1], 10.0)
    moved = np.where(np.array(names)[:, None] == "shift", np.abs(strengths)[:, None], falls)
    values = np.repeat((moved * RAISED)[..., None], 20, axis=-1) + np.linspace(-0.02, 0.02, 20)
    first = np.array([axes[axis][4][0] for axis, _ in directions])
    first = np.where(np.isfinite(first), first, 0.4)[:, None]
    with np.errstate(divide="ignore"):
        score_critical = first / np.sqrt(np.array(RAISED))
    ends = _ends_of(axes, directions)[:, None]
    score_critical = np.where(score_critical <= ends, score_critical, np.inf)
    with np.errstate(invalid="ignore"):
        ratio = score_critical[:, :, None] / critical[:, None, :]
    false_alarm = np.isinf(critical).all(axis=1)[:, None] & np.isfinite(score_critical)
    variables = {
        "score_value": (("level", "score", "division"), values),
        "score_null": (("score", "division"), np.tile(np.linspace(-0.05, 0.05, 20), (len(SCORES), 1))),
        "score_limit": ("score", np.full(len(SCORES), 0.05)),
        "false_alarm": (("branch", "score"), false_alarm.astype(np.int8)),
        **_with_ends("score_critical", ("branch", "score"), score_critical),
        **_with_ends("early_warning", ("branch", "score", "output"), ratio),
    }
    if not inside:
        position = 2 * score_critical
        position = np.where(position <= ends, position, np.inf)
        variables |= _with_ends("position", ("branch", "score"), position)
        variables["score_suite"] = (("score", "division"), np.full((len(SCORES), 20), 0.3))
    return variables


def _examples(strengths):
    rng = np.random.default_rng(4)
    first = np.exp(rng.normal(size=(24, 24)))
    noise = rng.normal(size=(24, 24))
    return np.stack([first * 10 ** (strength * noise) for strength in strengths]).astype(np.float32)
