"""The maps of two domains, in and out of distribution, as one stack, and which simulation each is of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from repshift.recording.batches import Forward, LoaderBatches, held_maps
from repshift.recording.maps import Maps
from repshift.similarity.arrays import array_of, numbers_of
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.measures import measure_of
from repshift.vocabulary import FEWEST_SIMULATIONS, Estimator, InputError

DOMAINS: Final = ("in", "out")
"""Names of the two domains, in distribution and out of it."""


@dataclass(frozen=True)
class TwoDomains:
    """The maps of both domains, those in distribution first.

    Attributes
    ----------
    maps
        All of them, as what records them takes them.
    domains, simulations
        (n_maps,) which domain each is of, and which simulation of that domain.
    """

    maps: Any
    domains: npt.NDArray[np.str_]
    simulations: npt.NDArray[np.str_]

    def counts(self) -> tuple[int, int]:
        """Return how many simulations each domain has."""
        found = [len(set(self.simulations[self.domains == name].tolist())) for name in DOMAINS]
        return found[0], found[1]


def two_domains(
    maps: Sequence[Maps], simulations: Sequence[npt.ArrayLike | None], *, forward: Forward | None
) -> TwoDomains:
    """Put the maps of two domains together.

    Parameters
    ----------
    maps
        Of each domain, as `repshift.compare` takes them.
    simulations
        (n_maps,) labels of each; None: each map is a simulation of its own.
    forward
        As there: what a loader gives is then left as it is.

    Raises
    ------
    InputError
        If maps are no maps or not finite, those of the domains have different shapes, or labels do not fit them.
    """
    held = [read_maps(one, forward, what=f"maps_{name}") for name, one in zip(DOMAINS, maps, strict=True)]
    labels = [
        read_simulations(one, n_maps, what=f"simulations_{name}")
        for name, one, n_maps in zip(DOMAINS, simulations, map(len, held), strict=True)
    ]
    together = _loaders(held) if any(isinstance(one, LoaderBatches) for one in held) else _arrays(held, forward)
    return TwoDomains(together, np.repeat(DOMAINS, [len(one) for one in held]), np.concatenate(labels))


def require_simulations(domains: TwoDomains, *, with_statistics: bool) -> None:
    """Refuse too few simulations for debiased CKA, or for intervals and tests where these are asked for.

    Raises
    ------
    InputError
        With the domain and the number found.
    """
    fewest = FEWEST_SIMULATIONS if with_statistics else FEWEST_MAPS["debiased"]
    for name, count in zip(DOMAINS, domains.counts(), strict=True):
        if count < fewest:
            needs = (
                f"intervals and a test need {fewest} or more. Give more, or n_permutations=0 and n_resamples=0"
                if with_statistics
                else f"a comparison needs {fewest} or more"
            )
            raise InputError(f"The maps of domain '{name}' are of {count} simulations; {needs}.")


def require_equal_numbers(domains: TwoDomains, estimator: Estimator) -> None:
    """Refuse domains of other numbers of simulations, or of maps, for an estimator that depends on them.

    Raises
    ------
    InputError
        With both numbers.
    """
    if not measure_of(f"cka_{estimator}").depends_on_number:
        return
    n_maps = tuple(int((domains.domains == name).sum()) for name in DOMAINS)
    for what, (inside, outside) in (("simulations", domains.counts()), ("maps", n_maps)):
        if inside != outside:
            raise InputError(
                f"{estimator.capitalize()} CKA depends on the number of {what}: found {inside} in and {outside} out of "
                "distribution. Give as many of each, or estimator='debiased'."
            )


def read_simulations(given: npt.ArrayLike | None, n_maps: int, *, what: str) -> npt.NDArray[np.str_]:
    """Return the label of the simulation of each map, (n_maps,); None: each map is a simulation of its own.

    Raises
    ------
    InputError
        If there is not one of each map; `what` names them.
    """
    if given is None:
        return np.arange(n_maps).astype(str)
    # as objects, a list keeps None and NaN beside words
    labels = np.asarray(given, dtype=object) if isinstance(given, list | tuple) else _labels_of(given)
    if labels.shape != (n_maps,):
        raise InputError(
            f"{what} has the shape {labels.shape}, but there are {n_maps} maps: a label for each was expected."
        )
    missing = np.flatnonzero(np.asarray(pd.isna(np.asarray(labels))) | np.ma.getmaskarray(labels))
    if len(missing):
        raise InputError(
            f"{what} has no label of map {missing[0]}, where it is {labels[missing[0]]!s}; {len(missing)} "
            f"of {n_maps} are missing. Expected a label for each."
        )
    return np.array([_word(one) for one in labels])


def _labels_of(given: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever a user has
    """Return labels as an array, with the mask of one that has it."""
    return np.ma.asanyarray(given) if np.ma.isMaskedArray(given) else array_of(given)


def _word(label: Any) -> str:  # noqa: ANN401 - whatever a user has
    """Return a label as a word: 1.0 is 1, as a table has it where another column is of real numbers."""
    if isinstance(label, bytes):
        return label.decode(errors="backslashreplace")
    is_whole = isinstance(label, float | np.floating) and float(label).is_integer()
    return str(int(label)) if is_whole else str(label)


def read_maps(maps: Maps, forward: Forward | None, *, what: str) -> Any:  # noqa: ANN401 - see `held_maps`
    """Return maps as what gives a batch for a slice; errors as `held_maps`, and name `what`."""
    try:
        return held_maps(maps, forward)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def read_stack(maps: Maps, forward: Forward | None, *, why: str, what: str = "maps") -> Any:  # noqa: ANN401 - an array or a tensor
    """Return maps as an array or a tensor (n_maps, channels, y, x), which errors call `what`.

    Raises
    ------
    InputError
        If maps are the batches of a loader, which `forward` would get as they are, `why` says how; not finite, or of
        another shape.
    """
    held = read_maps(maps, forward, what=what)
    if isinstance(held, LoaderBatches):
        raise InputError(
            f"{what} are a DataLoader, whose batches forward= would get as they are, {why}. Give an array or a "
            "tensor of maps: forward is called with some of them."
        )
    values = require_finite(with_channel(held, None), what=what)
    if values.ndim != 4:
        raise InputError(f"Maps have the shape {tuple(values.shape)}. Expected (n, y, x) or (n, channels, y, x).")
    if len(values) == 0:
        raise InputError(f"{what} hold no map. Expected one or more.")
    return values


def _loaders(held: Sequence[Any]) -> LoaderBatches:
    """Return the batches of two loaders, one after the other."""
    if not all(isinstance(one, LoaderBatches) for one in held):
        raise InputError("One domain is a DataLoader and the other is not: with forward, give two loaders or none.")
    return LoaderBatches([*held[0].batches, *held[1].batches], [*held[0].sizes, *held[1].sizes])


def _arrays(held: Sequence[Any], forward: Forward | None) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return the maps of both domains as one array, or one tensor, with the axis of the channel."""
    found = [
        require_finite(with_channel(one, forward), what=f"maps_{name}") for name, one in zip(DOMAINS, held, strict=True)
    ]
    shapes = [tuple(one.shape[1:]) for one in found]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"A map of maps_in has the shape {shapes[0]} and one of maps_out {shapes[1]}: the same was expected."
        )
    if all(isinstance(one, Tensor) for one in found):
        return torch.cat([one.to(found[0].device) for one in found])
    return np.concatenate([array_of(one) for one in found])


def with_channel(maps: Any, forward: Forward | None) -> Any:  # noqa: ANN401 - what gives a batch for a slice
    """Return maps as an array or a tensor, (n, y, x) with an axis for their one channel."""
    values = maps if isinstance(maps, np.ndarray | Tensor) else numbers_of(maps[:], what="The stack of maps")
    return values[:, None] if values.ndim == 3 and forward is None else values


def require_finite(maps: Any, *, what: str) -> Any:  # noqa: ANN401 - an array or a tensor
    """Return maps, and refuse those that are not finite; `what` names them."""
    values = maps.detach() if isinstance(maps, Tensor) else maps
    if len(maps) and not np.isfinite([float(values.min()), float(values.max())]).all():
        first = next(number for number, one in enumerate(maps) if not np.isfinite(array_of(one)).all())
        raise InputError(f"Map {first} of {what} holds values that are not finite. Fill them, or leave it out.")
    return maps
