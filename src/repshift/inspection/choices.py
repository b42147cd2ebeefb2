"""What `repshift new` chooses by the data and the names of their files, where nobody says it.

This is the one place that reads what a file holds from its name: CMD's files say nowhere else which field they are of.
What is read is written into the configuration, where the user sees it; a run goes by that alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from repshift.inspection.maps import Contents
from repshift.inspection.problems import Problems
from repshift.vocabulary import COLOURS

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


def field_of_cmd(maps: Mapping[str, str], problems: Problems) -> str | None:
    """Return the field of the files, where all are named as CMD's; of files of several, note them."""
    found = sorted(fields_of_cmd(maps))
    problems.note(
        len(found) < 2,
        f"--maps names files of the fields {', '.join(found)}, by their names. Suites are compared in one field: give "
        "files of one, or say by --field what all of them show.",
    )
    return found[0] if found else None


def bands_of(named: Sequence[str], contents: Iterable[Contents]) -> tuple[str, ...]:
    """Return the names of the bands: as they are given, else r, g, b of three in images of 8 bits, which show them.

    Three bands of another type are no colours: figures draw r, g, b as they are, and others with a stretch.
    """
    kinds, numbers = zip(*((one.kind, one.shape[0]) for one in contents), strict=True)
    if named or numbers[0] == 1:
        return tuple(named)
    return COLOURS if numbers[0] == 3 and set(kinds) == {"uint8"} else numbered(numbers[0])


def numbered(n_bands: int) -> tuple[str, ...]:
    """Return names of bands that nobody named; none of maps of one."""
    return tuple(f"band{number}" for number in range(1, n_bands + 1)) if n_bands > 1 else ()
