"""The axes of a case as they are given: what gives the maps of each at every strength."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from repshift.case.forward import OpenCase
from repshift.case.outputs import outputs_of
from repshift.case.stress.object_parameter import ObjectParameter
from repshift.case.stress.parameter_set import ParameterSet, read_variation, require_varied
from repshift.case.stress.source import PerturbedMaps, Source, TwinMaps
from repshift.cli.generators import generator_from
from repshift.networks.channels import Moments
from repshift.perturbation.axes import Sky, any_numbers, axis_of, own_axis
from repshift.storage.functions import Constructor, imported
from repshift.storage.generators import objects_of
from repshift.storage.measurement import Measurement
from repshift.storage.simulations import MapFile, open_simulations
from repshift.vocabulary import FIELDS, PARAMETERS, InputError, split_channel

_SOME: Final = 64
"""Maps whose mean fills masks where the training mean is not in the unit of the maps."""

Entry = Mapping[str, Any]
"""An axis as it is given: its name and what it is of."""


@dataclass(frozen=True)
class Setting:
    """What the axes of a case share.

    Attributes
    ----------
    shown
        The case.
    sky
        What its maps are, as `sky_of` has it.
    seed
        Draws what is random.
    functions
        The user's own functions that maps are prepared by.
    parameters
        The table of the simulations; None: there is none.
    """

    shown: OpenCase
    sky: Sky
    seed: int
    functions: Sequence[Constructor] = ()
    parameters: Path | None = None


Builder = Callable[[Entry, Setting], Source]
"""Makes a source of an entry, for a case."""


def sources_of(entries: Sequence[Entry], setting: Setting) -> list[Source]:
    """Return what gives the maps of a case along each axis.

    `entries` have of each axis ``name``, and one of the keys of `KINDS` with what goes with it.

    Raises
    ------
    InputError
        If an axis is given twice, is of no kind or of an unknown one, or cannot be of these maps.
    """
    names = [entry.get("name", "") for entry in entries]
    for name in names:
        if not isinstance(name, str) or not name or names.count(name) > 1:
            raise InputError(f"The axes are {', '.join(map(str, names))}. Expected a name for each, each once.")
    return [_source(entry, setting) for entry in entries]


def sky_of(shown: OpenCase, *, is_periodic: bool, pixel: float | None = None, pixel_units: str = "") -> Sky:
    """Return what the maps of a case are, beside their pixels; `pixel` is the side of one where that is known."""
    measured = shown.simulations.measured
    return Sky(
        logarithms=tuple(one.preprocessing.logarithm for one in measured),
        fills=tuple(map(_fill, shown.simulations.channels, shown.moments)),
        is_periodic=is_periodic,
        bands=tuple(split_channel(one.field)[1] or one.field for one in measured),
        pixel=pixel,
        pixel_units=pixel_units,
        offsets=tuple(_offset(one) for one in measured),
    )


def _source(entry: Entry, setting: Setting) -> Source:
    found = [kind for kind in KINDS if kind in entry]
    if len(found) != 1:
        raise InputError(f"Axis '{entry['name']}' has one of {', '.join(KINDS)}; found {', '.join(found) or 'none'}.")
    missing = [key for key in _NEEDS.get(found[0], ()) if key not in entry]
    if missing:
        raise InputError(f"Axis '{entry['name']}' is of a {found[0]}, and lacks {', '.join(missing)}.")
    return KINDS[found[0]](entry, setting)


def _perturbed(entry: Entry, setting: Setting) -> Source:
    """Return maps perturbed along an axis of ours."""
    axis = axis_of(entry["axis"])
    strengths = axis.strengths_in(setting.sky, _numbers(entry) if entry.get("strengths") else None)
    about = (entry["name"], entry.get("label") or axis.label, strengths, axis, setting.sky)
    return PerturbedMaps(
        *about, setting.shown.simulations, setting.seed, arguments=axis.chosen(entry.get("arguments", {}))
    )


def _own(entry: Entry, setting: Setting) -> Source:
    """Return maps perturbed by a function of the user's own."""
    folder = entry.get("source")
    function = imported(Constructor(entry["function"], None if folder is None else Path(folder)))
    label, strengths = entry.get("label") or entry["name"], _numbers(entry)
    axis = own_axis(
        function,
        name=entry["name"],
        label=label,
        units=entry.get("units", "1"),
        strengths=strengths,
        moves_labels=bool(entry.get("moves_labels", False)),
    )
    how: dict[str, Any] = {"sky": setting.sky, "simulations": setting.shown.simulations, "seed": setting.seed}
    return PerturbedMaps(entry["name"], label, strengths, axis, **how, kind="function")


def _twin(entry: Entry, setting: Setting) -> Source:
    """Return maps on the way to those of a twin."""
    strengths = _strengths(entry)
    maps, measured = ([Path(path) for path in entry[name]] for name in ("maps", "measured"))
    twin = open_simulations(maps, None, measured, functions=setting.functions)
    label = entry.get("label") or f"share of the way to {entry['twin']}"
    return TwinMaps(entry["name"], label, strengths, setting.sky, setting.shown.simulations, twin)


def _object_parameter(entry: Entry, setting: Setting) -> Source:
    """Return maps of objects made again with another value of a parameter."""
    tables = {name: Path(path) for name, path in entry.get("tables", {}).items()}
    objects, scale = objects_of(generator_from(entry["generator"], tables)), entry.get("scale", "linear")
    label = entry.get("label") or entry["parameter"].replace("_", " ")
    units = "dex" if scale == "log10" else entry.get("units", "1")
    about = (entry["name"], label, units, _strengths(entry), entry["parameter"], scale)
    shown = setting.shown
    return ObjectParameter(*about, shown.domain.set, shown.simulations, objects, _inferred(shown))


def _parameter_set(entry: Entry, setting: Setting) -> Source:
    """Return maps of a set 1P in which a parameter varies."""
    parameter, shown = entry["one_at_a_time"], setting.shown
    if setting.parameters is None:
        raise InputError(f"Axis '{entry['name']}' is of a set 1P, but domain '{shown.domain.name}' has no table.")
    variation = read_variation(setting.parameters)
    strengths = require_varied(variation, parameter, _strengths(entry) if entry.get("strengths") else None)
    units = "dex" if variation.scale(parameter) == "log10" else "1"
    label = entry.get("label") or (PARAMETERS[parameter].symbol if parameter in PARAMETERS else parameter)
    about = (entry["name"], label, units, strengths, parameter)
    return ParameterSet(*about, shown.simulations, variation, _inferred(shown))


KINDS: Final[dict[str, Builder]] = {
    "axis": _perturbed,
    "function": _own,
    "twin": _twin,
    "parameter": _object_parameter,
    "one_at_a_time": _parameter_set,
}
"""What makes a source, by the key of an entry that says what it is of."""

_NEEDS: Final = {"twin": ("maps", "measured"), "parameter": ("generator",)}
"""Keys that an entry of a kind has beside its name and its strengths."""


def _inferred(shown: OpenCase) -> tuple[str, ...]:
    """Return the labels that a network infers: of a classifier, the one that holds the classes."""
    outputs = outputs_of(shown)
    return outputs.names if outputs.label is None else (outputs.label,)


def _strengths(entry: Entry) -> tuple[float, ...]:
    """Return the strengths of an axis, any numbers; errors as `Axis.require_strengths`."""
    strengths = _numbers(entry)
    any_numbers(entry["name"]).require_strengths(strengths)
    return strengths


def _numbers(entry: Entry) -> tuple[float, ...]:
    """Return the strengths of an axis as they are given."""
    found = entry.get("strengths")
    if not isinstance(found, list | tuple) or not all(isinstance(one, int | float) for one in found):
        raise InputError(f"Strengths of axis '{entry['name']}' are {found}. Expected a list of numbers.")
    return tuple(map(float, found))


def _fill(file: MapFile, moments: Moments) -> float:
    """Return the training mean in the unit of the map; where it is of no such unit, the mean of some of these maps."""
    measured = file.measured
    preprocessing, offset = measured.preprocessing, _offset(measured)
    if preprocessing.function or preprocessing.monopole == "removed":
        some = np.asarray(file.maps[:_SOME], dtype=np.float64)
        return float(10 ** np.log10(some + offset).mean() - offset if preprocessing.logarithm else some.mean())
    if preprocessing.logarithm:
        return float(10**moments.mean - offset) * preprocessing.scale
    if preprocessing.arcsinh is not None:
        return float(np.sinh(moments.mean) * preprocessing.arcsinh * preprocessing.scale)
    return moments.mean * preprocessing.scale


def _offset(measured: Measurement) -> float:
    """Return what is added to a map before its logarithm."""
    return FIELDS[measured.field].logarithm_offset if measured.field in FIELDS else 0.0
