"""What repaired networks score on held-out simulations, what they gain, and how far other simulations may differ.

Intervals are of the percentile bootstrap by simulation. Weights are drawn once, for all simulations of a domain, and
shared by all splits and networks, so that differences are paired. The number is the mean over the runs of an entry.
An interval says how far other simulations of the same kind may lie that judge the same networks. It does not hold what
other simulations that tune, other seeds or another training of the network would do: the scores of the worst and the
best split stand beside it for that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.map_scores import MapScore, mixed_sums, simulation_sums
from repshift.evidence.repair.quantities import SKIES
from repshift.statistics.resampling import Interval, bootstrap_weights, percentile_interval

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

COVERS: Final = (
    "a bootstrap of the simulations that judge, for the mean over the splits and seeds that were run; it holds neither "
    "other simulations that tune, nor other seeds, other trainings of the network or other suites: see score_lowest "
    "and score_highest, of single runs"
)
"""What the intervals of scores and gains hold, and what not."""


@dataclass(frozen=True)
class JudgedMaps:
    """Predictions of all runs for the maps of a domain, and what is true of them.

    Attributes
    ----------
    predictions
        (runs, n_maps, outputs): means, or probabilities of classes; NaN where a run does not judge the map.
    truth
        (n_maps, outputs): true values, of classes 1 in the column of the true one; None: no map has labels.
    simulations
        (n_maps,): the simulation of each map.
    """

    predictions: Values
    truth: Values | None
    simulations: Counts

    def of(self, runs: Sequence[int]) -> "JudgedMaps":
        """Return the predictions of some runs."""
        return replace(self, predictions=self.predictions[list(runs)])

    @property
    def places(self) -> Counts:
        """The place of each map's simulation among those of the domain, (n_maps,)."""
        return np.unique(self.simulations, return_inverse=True)[1].astype(np.int64)

    @property
    def n_simulations(self) -> int:
        """Simulations of the domain."""
        return len(np.unique(self.simulations))

    @property
    def judged(self) -> npt.NDArray[np.bool_]:
        """Which maps each run judges, (runs, n_maps)."""
        return np.asarray(np.isfinite(self.predictions).all(-1))

    @property
    def fewest_judged(self) -> int:
        """Simulations that the run of fewest judges, of those that judge any."""
        counts = [len(np.unique(self.simulations[one])) for one in self.judged if one.any()]
        return min(counts, default=0)


@dataclass(frozen=True)
class Resampled:
    """Scores of runs and of their resamples.

    Attributes
    ----------
    values
        (runs, judged_on, parameters); NaN of a sky that is not judged.
    resamples
        (n_resamples, runs, judged_on, parameters).
    n_simulations
        Simulations that judge in a split, of the domain of fewest.
    """

    values: Values
    resamples: Values
    n_simulations: int

    @property
    def nothing(self) -> tuple[Values, Interval]:
        """What stands where there is no number."""
        unknown = np.full(self.values.shape[1:], np.nan)
        return unknown, Interval(unknown, unknown)

    def mean(self, runs: Sequence[int]) -> tuple[Values, Interval]:
        """Return the mean over some runs, (judged_on, parameters), with its interval."""
        return self._with_interval(self.values[list(runs)].mean(0), self.resamples[:, list(runs)].mean(1))

    def difference(self, pairs: Sequence[tuple[int, int]]) -> tuple[Values, Interval]:
        """Return the mean over pairs of runs of the first less the second, with its interval."""
        first, second = (list(column) for column in zip(*pairs, strict=True))
        values = (self.values[first] - self.values[second]).mean(0)
        return self._with_interval(values, (self.resamples[:, first] - self.resamples[:, second]).mean(1))

    def _with_interval(self, values: Values, resamples: Values) -> tuple[Values, Interval]:
        found = percentile_interval(resamples, n_simulations=self.n_simulations)
        unknown = np.isnan(values)
        return values, Interval(np.where(unknown, np.nan, found.low), np.where(unknown, np.nan, found.high))


def resampled_scores(domains: Mapping[str, JudgedMaps], score: MapScore, *, n_resamples: int, seed: int) -> Resampled:
    """Return the scores of all runs on the target, at home and on the mixed sky, with resamples of them.

    Parameters
    ----------
    domains
        ``target`` and ``home``.
    score
        What is computed.
    n_resamples, seed
        Of the bootstrap; the simulations of each domain are drawn for themselves.

    Raises
    ------
    InputError
        If fewer than ten simulations judge.
    """
    centre = _centre(domains.values())
    target, home = (
        judged_sums(domains[sky], score, centre, n_resamples=n_resamples, seed=seed + place)
        for place, sky in enumerate(SKIES[:2])
    )
    found = np.stack([score.value(one) for one in (target, home, mixed_sums(target, home))], axis=2)
    return Resampled(found[0], found[1:], min(one.fewest_judged for one in domains.values()))


def resampled_domain(maps: JudgedMaps, score: MapScore, *, n_resamples: int, seed: int) -> Resampled:
    """Return the scores of all runs on one domain, with one entry along ``judged_on``; as `resampled_scores`."""
    sums = judged_sums(maps, score, _centre([maps]), n_resamples=n_resamples, seed=seed)
    found = score.value(sums)[:, :, None]
    return Resampled(found[0], found[1:], maps.fewest_judged)


def judged_sums(maps: JudgedMaps, score: MapScore, centre: Values, *, n_resamples: int, seed: int) -> Values:
    """Return the sums that a score is made from, (1 + n_resamples, runs, parameters, columns), first of all maps once.

    They are NaN where the maps have no labels, and count no map where a run judges none. `centre` (outputs,) is what
    truths are taken about.
    """
    known = np.full(maps.predictions.shape[1:], np.nan) if maps.truth is None else maps.truth
    columns = score.columns(maps.predictions, known, centre)
    judged = maps.judged.reshape(*maps.judged.shape, *[1] * (columns.ndim - 2))
    columns = np.where(judged, columns, 0.0)
    n = maps.n_simulations
    of_simulation = simulation_sums(np.moveaxis(columns, 1, 0), maps.places, n_simulations=n)
    weights = np.vstack([np.ones((1, n)), bootstrap_weights(n, n_resamples=n_resamples, seed=seed)])
    return np.asarray((weights @ of_simulation.reshape(n, -1)).reshape(len(weights), *of_simulation.shape[1:]))


def score_of_maps(predictions: Values, truth: Values, score: MapScore) -> float:
    """Return the score of predictions of some maps, both (n_maps, outputs): the mean over what has labels."""
    known = np.isfinite(truth).all(0)
    chosen, true = predictions[:, known], truth[:, known]
    found = score.value(score.columns(chosen[None], true, true.mean(0)).sum(1))
    return float(found.mean())


def _centre(domains: Iterable[JudgedMaps]) -> Values:
    """Return the mean truth of the labelled maps of some domains, (outputs,); NaN where there is none."""
    known = [one.truth for one in domains if one.truth is not None]
    return np.asarray(np.concatenate(known).mean(0) if known else np.array(np.nan))
