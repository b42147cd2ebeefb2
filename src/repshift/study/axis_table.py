"""The table of axes of docs/stress.md, made from the axes themselves."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from repshift.perturbation.axes import AXES, FIELD, MEAN, Argument, Axis

UNITS: Final = {
    FIELD: "dex, or unit of the field",
    MEAN: "training mean, or unit of the field",
    "1": "relative",
}
"""Units of axes that depend on the maps, or have no word."""

_AXES: Final = re.compile(r"(<!-- axes -->\n).*?(<!-- end axes -->\n)", flags=re.DOTALL)


def axes_text(page: str) -> str:
    """Return a page with the table of axes made again, between its comments."""
    return _AXES.sub(lambda found: f"{found[1]}{table_of_axes(AXES.values())}\n{found[2]}", page)


def table_of_axes(axes: Iterable[Axis]) -> str:
    """Return the table of axes: name, what it does, unit and default strengths, options.

    Examples
    --------
    >>> print(table_of_axes([AXES["gain"]]).splitlines()[-1])
    | `gain` | Multiplies every pixel. | dex | 0, ±0.03, ±0.1, ±0.3 |  |
    """
    rows = ["| axis | what it does | unit of its strength | strengths by default | options |", "|---|---|---|---|---|"]
    for axis in axes:
        meaning = f"{axis.description} **Moves labels.**" if axis.moves_labels else axis.description
        options = ", ".join(f"`{name}`: {_option(argument)}" for name, argument in axis.arguments.items())
        unit = UNITS.get(axis.units, axis.units)
        rows.append(f"| `{axis.name}` | {meaning} | {unit} | {_strengths(axis.strengths or ())} | {options} |")
    return "\n".join(rows)


def _strengths(strengths: Sequence[float]) -> str:
    """Return strengths in words, those of both signs once."""
    signs = dict.fromkeys(sorted(map(abs, strengths)))
    return ", ".join(f"±{one:g}" if one and {one, -one} <= set(strengths) else f"{one:g}" for one in signs)


def _option(argument: Argument) -> str:
    """Return what an option may be, its default first."""
    others = [choice for choice in argument.choices if choice != argument.default]
    default = f"{argument.default:g}" if isinstance(argument.default, float) else argument.default or "the first"
    return " or ".join([default, *others])
