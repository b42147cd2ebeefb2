"""Which channels a network reads: fields, and the bands of the images of a suite."""

from repshift.storage.names import BAND
from repshift.study.cases import parent_of
from repshift.study.configuration import Study
from repshift.vocabulary import split_channel


def bands_of(study: Study, suite: str) -> tuple[str, ...]:
    """Return the bands of the images of a suite, or of the one that it is made from; none of other suites."""
    entry = study.suites[parent_of(study, suite)]
    return entry.bands or () if entry.provider in ("files", "function") else ()


def channels_of(study: Study, model: str) -> tuple[str, ...]:
    """Return the channels that a model reads, in the order of its own suite: fields, or a field and a band each.

    What is called so here is the ``field`` of a file of maps: ``T``, or ``image-g``. The images of another suite may
    hold the same bands in another order.
    """
    entry = study.models[model]
    bands = bands_of(study, entry.suite)
    return tuple(f"{field}-{band}" if band else field for field in entry.fields for band in bands or ("",))


def has_bands_inside(study: Study, suite: str, channel: str) -> bool:
    """Return whether the images of a field hold their bands, which else lie in files of their own."""
    entry = study.suites[suite]
    field, band = split_channel(channel)
    return entry.provider == "files" and bool(band) and BAND not in entry.maps[field]
