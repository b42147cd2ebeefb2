"""Objects that a function of the user's own makes: their parameters are drawn, their maps are checked.

What an object is depends on the seed, the suite, the set and its number, and each parameter on its own name besides:
neither on how many objects there are nor on the other parameters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from repshift.simulation.columns import Column, Value
from repshift.simulation.seeds import entropy_of, unit_of
from repshift.vocabulary import InputError, in_short

Maps = npt.NDArray[np.float32]
"""Maps of an object: (y, x), (band, y, x), (map, y, x) or (map, band, y, x)."""

Parameters = Mapping[str, Value]

NONE: Final[Mapping[str, Any]] = MappingProxyType({})

_PARAMETERS, _MAPS = 0, 1
"""What is drawn of an object: a parameter, or what its maps are made with."""

_LONGEST: Final = 300
"""Characters of an error of the user's code that a sentence repeats."""


@dataclass(frozen=True)
class Code:
    """A function of the user's own, and what it is called."""

    name: str
    function: Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of a suite.

    Attributes
    ----------
    generator
        ``generator(parameters, rng, **arguments)`` returns the maps of an object.
    columns
        Its parameters.
    shape
        Of its maps: (y, x), and before these an axis of bands, and one of maps, where there are several.
    suite, seed
        What draws the objects; twins are drawn by one suite.
    arguments
        Keyword arguments of both functions.
    tables
        By the name of a set that is not drawn, the parameters of its objects, a mapping each.
    labels
        ``labels(parameters, **arguments)`` returns what else is known of an object, by name; None: nothing.
    label_names
        What it returns, in the order of the table.
    """

    generator: Code
    columns: tuple[Column, ...]
    shape: tuple[int, ...]
    suite: str
    seed: int
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)
    labels: Code | None = None
    label_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the generator is called."""
        return self.generator.name

    def parameters(self, set_name: str, index: int, *, changed: Parameters = NONE) -> dict[str, Value]:
        """Return the parameters of an object, those `changed` in the place of its own.

        Raises
        ------
        InputError
            If one is out of its range, or there is none of that name.
        """
        unknown = changed.keys() - {column.name for column in self.columns}
        if unknown:
            names = in_short([column.name for column in self.columns])
            raise InputError(f"'{self.name}' has no parameter '{min(unknown)}'. Its parameters are {names}.")
        given: Mapping[str, object] = self.tables[set_name][index] if set_name in self.tables else NONE
        found = {}
        for column in self.columns:
            value = changed.get(column.name, given.get(column.name))
            value = self._drawn(column, set_name, index) if value is None else value
            held = column.held(value)
            if held is None:
                place = f"object {index} of set '{set_name}'"
                raise InputError(f"Parameter '{column.name}' of {place} is {value!r}. Expected {column.expected}.")
            found[column.name] = held
        return found

    def maps(self, set_name: str, index: int, *, changed: Parameters = NONE) -> Maps:
        """Return the maps of an object, of `shape`; of changed parameters under the same random numbers.

        Raises
        ------
        InputError
            If the function raises, or returns anything but finite numbers of that shape; errors as `parameters`.
        """
        parameters = self.parameters(set_name, index, changed=changed)
        place = _place(set_name, index, parameters)
        rng = np.random.default_rng([*entropy_of(self.seed, self.suite, set_name), _MAPS, index])
        given = self._called(self.generator, place, MappingProxyType(parameters), rng)
        found = _array(given, f"'{self.name}' returned a {type(given).__name__} for {place}")
        if found.dtype.kind not in "fiu":
            raise InputError(
                f"'{self.name}' returned {found.dtype} in a {type(given).__name__} for {place}. Expected an array of "
                "real numbers."
            )
        if found.shape != self.shape:
            raise InputError(
                f"'{self.name}' returned maps of shape {found.shape} for {place}. Expected {self.shape}, by size, "
                "bands and maps_per_simulation of the suite."
            )
        with np.errstate(all="ignore"):  # what is too large is refused below, whatever the user's code has set
            maps = np.array(found, dtype=np.float32, order="C")  # a copy: the function may fill one array each time
        if not np.isfinite(maps).all():
            pixel = tuple(np.argwhere(~np.isfinite(maps))[0].tolist())
            raise InputError(
                f"'{self.name}' returned {found[pixel]} at {pixel} for {place}. Expected finite numbers of single "
                "precision."
            )
        return maps

    def row(self, set_name: str, index: int, *, changed: Parameters = NONE) -> dict[str, Value]:
        """Return the row of an object in the table of its set: parameters, then labels; of one changed, its own.

        Raises
        ------
        InputError
            If the function of labels raises, or returns other names, or what is neither a word nor a finite number;
            errors as `parameters`.
        """
        parameters = self.parameters(set_name, index, changed=changed)
        if self.labels is None:
            return parameters
        name, place = self.labels.name, _place(set_name, index, parameters)
        given = self._called(self.labels, place, MappingProxyType(parameters))
        if not isinstance(given, Mapping) or set(given) != set(self.label_names):
            found = ", ".join(map(str, given)) if isinstance(given, Mapping) else f"a {type(given).__name__}"
            raise InputError(f"'{name}' returned {found or 'nothing'} for {place}. Expected {self._named}.")
        return parameters | {one: _label(given[one], f"'{name}' returned '{one}'", place) for one in self.label_names}

    @property
    def _named(self) -> str:
        """The labels, in words."""
        return f"a mapping of {', '.join(self.label_names)}"

    def _drawn(self, column: Column, set_name: str, index: int) -> Value:
        """Draw a parameter of an object."""
        entropy = entropy_of(self.seed, self.suite, set_name, column.name)
        return column.drawn(unit_of([*entropy, _PARAMETERS, index]))

    def _called(self, code: Code, place: str, *given: object) -> Any:  # noqa: ANN401
        """Call a function of the user's own; what it raises becomes a sentence about the object."""
        try:
            return code.function(*given, **self.arguments)
        except (Exception, SystemExit) as error:  # whatever the user's own code may raise
            _refuse(error, code.name, place)


def _refuse(error: BaseException, name: str, place: str) -> NoReturn:
    """Say which object the user's own code raised an error for."""
    kind = f"raised {type(error).__name__}" if not isinstance(error, InputError) else "stopped"
    raise InputError(f"'{name}' is your own code, and {kind} for {place}: {_reason(error)}.") from error


def _reason(error: BaseException) -> str:
    """Return the first line of an error."""
    return (str(error).strip() or "without a word").splitlines()[0][:_LONGEST].rstrip(".")


def _place(set_name: str, index: int, parameters: Parameters) -> str:
    """Return an object in words, with its parameters."""
    values = in_short([f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
                       for name, value in parameters.items()])  # fmt: skip
    return f"object {index} of set '{set_name}' ({values})"


def _array(given: object, what: str) -> npt.NDArray[Any]:
    """Return what a function returned as an array, of whatever type; what is masked in it is no number.

    Raises
    ------
    InputError
        If its own code lets no array be made from it, such as that of a tensor that a gradient is kept of.
    """
    if isinstance(given, np.ma.MaskedArray) and given.dtype.kind in "fiu":
        return np.asarray(np.ma.filled(given.astype(np.float64), np.nan))
    try:
        return np.asarray(given)
    except ValueError:  # lists of several lengths
        return np.asarray(None)
    except Exception as error:
        raise InputError(f"{what}, of which no array can be made: {_reason(error)}.") from error


def _label(value: object, what: str, place: str) -> Value:
    """Return a label as a plain value."""
    plain = value.item() if isinstance(value, np.generic | np.ndarray) and np.ndim(value) == 0 else value
    is_number = isinstance(plain, int | float) and not isinstance(plain, bool) and np.isfinite(plain)
    if not is_number and not (isinstance(plain, str) and plain.strip()):
        raise InputError(f"{what} as {plain!r} for {place}. Expected a finite number or a word.")
    return plain  # type: ignore[return-value]
