"""Latent space: maps of all domains of a network as its layers place them, before and after repair."""

from collections.abc import Mapping, Sequence

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import Plotting


def draw_latent_space(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    layers: Sequence[str] | None = None,
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw what the action `latent_space` of the stage repair writes of the domains of one model.

    Parameters
    ----------
    cases
        Dims network ("none": as it is; else the name of a repair), layer, method ("pca", "tsne"), map (of all domains),
        map_home (those of the model's own domain), axis (2), parameter. Variables position(network, layer, method, map,
        axis); position_home(network, layer, method, map_home, axis), maps of the own domain as the network that is not
        repaired places them, in the same picture; truth(map, parameter); trustworthiness, continuity,
        neighbours_kept(network, layer, method); same_domain_share(network, layer), same_domain_chance();
        variance_share(layer, axis). Coordinates network_label, map_domain, map_suite, map_simulation. Attributes model,
        domain, neighbours, perplexity, and those of every case.
    outputs
        Parameters that colour the points; none of these, or none given: the first.
    layers
        Those drawn; None: all.
    """
    raise NotImplementedError
