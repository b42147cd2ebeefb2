"""Datasets of latent space as the stage repair writes them, of numbers that are known."""

import numpy as np
import xarray as xr

NETWORKS = {"none": "as it is", "batch_norm": "batch-norm statistics"}


def latent_dataset(
    rng,
    *,
    domains=(("home", "MockTNG"), ("away", "MockSIMBA")),
    networks=NETWORKS,
    layers=("C41",),
    methods=("pca", "tsne"),
    parameters=("Omega_m", "sigma_8"),
    n_maps=60,
    labels=True,
    classes=(),
    model="first",
):
    """Return maps of domains, of which another lies apart from the own before a repair and within it after."""
    total = n_maps * len(domains)
    names = np.repeat([name for name, _ in domains], n_maps)
    truth = rng.uniform(0.1, 0.5, (total, len(parameters)))
    shape = (len(networks), len(layers), len(methods), total, 2)
    position = rng.normal(size=shape) * 0.3
    position[..., 0] += 6 * truth[:, 0]
    position[0, ..., 1] += 4 * (names != domains[0][0])
    variables = {
        "position": (("network", "layer", "method", "map", "axis"), position),
        "position_home": (("network", "layer", "method", "map_home", "axis"), position[:, :, :, :n_maps] + 0.2),
        "variance_share": (("layer", "axis"), np.tile([0.6, 0.2], (len(layers), 1))),
        "same_domain_share": (
            ("network", "layer"),
            np.linspace(0.98, 0.6, len(networks) * len(layers)).reshape(-1, len(layers)),
        ),
        "same_domain_chance": ((), 0.496),
    }
    for name, value in (("trustworthiness", 0.93), ("continuity", 0.95), ("neighbours_kept", 0.41)):
        variables[name] = (("network", "layer", "method"), np.full(shape[:3], value))
    if classes:
        variables["true_class"] = ("map", np.resize(np.array(classes, dtype=object), total))
    else:
        if not labels:
            truth[names != domains[0][0]] = np.nan
        variables["truth"] = (("map", "parameter"), truth)
    coords = {"network": list(networks), "network_label": ("network", list(networks.values())), "layer": list(layers)}
    coords |= {
        "method": list(methods),
        "map_domain": ("map", names),
        "map_suite": ("map", np.repeat([s for _, s in domains], n_maps)),
    }
    coords |= {} if classes else {"parameter": list(parameters)}
    attributes = {"model": model, "field": "T", "domain": domains[-1][0], "own_domain": domains[0][0], "neighbours": 10}
    attributes |= {"train_suite": domains[0][1], "test_suite": domains[-1][1], "perplexity": 30.0}
    return xr.Dataset(variables, coords, attributes)
