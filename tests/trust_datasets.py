"""Datasets as the stage trust writes them, of numbers that are known: the declared schema, nothing computed."""

import numpy as np
import xarray as xr

from repshift.vocabulary import about

SCORES = {
    "pixel_std": ("pixel standard deviation", 0.85),
    "mahalanobis_C41": ("Mahalanobis distance, C41", 0.6),
    "nearest_neighbours_C41": ("5 nearest neighbours, C41", 0.7),
    "predicted_std": ("predicted $\\sigma$", 0.3),
    "symmetry_scatter": ("scatter under symmetries", 0.4),
    "trial_disagreement": ("disagreement of trials", 0.5),
}
KINDS = {"plain": "plain", "weighted": "weighted", "over_std": "over $\\sigma$", "over_distance": "over distance"}
LEVELS = (0.5, 0.68, 0.8, 0.9, 0.95)
SHARES = np.linspace(0.1, 1, 10)


def trust_dataset(
    rng,
    *,
    domain="home",
    suite="MockTNG",
    scores=SCORES,
    parameters=("Omega_m", "sigma_8"),
    classes=False,
    labels=True,
    n_maps=80,
    model="first",
    n_bins=10,
):
    """Return the trust of a model on a domain; without labels its values and what tells its maps apart."""
    names, inside = list(scores), domain == "home"
    n = len(names), len(parameters)
    scale = 1.0 if inside else 4.0
    error = rng.normal(size=(n_maps, n[1])) * scale * 0.03
    noise = rng.normal(size=(n[0], n[1], n_maps))
    sizes = np.log(np.abs(error.T) + 0.01)
    share = np.array([one[1] for one in scores.values()])[:, None, None]
    by_parameter = np.exp(share * sizes + (1 - share) * noise)
    variables = {
        "values": (("score", "map"), by_parameter.mean(axis=1)),
        "values_by_parameter": (("score", "parameter", "map"), by_parameter),
    }
    numbers = {"auc_domain": (("score",), rng.uniform(0.5, 1, n[0]))} if not inside else {}
    if labels:
        variables["error"] = (("map", "parameter"), error)
        of_score = ("score", "parameter")
        risk = scale * 0.03 * (1 - 0.6 * (1 - SHARES) * np.ones((*n, 1)) * share)
        numbers |= {
            "rank_correlation": (of_score, share[..., 0] * np.ones(n) - 0.1 * np.arange(n[1])),
            "auc_worst_tenth": (of_score, 0.5 + share[..., 0] / 2 * np.ones(n)),
            "risk_area": (of_score, 1 - 0.4 * share[..., 0] * np.ones(n)),
            "risk_coverage": ((*of_score, "share"), risk),
            "conformal_coverage": (
                ("kind", "parameter", "level"),
                np.ones((4, n[1], 1)) * LEVELS / (1 if inside else 2),
            ),
        }
        if classes:
            bins = np.linspace(0.5, 1, n_bins)
            numbers |= {"accuracy": (("bin",), bins * 0.9), "confidence": (("bin",), bins)}
        else:
            pit = np.abs(np.linspace(-1, 1, n_bins)) + 0.3
            numbers["pit"] = (("parameter", "bin"), np.ones((n[1], 1)) * pit / pit.sum())
            numbers["coverage"] = (
                ("parameter", "level"),
                np.ones((n[1], 1)) * np.array(LEVELS) * (0.9 if inside else 0.4),
            )
        width = "conformal_set_size" if classes else "conformal_half_width"
        variables[width] = (("kind", "parameter", "level"), rng.uniform(0.05, 0.2, (4, n[1], len(LEVELS))))
        bounded = np.ones((4, n[1], len(LEVELS)))
        bounded[1] = 0.8
        variables["conformal_bounded"] = (("kind", "parameter", "level"), bounded)
        for end, sign in (("lowest", -1), ("highest", 1)):
            dims, values = numbers["conformal_coverage"]
            variables[f"conformal_coverage_{end}"] = (dims, values + sign * 0.08)
    for name, (dims, values) in numbers.items():
        for end, change in (("", 0), ("_low", -0.05), ("_high", 0.05)):
            variables[f"{name}{end}"] = (dims, values + change * (0.05 if name == "risk_coverage" else 1))
    coords = {
        "score": names,
        "score_label": ("score", [one[0] for one in scores.values()]),
        "parameter": list(parameters),
    }
    coords |= {
        "share": SHARES,
        "level": list(LEVELS),
        "kind": list(KINDS),
        "kind_label": ("kind", list(KINDS.values())),
    }
    attributes = {"model": model, "field": "T", "train_suite": "MockTNG", "domain": domain, "test_suite": suite}
    coords["simulation"] = ("map", np.arange(n_maps) // 5)
    attributes |= {
        "in_distribution": str(inside).lower(),
        "baseline": "pixel_std",
        "level": 0.9,
        "level_attainable": 0.923,
    }
    return _described(xr.Dataset(variables, coords, attributes))


def _described(dataset):
    """Return a dataset whose variables say their unit and what they are."""
    for name, variable in dataset.data_vars.items():
        variable.attrs |= about(str(name))
    return dataset
