"""Datasets as the stage attribution writes them, of numbers that are known."""

import numpy as np
import xarray as xr

from repshift.evidence.attribution.places import distance_coordinates, ranks_of_pixels, scale_coordinates, words
from repshift.evidence.attribution.quantities import MAP_QUANTITIES, SHIFT_QUANTITIES
from repshift.evidence.attribution.verdicts import verdicts, verdicts_over_input
from repshift.statistics.peaks import distance_edges
from repshift.statistics.resampling import Interval
from repshift.statistics.scales import scales_of
from repshift.storage.datasets import write_dataset

OUTPUTS = ("Omega_m", "sigma_8")
METHODS = {
    "gradient": ("gradient", True),
    "integrated_gradients": ("integrated gradients", False),
    "occlusion": ("occlusion", False),
}
"""Label, and whether it is a sensitivity."""

FILLS = ("blur",)
DEPTHS = ("FC2", "FC1", "C41", "all", "untrained")
LAYERS = ("C01", "C11", "FC2")
SIZE = 24
GAINS = (0.0, 0.02, 0.07)
"""How much each method gains over random order: the first nothing."""

INPUT_GAIN = -0.03
"""The same of the order of the input, whose size is what a method has to beat."""

_NULLS = {
    **{
        name: tuple(
            one.format(name)
            for one in (
                *("{}_curve", "{}_gain", "{}_verdict"),
                *("input_{}_gain", "{}_gain_over_input", "{}_verdict_over_input"),
            )
        )
        for name in ("insertion", "deletion")
    },
    "randomisation": ("randomisation_signed", "randomisation_absolute", "null_attribution"),
}


def attribution_dataset(
    domain="home",
    *,
    model="first",
    inside=True,
    methods=METHODS,
    outputs=OUTPUTS,
    channels=("T",),
    fills=FILLS,
    nulls=("deletion", "randomisation"),
    n_maps=12,
):
    """Return the attributions of a model on a domain; out of distribution with the changes from its own."""
    coords = _coords(n_maps, outputs, channels) | {
        "method": words(methods),
        "method_label": ("method", words([label for label, _ in methods.values()])),
        "sensitivity": ("method", np.array([is_one for _, is_one in methods.values()], dtype=np.int8)),
        "method_other": words(methods),
        "order": words([*methods, "input", "random"]),
        "fill": words(fills),
        "step": np.linspace(0, 0.5, 9),
        "depth": words(DEPTHS),
        **scale_coordinates(scales_of((SIZE, SIZE), per_octave=2), pixel=0.4, pixel_units="Mpc/h"),
        **distance_coordinates(distance_edges((SIZE, SIZE))),
    }
    left_out = {name for null, names in _NULLS.items() if null not in nulls for name in names}
    left_out |= {name for name in MAP_QUANTITIES if inside and name.endswith("_change")}
    quantities = [one for name, one in MAP_QUANTITIES.items() if name not in left_out]
    dataset = xr.Dataset(_invented(quantities, coords), _held(coords, quantities), _attributes(model, domain, inside))
    return dataset.assign_attrs(example=0, environment="Mtot", baseline="mean")


def shift_dataset(
    domain="home", twin="twin", *, model="first", outputs=OUTPUTS, channels=("T",), layers=LAYERS, n_maps=12
):
    """Return the attribution of the shift between a domain and its twin."""
    coords = _coords(n_maps, outputs, channels) | {
        "layer": words(layers),
        **scale_coordinates(scales_of((SIZE, SIZE), per_octave=1, with_mean=True), pixel=0.4, pixel_units="Mpc/h"),
        **ranks_of_pixels("pixel_value"),
    }
    quantities = [one for one in SHIFT_QUANTITIES.values() if layers or "layer" not in one.dims]
    variables = _invented(quantities, coords)
    for name in ("environment_shift", "scale_shift", "pixel_value_shift", "channel_shift"):
        _share_out(variables, name)
    dataset = xr.Dataset(variables, _held(coords, quantities), _attributes(model, domain, inside=True))
    return dataset.assign_attrs(twin=twin, twin_suite="SIMBA-twin", environment="Mtot")


def write_attribution(folder, **how):
    """Write the attributions of a model on a domain."""
    return _write(attribution_dataset(**how), folder, "attribution")


def write_shift(folder, **how):
    """Write the attribution of a shift."""
    return _write(shift_dataset(**how), folder, "shift")


def _write(dataset, folder, kind):
    path = folder / f"{kind}_{dataset.attrs['model']}_{dataset.attrs['domain']}.nc"
    write_dataset(dataset, path)
    return path


def _coords(n_maps, outputs, channels):
    return {
        "simulation": ("map", np.arange(n_maps)),
        "output": words(outputs),
        "channel": words(channels),
        **ranks_of_pixels("environment"),
    }


def _held(coords, quantities):
    """Return the coordinates along dimensions that some quantity has."""
    dims = {dim for one in quantities for dim in one.dims}
    along = {name: value[0] if isinstance(value, tuple) else name for name, value in coords.items()}
    return {name: value for name, value in coords.items() if along[name] in dims}


def _sizes(coords):
    sizes = {name: len(value[1] if isinstance(value, tuple) else value) for name, value in coords.items()}
    return sizes | {"map": sizes["simulation"], "y": SIZE, "x": SIZE}


def _invented(quantities, coords):
    """Return a value of each quantity that is plausible for what it is, with ends a fifth away."""
    rng, sizes = np.random.default_rng(19), _sizes(coords)
    variables = {}
    for one in quantities:
        shape = tuple(sizes[dim] for dim in one.dims)
        if "_verdict" in one.name:
            said = verdicts_over_input if one.name.endswith("_over_input") else verdicts
            ends = [variables[f"{one.name.replace('verdict', 'gain')}{end}"][1] for end in ("_low", "_high")]
            variables |= one.variables(said(*ends))
        elif not one.has_ends:
            variables |= one.variables(_array(one.name, shape, rng))
        else:
            values = _number(one, shape, sizes)
            reach = 0.2 * np.abs(values) + 0.005
            variables |= one.variables(values, Interval(values - reach, values + reach))
    return variables


def _array(name, shape, rng):
    if name in ("attribution", "null_attribution"):
        return (0.01 * rng.normal(size=shape)).astype(np.float32)
    if name in ("input", "twin_input"):
        return rng.normal(size=shape).astype(np.float32)
    if name.endswith("_pixel_share"):
        return np.array([0.5, 0.3, 0.15, 0.04, 0.01])
    if name.endswith("_error"):
        return 0.001 * rng.normal(size=shape)
    return rng.uniform(0.2, 0.8, size=shape)


def _number(one, shape, sizes):
    """Return numbers that fall along their last axis, but where they mean something else."""
    grid = np.indices(shape)
    if one.name.endswith("_curve"):
        gains = np.append(np.resize(GAINS, sizes["method"]), [INPUT_GAIN, 0.0])
        rise = np.linspace(0, 1, sizes["step"])
        return np.broadcast_to((0.1 + gains[:, None, None]) * rise, shape).copy()
    if one.name.startswith("input_") and one.name.endswith("_gain"):
        return np.full(shape, INPUT_GAIN)
    if one.name.endswith("_gain_over_input"):
        return np.broadcast_to(np.resize(GAINS, sizes["method"])[:, None] - abs(INPUT_GAIN), shape).copy()
    if one.name.endswith("_gain"):
        return np.broadcast_to(np.resize(GAINS, sizes["method"])[:, None], shape).copy()
    if one.name.startswith("randomisation"):
        floor = 0.3 if one.name.endswith("absolute") else 0.0
        return 0.5 * 0.5 ** grid[0] * (grid[0] < sizes["depth"] - 2) + floor
    if one.name == "agreement":
        return 1 / (1 + np.abs(grid[0] - grid[1]).astype(float))
    if one.name.endswith("_change"):
        return 0.1 * (1.0 - grid[-1])
    if one.name.endswith("share"):
        values = 0.5 ** grid[-1].astype(float)
        return values / values.sum(axis=-1, keepdims=True)
    base = 0.01 if one.name in ("completeness", "remainder") else 0.5
    return base * 0.8 ** grid[-1] * (1 + grid[0]) if shape else np.array(base)


def _share_out(variables, name):
    """Scale the parts of a shift so that they add up, with the remainder, to it."""
    whole = variables["shift"][1] - variables["remainder"][1]
    factor = (whole / variables[name][1].sum(axis=-1))[:, None]
    for end in ("", "_low", "_high"):
        dims, values, attributes = variables[f"{name}{end}"]
        variables[f"{name}{end}"] = (dims, values * factor, attributes)


def _attributes(model, domain, inside):
    return {
        **{"model": model, "field": "T", "train_suite": "TNG", "domain": domain},
        **{"test_suite": "TNG" if inside else "SIMBA", "in_distribution": "true" if inside else "false"},
        **{"logarithm": "taken", "n_simulations": 12, "pixel": 0.4, "pixel_units": "Mpc/h"},
    }
