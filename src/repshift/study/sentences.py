"""What is wrong with a configuration, in one sentence: the one error of pydantic's that says most."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from repshift.study.keys import section_at

LONGEST_VALUE: Final = 60
"""Characters of a value found that a sentence repeats."""

LONGEST_PLACE: Final = 400
"""Characters of a place that a sentence names."""

TYPES: Final = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a section of keys",
    "model_type": "a section of keys",
    "model_attributes_type": "a section of keys",
    "tuple_type": "a list",
}
"""What was expected, by the error of another type."""

FORMS: Final = {
    r"^(#[0-9A-Fa-f]{6}|[a-z]{1,40}|(tab|xkcd):[a-z /'-]{1,40}|C[0-9])$": (
        "a colour: a name in small letters, C0 to C9, or # and six hexadecimal digits"
    ),
    r"^[A-Za-z0-9]+$": "a name of letters and digits",
    r"^[A-Za-z0-9][A-Za-z0-9_-]*$": "a name of letters, digits, _ and -, the first no _ or -",
    r"^[A-Za-z]+$": "a name of letters",
    r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$": "a function as package.module:function",
    r"^[^\n\r]+$": "text of one line that is not empty",
    r"^[^\n\r]+\.(csv|txt)$": "a file whose name ends with .csv or .txt",
    r"^[^\n\r]+\.(pt|pth|tar|ckpt|bin|safetensors)$": (
        "a file whose name ends with .pt, .pth, .tar, .ckpt, .bin or .safetensors"
    ),
    r"^[^\n\r]+\.csv$": "a file whose name ends with .csv",
    r"^[^\n\r]+\.pt$": "a file whose name ends with .pt",
    r"^[^\s-]([^\n\r]*\S)?$": "text of one line that begins with no - and has no space at its ends",
    r"^https?://[A-Za-z0-9._~:/%@+=,-]+$": "an address that begins with http:// or https://, without ? and #",
}
"""What a text is expected to be, by its pattern."""

BOUNDS: Final = {
    "greater_than": ("less than or equal to the minimum of", "gt"),
    "greater_than_equal": ("less than the minimum of", "ge"),
    "less_than": ("greater than or equal to the maximum of", "lt"),
    "less_than_equal": ("greater than the maximum of", "le"),
}
"""What is wrong with a number, and the name of its bound, by the error of a number out of its range."""


def sentences_of(error: ValidationError, config: Mapping[str, Any]) -> list[str]:
    """Return where a configuration is wrong, what was found there and what was expected: a sentence a place."""
    places: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for detail in sorted(_of_one_kind(error.errors(), config), key=lambda one: _depth(one, config)):
        places.setdefault(_place(detail["loc"], config), []).append(detail)
    return [_sentence_of(details, config) for details in places.values()]


def _of_one_kind(details: list[ErrorDetails], config: Mapping[str, Any], start: int = 0) -> list[ErrorDetails]:
    """Return, where a value may be of several kinds, the errors of the one that it comes closest to.

    Pydantic gives those of each, and puts the kind into the place, from `start` on.
    """
    kinds: dict[tuple[int | str, ...], dict[int | str, list[ErrorDetails]]] = {}
    found = []
    for detail in details:
        added = next((number for number in _added(detail, config) if number >= start), None)
        if added is None:
            found.append(detail)
        else:
            kinds.setdefault(detail["loc"][:added], {}).setdefault(detail["loc"][added], []).append(detail)
    for above, of_kind in kinds.items():
        found += _of_one_kind(min(of_kind.values(), key=_distance), config, len(above) + 1)
    return found


def _distance(details: list[ErrorDetails]) -> tuple[int, bool, int]:
    """Return what grows with how far a value is from a kind: errors, none but of its type, the higher up the worse."""
    return len(details), all(one["type"] in TYPES for one in details), -max(len(one["loc"]) for one in details)


def _added(detail: ErrorDetails, config: Mapping[str, Any]) -> list[int]:
    """Return where the place of an error names a kind, not a key of the file."""
    value: Any = config
    found = []
    for number, part in enumerate(detail["loc"]):
        parts = _parts(value)
        if part in parts:
            value = parts[part]
        elif not (detail["type"] == "missing" and number == len(detail["loc"]) - 1):
            found.append(number)
    return found


def _parts(value: object) -> Mapping[Any, Any]:
    """Return what a section or a list holds, by key or number."""
    if isinstance(value, Mapping):
        return value
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _sentence_of(details: list[ErrorDetails], config: Mapping[str, Any]) -> str:
    """Return the sentence of the errors of one place, the one that says most first."""
    first = details[0]
    place = _place(first["loc"], config)
    if first["type"] == "extra_forbidden":
        keys = ", ".join(section_at(first["loc"][:-1]).model_fields)
        return f"at {_where(place[:-1])}, {str(place[-1])[:LONGEST_VALUE]!r} is not a key; the keys are {keys}."
    missing = [
        str(detail["loc"][-1])
        for detail in details
        if detail["type"] == "missing" and _place(detail["loc"], config) == place
    ]
    place = (*place, "provider") if first["type"] == "union_tag_invalid" else place
    return f"at {_where(place)}, {_words(first, missing, is_item=bool(place) and isinstance(place[-1], int))}."


def _depth(detail: ErrorDetails, config: Mapping[str, Any]) -> tuple[int, bool, bool]:
    """Return how deep an error lies, an unknown key in its section: of what is wrong there, it says most.

    That a value is of another type says least: it may be one of several, and right apart from what another error says.
    """
    is_unknown = detail["type"] == "extra_forbidden"
    return len(_place(detail["loc"], config)) - is_unknown, not is_unknown, detail["type"] in TYPES


def _where(place: tuple[int | str, ...]) -> str:
    """Return a place of the configuration as a sentence names it."""
    words = ".".join(map(str, place)) or "the top level"
    return words if words.isprintable() and len(words) <= LONGEST_PLACE else f"{words[:LONGEST_PLACE]!r}"


def _place(loc: tuple[int | str, ...], config: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Return the keys of the file that lead to an error, without those that pydantic adds for kinds of a union.

    A key that is missing is no place: the sentence names it.
    """
    found: list[int | str] = []
    value: Any = config
    for part in loc:
        parts = _parts(value)
        if part in parts:
            found.append(part)
            value = parts[part]
    return tuple(found)


def _words(detail: ErrorDetails, missing: list[str], *, is_item: bool) -> str:
    """Return what is wrong in one place, an item of a list or not."""
    kind, context, value = detail["type"], detail.get("ctx", {}), _shown(detail["input"])
    if kind == "missing" and isinstance(detail["loc"][-1], int):
        return f"{value} is too short; expected {detail['loc'][-1] + 1} or more"
    if kind == "missing":
        return f"{', '.join(missing)} must be given"
    if kind in TYPES and detail["input"] is None:
        default = "" if is_item else "; leave the key out for its default"
        return f"nothing is written, but {TYPES[kind]} is expected{default}"
    if kind in TYPES:
        return f"{value} is not {TYPES[kind]}"
    if kind in BOUNDS:
        words, bound = BOUNDS[kind]
        return f"{value} is {words} {context[bound]}"
    if kind in ("literal_error", "enum"):
        return f"{value} is not one of [{context['expected'].replace(' or ', ', ')}]"
    if kind == "union_tag_invalid":
        return f"'{context['tag']}' is not one of [{context['expected_tags']}]"
    if kind == "union_tag_not_found":
        return "provider must be given"
    if kind == "string_pattern_mismatch":
        return f"{value} is not {FORMS[context['pattern']]}"
    if kind == "string_too_long":
        return f"{value} is longer than {context['max_length']} characters"
    if kind == "too_long":
        return f"{value} is too long; expected {context['max_length']} or fewer"
    if kind == "too_short" and not detail["input"]:
        return f"{value} should be non-empty"
    if kind == "too_short":
        return f"{value} is too short; expected {context['min_length']} or more"
    return detail["msg"]


def _shown(value: object) -> str:
    """Return a value found as a sentence repeats it."""
    words = repr(list(value) if isinstance(value, tuple) else value)
    return words if len(words) <= LONGEST_VALUE else f"{words[:LONGEST_VALUE]}..."
