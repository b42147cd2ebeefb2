"""Which section lies at a place of the configuration."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from repshift.study.configuration import Study


def section_at(place: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the class of a section, by the keys that lead to it as pydantic gives them, kinds of a suite among them.

    Examples
    --------
    >>> section_at(("suites", "MockTNG", "mock", "agn")).__name__
    'Channel'
    """
    here: Any = Study
    for part in place:
        here = _within(here, part)
    return next(kind for kind in _kinds(here) if isinstance(kind, type) and issubclass(kind, BaseModel))


def _kinds(annotation: Any) -> list[Any]:  # noqa: ANN401 - annotations have no common type
    """Return the types that an annotation allows, without what is annotated of them."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [annotation]


def _within(annotation: Any, part: int | str) -> Any:  # noqa: ANN401
    """Return the annotation of what lies under a key."""
    for kind in _kinds(annotation):
        if get_origin(kind) is dict:
            return get_args(kind)[1]
        if get_origin(kind) is tuple:
            return get_args(kind)[0]
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        if part in kind.model_fields:
            return kind.model_fields[str(part)].annotation
        if "provider" in kind.model_fields and part in get_args(kind.model_fields["provider"].annotation):
            return kind
    raise KeyError(part)
