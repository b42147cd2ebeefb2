"""What `repshift new` chooses by the data and the names of their files, where nobody says it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from repshift.inspection.maps import Contents

_OF_CMD: Final = re.compile(r"Maps_(?P<field>[A-Za-z]+)_.+_z=[0-9.]+\.npy")
"""The name of a file of maps of CMD."""


def logarithm_of(contents: Mapping[str, Contents], field: str) -> tuple[bool, str]:
    """Return whether log10 of the maps is taken, and why."""
    if any(found.kind == "uint8" for found in contents.values()):
        return False, "left out, for these are images of 8 bits"
    below = [found.source for found in contents.values() if not found.has_logarithm(field)]
    if below:
        return False, f"left out, for {below[0]} holds pixels that are zero or negative"
    part = "" if all(found.is_whole for found in contents.values()) else " that were looked at"
    return True, f"taken, for all pixels{part} are positive; if the network reads the maps as they are, write false"


def fields_of_cmd(maps: Mapping[str, str]) -> set[str]:
    """Return the fields that the names of all files say, where they are as CMD's."""
    found = [_OF_CMD.fullmatch(Path(path).name) for path in maps.values()]
    return {one["field"] for one in found if one} if all(found) else set()


def bands_of(named: Sequence[str], n_bands: int) -> tuple[str, ...]:
    """Return the names of the bands: as they are given, else r, g, b of three."""
    if named or n_bands == 1:
        return tuple(named)
    return ("r", "g", "b") if n_bands == 3 else tuple(f"band{number}" for number in range(1, n_bands + 1))
