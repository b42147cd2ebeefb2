"""The axes of a stress as a notebook gives them: by name with strengths, with options, or functions of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from repshift.perturbation.axes import Axis, Sky, axis_of, own_axis
from repshift.vocabulary import InputError

_SAID: Final = ("axis", "function", "strengths", "label", "units", "moves_labels")
"""Keys of an axis that is given by a dictionary; others are options of the axis."""


@dataclass(frozen=True)
class AxisArgument:
    """An axis, as it is used.

    Attributes
    ----------
    name
        Its key.
    axis, arguments
        What perturbs, and its options.
    strengths
        Ascending, 0 among them.
    kind
        Whether it is an axis of the package, or a function of the user's own.
    """

    name: str
    axis: Axis
    strengths: tuple[float, ...]
    arguments: Mapping[str, Any]
    kind: Literal["perturbation", "function"] = "perturbation"

    def about(self, sky: Sky) -> dict[str, Any]:
        """Return what a dataset says of it."""
        return {
            "label": self.axis.label,
            "units": self.axis.units_in(sky).replace("of the field", "of the maps"),
            "moves_labels": self.axis.moves_labels,
            "kind": self.kind,
            "physical_units": "",
            "floors": 0,
        }


def axis_arguments(axes: Any, sky: Sky) -> list[AxisArgument]:  # noqa: ANN401 - what a user gives
    """Return the axes of a stress.

    Parameters
    ----------
    axes
        Of each key: strengths of the axis of that name; or a dictionary with ``strengths``, with ``axis`` where the key
        is another, with ``label``, and with options of the axis; or one with ``function``, ``strengths`` and, if
        wanted, ``label``, ``units`` and ``moves_labels``. Strengths of None, or left out: those of the axis.
    sky
        What the maps are.

    Raises
    ------
    InputError
        If axes are no such dictionary, one is unknown, cannot be of these maps, or has strengths that are not ascending
        with 0.
    """
    if not isinstance(axes, Mapping) or not axes:
        raise InputError(
            f"axes is {axes!r:.100}. Expected a dictionary of names and strengths, as {{'noise': [0, 0.01]}}."
        )
    return [_given(str(name), one, sky) for name, one in axes.items()]


def _given(name: str, given: Any, sky: Sky) -> AxisArgument:  # noqa: ANN401 - what a user gives
    if callable(given):
        raise InputError(
            f"Axis '{name}' is a function. Expected its strengths too, as {{'function': ..., 'strengths': [0, 1]}}."
        )
    said = dict(given) if isinstance(given, Mapping) else {"strengths": given}
    if "function" in said:
        return _own(name, said)
    axis = axis_of(str(said.get("axis", name)))
    for key in ("units", "moves_labels"):
        if key in said:
            raise InputError(f"Axis '{name}' has a '{key}' of its own already. Only a function is given one.")
    arguments = axis.chosen({key: value for key, value in said.items() if key not in _SAID})
    given_strengths = said.get("strengths")
    strengths = axis.strengths_in(sky, None if given_strengths is None else _numbers(name, given_strengths))
    labelled = replace(axis, label=str(said["label"])) if "label" in said else axis
    return AxisArgument(name, labelled, strengths, arguments)


def _own(name: str, said: Mapping[str, Any]) -> AxisArgument:
    """Return an axis of a function of the user's own."""
    unknown = [key for key in said if key not in _SAID or key == "axis"]
    if unknown or "strengths" not in said or not callable(said["function"]):
        wrong = f"found {', '.join(unknown)}" if unknown else "found no function, or no strengths"
        raise InputError(
            f"Axis '{name}' is a function: {wrong}. Expected function, strengths and, if wanted, label, units and "
            "moves_labels."
        )
    strengths = _numbers(name, said["strengths"])
    axis = own_axis(
        said["function"],
        name=name,
        label=str(said.get("label", name)),
        units=str(said.get("units", "1")),
        strengths=strengths,
        moves_labels=bool(said.get("moves_labels", False)),
    )
    return AxisArgument(name, axis, strengths, {}, "function")


def _numbers(name: str, strengths: Any) -> tuple[float, ...]:  # noqa: ANN401 - what a user gives
    """Return strengths as numbers."""
    found = " ".join(repr(strengths).split())
    try:
        values = np.asarray(strengths)
    except (TypeError, ValueError, RuntimeError):  # as of lists that do not fit together
        values = np.empty(0, dtype=object)
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise InputError(f"Strengths of axis '{name}' are {found:.100}. Expected numbers, ascending, with 0.")
    return tuple(float(value) for value in values)
