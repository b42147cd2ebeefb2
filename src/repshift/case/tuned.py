"""Which simulations of a domain made the network that is shown them: those that a repair saw."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.vocabulary import FEWEST_SIMULATIONS, InputError

_SIDES: Final = ("target", "source")


def simulations_seen(shown: OpenCase) -> npt.NDArray[np.int64]:
    """Return which simulations of the split of a case a repair of its network saw, by their number in the file.

    They are those that the provenance of the model's file names, of the same maps by their checksum; of a network that
    was repaired several times those of every repair.
    """
    seen: set[int] = set()
    repair = shown.description.provenance.get("repair")
    while repair is not None:
        for side in _SIDES:
            record = repair.get(side)
            if record is not None and record["maps_sha256"] == shown.simulations.sha256:
                seen |= set(record["simulations"])
        repair = repair.get("before")
    split = shown.split()
    return split[np.isin(split, sorted(seen))]


def held_out(shown: OpenCase) -> npt.NDArray[np.int64]:
    """Return the simulations of the split of a case that no repair of its network saw.

    Raises
    ------
    InputError
        If a repair saw some, and fewer than ten are left.
    """
    split, seen = shown.split(), simulations_seen(shown)
    left = split[~np.isin(split, seen)]
    if len(seen) and len(left) < FEWEST_SIMULATIONS:
        raise InputError(
            f"The repair that made the model saw {len(seen)} of the {len(split)} simulations of domain "
            f"'{shown.domain.name}', and {len(left)} are left to be judged. Expected {FEWEST_SIMULATIONS} or more: "
            "repair it from fewer simulations, or from another set."
        )
    return left
