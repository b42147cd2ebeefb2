"""A network along axes of strength: its outputs, the drift of its layers, and label-free scores at every level.

Of each simulation one map is recorded: of these the representations are held unperturbed. Strength 0 is run once for
all axes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.evidence.level_scores import divisions, values_of_level
from repshift.evidence.level_scores.score import Halves, LevelPair
from repshift.evidence.stress.layers import LayerDrift, layer_drift
from repshift.recording.drift import LayersAtZero, pooled_gram, record_drift, record_unperturbed
from repshift.recording.level_maps import Home, Inputs, Level, LevelMaps, MapsAtZero, Rows, Runs, Values, numbers_of
from repshift.vocabulary import COMPONENTS, FOLDS


@dataclass(frozen=True)
class Curves:
    """A network along axes: what is found at each level.

    Attributes
    ----------
    answers
        (levels, n_maps, n_answers); NaN where a map takes no part.
    floored
        (levels, n_maps): pixels that had no logarithm left.
    layers
        Names of the layers.
    unresolved
        Those of them whose maps differ by less than the forward pass rounds: their drift is NaN.
    drift
        Of each level.
    scores
        Of each level, by name: (halves,) or (halves, outputs); NaN where some maps take no part.
    null
        The same between unperturbed maps of the own domain.
    halves
        (halves, n): which of the recorded maps are perturbed in a score.
    """

    answers: Values
    floored: Rows
    layers: tuple[str, ...]
    unresolved: tuple[str, ...]
    drift: list[LayerDrift]
    scores: list[dict[str, Values]]
    null: dict[str, Values]
    halves: Rows


def home_of(shown: MapsAtZero, runs: Runs) -> Home:
    """Record the unperturbed maps of the model's own domain."""
    return _recorded(shown, runs)[1]


def curves_of(shown: MapsAtZero, levels: Iterable[Level], runs: Runs, *, home: Home | None = None) -> Curves:
    """Run a network along axes.

    Parameters
    ----------
    shown, levels, runs
        The maps, each strength of each axis, and what runs.
    home
        Of another domain than these maps are of; None: they are of the model's own.

    Raises
    ------
    InputError
        If there are too few simulations to be divided, or as recording and perturbing do.
    """
    before, itself = _recorded(shown, runs)
    return _Along(shown, runs, before, itself, home or itself).run(levels)


def _recorded(shown: MapsAtZero, runs: Runs) -> tuple[LayersAtZero, Home]:
    maps = LevelMaps(shown.recorded, shown.inputs, sums=bool(runs.scores))
    found = record_unperturbed(runs.network, maps, **runs.how)
    return found, Home(runs.side(found.grams, numbers_of(found.answers), maps), found.last)


@dataclass(frozen=True)
class _Found:
    """What is found at a level: rows of `Curves`."""

    answers: Values
    floored: Rows
    drift: LayerDrift
    scores: dict[str, Values]


class _Along:
    """The levels of a case beside its unperturbed maps."""

    def __init__(self, shown: MapsAtZero, runs: Runs, before: LayersAtZero, itself: Home, home: Home) -> None:
        self.shown, self.runs, self.before, self.itself, self.home = shown, runs, before, itself, home
        self.known: dict[bytes, _Found] = {}
        self.is_recorded = np.isin(np.arange(shown.n_maps), shown.recorded)
        n, n_own = len(shown.recorded), len(home.side.grams[0])
        n_halves = runs.halves if runs.scores else 0
        drawn = {"n_halves": n_halves, "seed": runs.seed}
        none = (np.empty((0, 0), np.int64), np.empty((0, 0), np.int64))
        self.rows = divisions(n, n_own, **drawn) if n_halves else none
        self.null_rows = divisions(n_own, n_own, **drawn) if n_halves else none
        rest = LevelMaps(np.flatnonzero(~self.is_recorded), shown.inputs)
        recorded = numbers_of(before.answers)
        self.zero = np.empty((shown.n_maps, recorded.shape[1]))
        self.zero[shown.recorded] = recorded
        if len(rest):
            self.zero[rest.rows] = runs.answers(rest)

    def run(self, levels: Iterable[Level]) -> Curves:
        """Run all levels."""
        found = [self._at_zero(one.takes) if one.inputs is None else self._at(one, one.inputs) for one in levels]
        own = LevelPair(self.home.side, self.home.side, pooled_gram(self.home.last, self.home.last))
        null = self._scores(own, self.null_rows, np.ones(len(self.home.side.grams[0]), dtype=bool))
        missing = {name: np.full((len(self.rows[0]), *values.shape[1:]), np.nan) for name, values in null.items()}
        return Curves(
            answers=np.stack([one.answers for one in found]),
            floored=np.stack([one.floored for one in found]),
            layers=self.before.layers,
            unresolved=self.before.unresolved,
            drift=[one.drift for one in found],
            scores=[one.scores or missing for one in found],
            null=null,
            halves=self.rows[0],
        )

    def _at_zero(self, takes: npt.NDArray[np.bool_]) -> _Found:
        """Return what is found where nothing is perturbed: once for all axes that the same maps take part in."""
        if takes.tobytes() in self.known:
            return self.known[takes.tobytes()]
        answers = np.where(takes[:, None], self.zero, np.nan)
        part = takes[self.shown.recorded]
        rows = np.flatnonzero(part)
        grams = self.before.grams[:, rows[:, None], rows]
        drift = layer_drift(grams, grams, np.zeros(grams.shape[:2]), resolved=self.before.resolved)
        pair = LevelPair(self.itself.side, self.home.side, pooled_gram(self.before.last, self.home.last))
        found = _Found(answers, np.zeros(len(takes), np.int64), drift, self._scores(pair, self.rows, part))
        return self.known.setdefault(takes.tobytes(), found)

    def _at(self, level: Level, inputs: Inputs) -> _Found:
        """Return what is found at a strength."""
        part = level.takes[self.shown.recorded]
        recorded = LevelMaps(self.shown.recorded[part], inputs, sums=bool(self.runs.scores))
        rest = LevelMaps(np.flatnonzero(level.takes & ~self.is_recorded), inputs)
        answers, floored = np.full(self.zero.shape, np.nan), np.zeros(len(self.zero), dtype=np.int64)
        if len(rest):
            answers[rest.rows], floored[rest.rows] = self.runs.answers(rest), rest.floored
        rows = np.flatnonzero(part)
        found = record_drift(self.runs.network, recorded, self.before, rows=rows, own=self.home.last, **self.runs.how)
        answers[recorded.rows], floored[recorded.rows] = numbers_of(found.answers), recorded.floored
        grams = self.before.grams[:, rows[:, None], rows]
        drift = layer_drift(grams, found.grams, found.squares, resolved=self.before.resolved)
        side = self.runs.side(found.grams, numbers_of(found.answers), recorded)
        return _Found(
            answers, floored, drift, self._scores(LevelPair(side, self.home.side, found.pooled), self.rows, part)
        )

    def _scores(self, pair: LevelPair, rows: tuple[Rows, Rows], part: npt.NDArray[np.bool_]) -> dict[str, Values]:
        """Return the scores of a level: none where some maps take no part: the others are no fair sample of home."""
        if not self.runs.scores or not self.runs.halves or not part.all():
            return {}
        return values_of_level(pair, Halves(*rows, COMPONENTS, FOLDS, self.runs.seed), self.runs.scores)
