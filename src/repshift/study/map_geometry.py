"""What is known of the sky of a domain's maps before the run: their pixels, the side of one, whether it is a box."""

from typing import Final

from repshift.study.cases import parent_of, provider_of
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import shape_of_maps
from repshift.study.function_suites import Function
from repshift.study.shifts import box_of
from repshift.vocabulary import InputError

_OF_BOXES: Final = ("mock", "cmd", "local")
"""Providers whose maps are of periodic boxes."""


def is_periodic(study: Study, domain: str) -> bool:
    """Return whether the maps of a domain are of a periodic box."""
    return provider_of(study, study.domains[domain].suite) in _OF_BOXES


def sky_options(study: Study, model: str, domain: str) -> dict[str, object]:
    """Return the side of a pixel [Mpc/h], where the configuration and its files say it."""
    box, size = box_of(study, study.domains[domain].suite), size_of_maps(study, model, domain)
    return {"pixel": box / size[0], "pixel-units": "Mpc/h"} if box and size[0] else {}


def size_of_maps(study: Study, model: str, domain: str) -> tuple[int, int]:
    """Return the pixels (y, x) of the maps of a domain; 0 where that is not known before the run."""
    entry = study.domains[domain]
    parent = parent_of(study, entry.suite)
    suite = study.suites[parent]
    if suite.provider == "mock" and study.maps.mock:
        return study.maps.mock.size, study.maps.mock.size
    if suite.provider == "cmd":
        return study.catalogue.pixels, study.catalogue.pixels
    if isinstance(suite, Function):
        return suite.sides
    try:
        shape = shape_of_maps(study, parent, entry.set, channel=channels_of(study, model)[0])
    except InputError:  # the job that reads a damaged file says so
        return 0, 0
    return (shape[1], shape[2]) if shape else (0, 0)
