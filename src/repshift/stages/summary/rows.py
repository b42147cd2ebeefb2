"""What files of the stages influence and subsets hold, as rows of tables."""

import numpy as np
import xarray as xr

from repshift.storage.tables import Row

_OF_MAP = ("mean_share", "z_score")
_PIXELS = tuple(f"{kind}_{name}" for kind in ("pixel", "input") for name in ("minimum", "maximum", "mean", "std"))


def influential_map_rows(case: xr.Dataset) -> list[Row]:
    """Return a row for each of the ``influence_most`` maps of largest share of a case, and for all that are dominant.

    Pixels are in the unit of the field, inputs as the network takes them.
    """
    ranked = case.isel(map=np.argsort(case["rank"].to_numpy(), kind="stable"))
    listed = max(int(case.attrs["influence_most"]), int(case["dominant"].sum()))
    return [_influential_map_row(ranked.isel(map=index)) for index in range(listed)]


def _influential_map_row(one: xr.Dataset) -> Row:
    return {
        "rank": int(one["rank"]),
        "map": str(one["map"].item()),
        "simulation": int(one["simulation"]),
        "position": int(one["position"]),
        **{name: float(one[name]) for name in _OF_MAP},
        "dominant": "true" if int(one["dominant"]) else "false",
        "influence": float(one["influence"]),
        **{name: float(one[name]) for name in _PIXELS},
    }


def influence_rows(case: xr.Dataset) -> list[Row]:
    """Return a row for each estimator: the mean of distinct layers of all maps, and of what the choices leave.

    ``without_random`` is that without as many random maps as ``without_most`` leaves out, in the mean of the draws.
    """
    means = case.sel(number="off_diagonal_mean")
    return [_influence_row(means.sel(estimator=estimator)) for estimator in case["estimator"].to_numpy().tolist()]


def _influence_row(means: xr.Dataset) -> Row:
    most = int(means.attrs["influence_most"])
    block, random = means["block"], means.sel(removed=most)
    return {
        "estimator": str(means["estimator"].item()),
        "n_maps": means.sizes["map"],
        "n_dominant": int(means["dominant"].sum()),
        "most": most,
        "off_diagonal_mean": float(block.sel(choice="all")),
        "without_named": float(block.sel(choice="without_named")),
        "without_most": float(block.sel(choice="without_most")),
        "without_random": float(random["random_mean"]),
        "without_random_low": float(random["random_low"]),
        "without_random_high": float(random["random_high"]),
        "without_first_component": float(block.sel(choice="without_first_component")),
    }


def subset_rows(case: xr.Dataset) -> list[Row]:
    """Return a row for each estimator and size: what the mean of distinct layers and the leading share scatter by."""
    return [
        {
            "estimator": estimator,
            "n_simulations": size,
            **{
                f"{number}_{name}": float(case[name].sel(estimator=estimator, size=size, number=number))
                for number in ("off_diagonal_mean", "leading_share")
                for name in ("mean", "std", "low", "high")
            },
        }
        for estimator in case["estimator"].to_numpy().tolist()
        for size in case["size"].to_numpy().tolist()
    ]
