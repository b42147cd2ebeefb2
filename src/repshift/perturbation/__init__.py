"""Every change of maps by its name: each module of this package declares one, beside its function."""

from collections.abc import Mapping
from typing import Any, Final

from repshift.declarations import declared
from repshift.perturbation.change import Change, Shift
from repshift.vocabulary import InputError

CHANGES: Final[dict[str, Change]] = declared(Change, package=__name__, path=__path__)
"""All changes, by their keys in the configuration."""

ANOTHER_SUITE: Final = Shift("suite", "another suite", "o")
"""The kind of shift of maps that are another suite's, as they are."""

SHIFTS: Final[dict[str, Shift]] = {one.name: one for one in (ANOTHER_SUITE, *(one.shift for one in CHANGES.values()))}
"""All kinds of shift, by their values in tables."""


def change_of(settings: Mapping[str, Any]) -> Change:
    """Return the change that the settings of a derived suite ask for.

    Raises
    ------
    InputError
        If they ask for none that is known, or for several.
    """
    found = [name for name in CHANGES if settings.get(name) is not None]
    if len(found) != 1:
        raise InputError(f"A derived suite has one of {', '.join(CHANGES)}; found {', '.join(found) or 'none'}.")
    return CHANGES[found[0]]
