"""Which rows of two Gram matrices belong together: those of the same map, or of partners."""

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from repshift.vocabulary import InputError, Pairing

if TYPE_CHECKING:
    from xarray import DataArray


def require_same_maps(gram: Any, other: Any, *, pairing: Pairing = "map") -> None:  # noqa: ANN401 - arrays, with or without coordinates
    """Refuse Gram matrices of different numbers of maps, or of maps that are not each other's partners.

    Parameters
    ----------
    gram, other
        (..., n_maps, n_maps) each; an ``xarray.DataArray`` names its maps by the coordinates ``map`` and ``position``.
    pairing
        What makes row i of the one the partner of row i of the other. ``"map"``: they are the same map; compared where
        both name their maps. ``"simulation"``: they stand at the same position of their files, the same view of the
        same simulation; both must carry ``position``. That is a pair only where both files run through the same
        initial conditions, as the sets CV of two suites do.

    Raises
    ------
    InputError
        With both shapes, the first map that differs, or the coordinate that is missing.
    """
    if pairing not in get_args(Pairing):
        raise InputError(f"Unknown pairing '{pairing}'. The pairings are 'map' and 'simulation'.")
    shape, shape_other = (tuple(np.shape(each)) for each in (gram, other))
    if shape[-2:] != shape_other[-2:]:
        raise InputError(f"Gram matrices disagree on maps: {shape} and {shape_other}. Use the same maps for both.")
    label = "map" if pairing == "map" else "position"
    names, names_other = (
        each.coords[label] if label in getattr(each, "coords", ()) else None for each in (gram, other)
    )
    if names is None or names_other is None:
        if pairing == "simulation":
            raise InputError("Gram matrices that do not both carry the coordinate 'position' have no known partners.")
        return
    differ = np.flatnonzero(np.asarray(names) != np.asarray(names_other))
    if len(differ):
        what, rule = _WORDS[pairing]
        first = differ[0]
        name, name_other = names[first].item(), names_other[first].item()
        raise InputError(f"Gram matrices disagree on {what} {first}: '{name}' and '{name_other}'. {rule}")


def simulation_labels(gram: "DataArray", *, paired: bool = False) -> list[str]:
    """Return a label for the simulation of each map, another for every suite, which counts its own from 0.

    Where domains are `paired`, they show the same simulations, or partners: one label for both.
    """
    if paired:
        return [str(number) for number in gram["simulation"].values]
    return [f"{suite} {number}" for suite, number in zip(gram["suite"].values, gram["simulation"].values, strict=True)]


_WORDS: dict[Pairing, tuple[str, str]] = {
    "map": ("map", "Similarity compares representations of the same maps in the same order."),
    "simulation": ("the position of map", "Partners stand at the same position of their files."),
}
