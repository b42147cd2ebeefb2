"""A job of a run, before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from repshift.vocabulary import SHARES, Split

Sizes = Mapping[str, float]


@dataclass(frozen=True)
class Job:
    """A job of a run.

    Attributes
    ----------
    number
        Snakemake's, one of a kind within the run.
    rule, wildcards
        Its rule and, joined by a slash, its wildcards.
    threads
        Cores that it holds.
    sizes
        Numbers of the configuration that its cost depends on.
    needs
        Numbers of the jobs whose output it reads.
    outputs, temporary
        Its files, and whether they go once they are read.
    benchmark
        Where its run time is written; empty of a rule without commands.
    fetches
        Whether it holds one of the places of those that fetch.
    """

    number: int
    rule: str
    wildcards: str = ""
    threads: int = 1
    sizes: Sizes = field(default_factory=dict)
    needs: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()
    temporary: bool = False
    benchmark: str = ""
    fetches: bool = False

    @property
    def label(self) -> str:
        """What it is called in a line of progress."""
        return f"{self.rule} {self.wildcards}".rstrip()


def shown_maps(maps: float, split: Split) -> float:
    """Return about how many maps of a file a split holds."""
    return maps * SHARES[split]
