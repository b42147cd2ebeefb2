"""The trust scores of maps, by simulations of the model's own domain other than theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.evidence.trust_scores import scores_of
from repshift.evidence.trust_scores.score import TrustMaps, TrustReference, TrustScore, Values


@dataclass(frozen=True)
class Halves:
    """Halves of the simulations of the model's own domain, and the maps that each judges.

    Attributes
    ----------
    own
        The maps of the own domain.
    known
        (n_halves, n_simulations): which simulations are the reference.
    shown
        The maps that are judged; None: those of the own domain, each by the halves that its simulation is not of.
    """

    own: TrustMaps
    known: npt.NDArray[np.bool_]
    shown: TrustMaps | None = None

    @property
    def judged(self) -> TrustMaps:
        """The maps that are judged."""
        return self.own if self.shown is None else self.shown

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
        """Yield which maps of the own domain a half is of, and which maps it judges, (n_own,) and (n_judged,)."""
        for known in self.known[:, self.own.simulations]:
            yield known, ~known if self.shown is None else np.ones(len(self.judged), dtype=bool)


@dataclass(frozen=True)
class MapValues:
    """Trust scores of maps.

    Attributes
    ----------
    scores
        The score, and the layer it is in, by the name in a file.
    values
        (n_scores, n_maps). Of a score of outputs the root mean square over these, each over its own root mean square
        over the maps of the own domain.
    by_parameter
        (n_scores, n_parameters, n_maps): of a score of outputs that of each parameter, else `values`.
    """

    scores: Mapping[str, tuple[TrustScore, str | None]]
    values: Values
    by_parameter: Values


def map_values(halves: Halves, *, layers: Sequence[str], n_parameters: int, neighbours: int) -> MapValues:
    """Return the trust scores of maps, the mean over the halves that each is judged by.

    Parameters
    ----------
    halves
        The maps, and what judges them.
    layers
        That distances are in.
    n_parameters
        That the network infers.
    neighbours
        How many maps of the reference are nearest.

    Raises
    ------
    InputError
        If a layer is constant over a half, or a half has fewer maps than neighbours.
    """
    scores = scores_of(halves.judged, layers=tuple(layers))
    values, by_parameter = [], []
    for score, layer in scores.values():
        found = _values(score, layer, halves, neighbours)
        values.append(_summed_up(score, found, halves) if score.is_of_outputs else found)
        by_parameter.append(
            np.broadcast_to(found if score.is_of_outputs else found[:, None], (len(found), n_parameters)).T
        )
    return MapValues(scores, np.stack(values), np.stack(by_parameter))


def _values(score: TrustScore, layer: str | None, halves: Halves, neighbours: int) -> Values:
    """Return a score of each judged map, (n_maps,) or (n_maps, n_parameters)."""
    maps = halves.judged
    if not score.has_reference:
        return score.function(maps, TrustReference(halves.own))
    sums, counts = np.zeros(len(maps)), np.zeros(len(maps))
    for known, judged in halves:
        reference = TrustReference(halves.own.of(known), layer, neighbours)
        sums[judged] += score.function(maps.of(judged), reference)
        counts += judged
    return sums / counts


def _summed_up(score: TrustScore, found: Values, halves: Halves) -> Values:
    """Return one number of each map of a score of outputs (n_maps, n_parameters)."""
    own = score.function(halves.own, TrustReference(halves.own))
    size = np.sqrt(np.square(own).mean(0))
    scale = np.where(size > 0, size, 1.0)  # a network that is exactly invariant does not scatter at all
    return np.asarray(np.sqrt(np.square(found / scale).mean(1)))
