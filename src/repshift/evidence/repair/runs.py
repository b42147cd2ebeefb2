"""Runs of a ladder, a network that was made and judged once each, and the entries that they make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from repshift.evidence.repair.judgement import JudgedMaps
from repshift.evidence.repair.quantities import AS_IT_IS, SAME_PRIOR
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """What a network was made by. Without `split` and `seed` it is an entry.

    Attributes
    ----------
    rung, label, kind, control
        Its rung, what figures call it, `repshift.evidence.repair.quantities.KINDS`, and the rung it is measured
        against, or empty.
    setting, freeze
        In words what else shaped it; the layer below which nothing was trained, or empty.
    n_simulations
        Simulations of the target that tuned it.
    labelled
        Whether it saw their labels.
    prior
        Which simulations those are.
    split, seed
        Place of the split, and what drew batches.
    """

    rung: str
    label: str
    kind: str = "repair"
    control: str = ""
    setting: str = ""
    freeze: str = ""
    n_simulations: int = 0
    labelled: bool = False
    prior: str = SAME_PRIOR
    split: int = 0
    seed: int = 0

    @property
    def is_trained(self) -> bool:
        """Whether weights were trained: such a rung is a control, or has one."""
        return bool(self.control) or self.kind == "control"

    @property
    def entry(self) -> "Run":
        """The run without its split and seed."""
        return replace(self, split=0, seed=0)


@dataclass(frozen=True)
class LadderRuns:
    """The runs of a file and what is known of each.

    Attributes
    ----------
    runs
        One after the other; those of the network as it is first.
    target, home
        Predictions of all of them for either domain.
    prior
        For the domain of one cosmology; None: there is none.
    label_free
        (runs, names): shift scores.
    cka_source, cka_target
        (runs, layers, layers), NaN where they were not computed.
    """

    runs: tuple[Run, ...]
    target: JudgedMaps
    home: JudgedMaps
    prior: JudgedMaps | None
    label_free: Values
    cka_source: Values
    cka_target: Values

    def of(self, places: Sequence[int]) -> "LadderRuns":
        """Return some of the runs."""
        chosen = list(places)
        return LadderRuns(
            tuple(self.runs[place] for place in chosen),
            self.target.of(chosen),
            self.home.of(chosen),
            None if self.prior is None else self.prior.of(chosen),
            self.label_free[chosen],
            self.cka_source[chosen],
            self.cka_target[chosen],
        )


@dataclass(frozen=True)
class Entries:
    """Runs by what they have in common.

    Attributes
    ----------
    runs
        All of them.
    entries
        Without split and seed, in the order of their first runs.
    places
        The places of the runs of each.
    """

    runs: tuple[Run, ...]
    entries: tuple[Run, ...]
    places: tuple[tuple[int, ...], ...]

    def baseline(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """Return each of some runs beside the run of the network as it is of the same split."""
        return self._beside(places, lambda run, other: other.rung == AS_IT_IS and other.split == run.split)

    def control(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """Return each of some runs beside its control: of the same split, seed and frozen layers."""

        def matches(run: Run, other: Run) -> bool:
            alike = (other.split, other.seed, other.freeze) == (run.split, run.seed, run.freeze)
            return bool(run.control) and other.rung == run.control and alike and other.prior == SAME_PRIOR

        return self._beside(places, matches)

    def require_control(self, place: int) -> None:
        """Refuse an entry, by its place, that has a control without a run beside each of its own.

        Raises
        ------
        InputError
            With the names of both.
        """
        entry = self.entries[place]
        if entry.control and not self.control(self.places[place]):
            raise InputError(
                f"The control '{entry.control}' lacks runs beside those of '{entry.rung}'. Train it with the same "
                "splits, seeds and frozen layers."
            )

    def with_prior(self, places: Sequence[int], prior: str) -> list[tuple[int, int]]:
        """Return each of some runs beside the run that differs in its prior alone."""
        return self._beside(places, lambda run, other: other == replace(run, prior=prior))

    def _beside(self, places: Sequence[int], matches: Callable[[Run, Run], bool]) -> list[tuple[int, int]]:
        """Return pairs of places; none where one of the runs has no partner."""
        found = [
            (place, other)
            for place in places
            for other in [n for n, one in enumerate(self.runs) if matches(self.runs[place], one)][:1]
        ]
        return found if len(found) == len(places) else []


def entries_of(runs: Sequence[Run]) -> Entries:
    """Return the entries of runs, each with the places of its runs."""
    found: dict[Run, list[int]] = {}
    for place, run in enumerate(runs):
        found.setdefault(run.entry, []).append(place)
    return Entries(tuple(runs), tuple(found), tuple(map(tuple, found.values())))
