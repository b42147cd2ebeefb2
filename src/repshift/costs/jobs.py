"""A job of a run, before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from repshift.vocabulary import SHARES, Split

Sizes = Mapping[str, float]
"""Numbers of the configuration that a cost depends on."""

Part = tuple[str, Sizes]
"""What a process does, one of `repshift.costs.kinds.KINDS` or any other word, and what its cost depends on."""


@dataclass(frozen=True)
class Job:
    """A job of a run.

    Attributes
    ----------
    number
        Snakemake's, one of a kind within the run.
    label
        What it is called in a line of progress; its first word stands for all jobs that are like it.
    threads
        Cores that it holds.
    parts
        What it does, one after the other, in one process.
    needs
        Numbers of the jobs whose output it reads.
    outputs, temporary
        Its files, and those of them that go once they are read.
    benchmark
        Where its run time is written; empty of a rule without commands.
    fetches
        Whether it holds one of the places of those that fetch.
    """

    number: int
    label: str
    threads: int = 1
    parts: tuple[Part, ...] = ()
    needs: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()
    temporary: tuple[str, ...] = ()
    benchmark: str = ""
    fetches: bool = False

    @property
    def rule(self) -> str:
        """The word that it shares with the jobs that are like it."""
        return self.label.partition(" ")[0]

    def loses(self, kind: str) -> bool:
        """Return whether what its parts of a kind make goes once it is read: all of it, or the files of that stage."""
        of_stage = (path.split("/")[1:2] == [kind] for path in self.temporary)
        return any(of_stage) or (len(self.outputs) > 0 and self.temporary == self.outputs)


def shown_maps(maps: float, split: Split) -> float:
    """Return about how many maps of a file a split holds."""
    return maps * SHARES[split]
