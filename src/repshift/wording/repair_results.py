"""What is known of the repairs of a network for a domain, and what the intervals of each say in a word.

A repair raises a score only where the whole interval of its gain lies above 0; one that trains only where that over its
control does too. It is above a guess only where the whole interval of the score is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from repshift.wording.numbers import Estimate

REPAIRED: Final = "raised above a guess of the mean"
RAISED: Final = "raised"
NO_MORE: Final = "no more than their control"
NO_CONTROL: Final = "without a control, so nothing is said"
OPEN: Final = "not seen to gain"
WORSE: Final = "worse"


@dataclass(frozen=True)
class RungScore:
    """A rung judged on a sky, for an output.

    Attributes
    ----------
    n_simulations
        Simulations of the target that tuned it.
    score, gain, over_control
        Its score, that less the score of the network as it is, and less that of its control.
    guess
        Score of a guess of the mean; infinite: not known.
    over_yardsticks
        By rung: its score less that of another repair, on the same maps; of a rung that trains.
    """

    n_simulations: int
    score: Estimate
    gain: Estimate
    over_control: Estimate
    guess: float = math.inf
    over_yardsticks: Mapping[str, Estimate] = field(default_factory=dict)

    def verdict(self, *, trains: bool) -> str:
        """Return what the intervals say of the rung."""
        if trains and not self.over_control.has_interval:
            return NO_CONTROL
        if not self.gain.excludes_zero:
            return OPEN
        if self.gain.value < 0:
            return WORSE
        if trains and not self.over_control.low > 0:
            return NO_MORE
        return REPAIRED if self.guess < self.score.low else RAISED


@dataclass(frozen=True)
class Rung:
    """A rung of a ladder with its settings.

    Attributes
    ----------
    rung, name
        Its repair, and what it is called.
    kind
        "bound", "repair" or "control".
    labelled
        Whether it saw labels of the target.
    trains
        Whether it is measured against a control.
    needs_same_prior
        Whether it needs the prior of the suite, in a word; empty: not tried.
    scores
        By sky ("target", "home", "mixed") and output: its scores, of ever more simulations.
    """

    rung: str
    name: str
    kind: str
    labelled: bool = False
    trains: bool = False
    needs_same_prior: str = ""
    scores: Mapping[tuple[str, str], Sequence[RungScore]] = field(default_factory=dict)

    def last(self, sky: str, output: str) -> RungScore | None:
        """Return its score with most simulations; None where it has none."""
        found = self.scores.get((sky, output), ())
        return found[-1] if found else None

    def raises(self, output: str) -> bool:
        """Return whether it raises the score of an output on the target, with most simulations."""
        last = self.last("target", output)
        return last is not None and last.verdict(trains=self.trains) in (REPAIRED, RAISED)

    def first_to_gain(self, output: str) -> int | None:
        """Return the number of simulations from which on it raises the score on the target, if it has several."""
        found, first = self.scores.get(("target", output), ()), None
        for one in reversed(found):
            if one.verdict(trains=self.trains) not in (REPAIRED, RAISED):
                break
            first = one.n_simulations
        return first if len(found) > 1 else None


@dataclass(frozen=True)
class RepairResult:
    """What is known of the repairs of a network for a domain.

    Attributes
    ----------
    model, own, domain
        Labels of the network, of its own domain, and of the target.
    score
        The score, as a sentence begins with it.
    outputs
        What is judged.
    as_it_is
        The network as it is.
    bounds, rungs
        Other models, by which a repair may be judged; repairs, their controls left out.
    correlations
        By the words of a shift score: rank correlation over repairs of its change and the gain, and their number.
    """

    model: str
    own: str
    domain: str
    score: str
    outputs: Sequence[str]
    as_it_is: Rung
    bounds: Sequence[Rung] = ()
    rungs: Sequence[Rung] = ()
    correlations: Mapping[str, tuple[float, int]] = field(default_factory=dict)

    @property
    def is_scored(self) -> bool:
        """Whether the target has labels."""
        return any(self.as_it_is.last("target", one) for one in self.outputs)
