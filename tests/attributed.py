"""Attributed maps that are known, as arrays: what the numbers of an attribution are made of."""

import numpy as np

from repshift.evidence.attribution.attributions import AttributedMaps, AttributedShift


def attributed_maps(attributions, inputs, *, sensitivities=None, simulations=None, **more):
    """Return maps (map, channel, y, x) and attributions (method, output, map, channel, y, x) of a baseline of 0."""
    n_methods, n_outputs, n_maps = attributions.shape[:3]
    names = tuple(f"method {number}" for number in range(n_methods))
    given = {
        "errors": np.full((n_methods, n_outputs, n_maps), np.nan),
        "values": np.ones((n_outputs, n_maps)),
        "baseline_values": np.zeros((n_outputs, n_maps)),
        "baselines": np.zeros_like(inputs),
    } | more
    return AttributedMaps(
        methods=names,
        method_labels=names,
        sensitivities=sensitivities or (False,) * n_methods,
        outputs=tuple(f"output {number}" for number in range(n_outputs)),
        channels=tuple(f"channel {number}" for number in range(inputs.shape[1])),
        attributions=attributions,
        inputs=inputs,
        simulations=np.arange(n_maps) if simulations is None else simulations,
        **given,
    )


def attributed_shift(gradients, inputs, twins, **more):
    """Return the attribution of a shift that is complete: outputs are what the contributions sum to."""
    values = (gradients * (twins - inputs)).sum(axis=(-3, -2, -1))
    given = {"values": np.zeros_like(values), "twin_values": values} | more
    return AttributedShift(
        outputs=tuple(f"output {number}" for number in range(len(gradients))),
        channels=tuple(f"channel {number}" for number in range(inputs.shape[1])),
        gradients=gradients,
        inputs=inputs,
        twins=twins,
        simulations=np.arange(len(inputs)),
        **given,
    )
