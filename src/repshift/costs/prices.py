"""What a job costs: the start of its process, and for each of its parts a constant and some terms.

``constants[0] + sum(constants[k] * terms[k - 1])`` for seconds, megabytes and bytes of each kind of part, each factor
measured on a machine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Final, Literal, get_args

from repshift.costs.jobs import Job, Part, Sizes
from repshift.costs.kinds import Packages, kind_of, terms_of
from repshift.costs.terms import representations
from repshift.storage.files import read_json
from repshift.vocabulary import InputError

Quantity = Literal["seconds", "megabytes", "bytes"]
Constants = Mapping[str, Mapping[str, Sequence[float]]]

_PLAIN: Final = 1.0
"""Seconds of a part of a kind of which the constants say nothing."""


@dataclass(frozen=True)
class Cost:
    """What a job costs, or a part of it.

    Attributes
    ----------
    seconds, wall
        Of the CPU; of computing on the clock.
    megabytes
        Of memory.
    bytes, temporary
        Of its files; of those that go once they are read.
    fetched, fetching
        Bytes from elsewhere, and the seconds that they take to come alone.
    start
        Seconds of these that the process takes before its first part.
    """

    seconds: float
    wall: float
    megabytes: float = 0.0
    bytes: float = 0.0
    temporary: float = 0.0
    fetched: float = 0.0
    fetching: float = 0.0
    start: float = 0.0


@dataclass(frozen=True)
class Prices:
    """Constants, as they were measured.

    Attributes
    ----------
    start
        Of a process, by what it loads: seconds and megabytes.
    parts
        By kind and quantity.
    pause
        Seconds that Snakemake takes itself for a job.
    """

    start: Mapping[str, Mapping[str, float]]
    parts: Constants
    pause: float = 0.0

    def costs(self, jobs: Iterable[Job], *, rate: float) -> dict[int, Cost]:
        """Return what each job costs where files come at `rate` [bytes/s]; nothing where it has no command."""
        return {job.number: self._of_job(job, rate=rate) if job.benchmark else Cost(0.0, 0.0) for job in jobs}

    def _of_job(self, job: Job, *, rate: float) -> Cost:
        cost = self.cost(job.parts, threads=job.threads, rate=rate)
        gone = [self.cost_of(kind, sizes).bytes for kind, sizes in job.parts if job.loses(kind)]
        return replace(cost, temporary=sum(gone))

    def cost(self, parts: Sequence[Part], *, threads: int = 1, rate: float = inf) -> Cost:
        """Return what a process costs that does some parts one after the other."""
        start = self.start.get(heaviest(kind for kind, _ in parts), {})
        costs = [self.cost_of(kind, sizes, threads=threads, rate=rate) for kind, sizes in parts]
        seconds = start.get("seconds", 0.0)
        return Cost(
            seconds=seconds + sum(cost.seconds for cost in costs),
            wall=seconds + sum(cost.wall for cost in costs),
            megabytes=start.get("megabytes", 0.0) + max((cost.megabytes for cost in costs), default=0.0),
            bytes=sum(cost.bytes for cost in costs),
            fetched=sum(cost.fetched for cost in costs),
            fetching=sum(cost.fetching for cost in costs),
            start=seconds,
        )

    def cost_of(self, kind: str, sizes: Sizes, *, threads: int = 1, rate: float = inf) -> Cost:
        """Return what a part costs beside the start of its process; a plain second of a kind that nobody measured."""
        known = self.parts.get(kind) or self.parts.get(kind_of(kind).like)
        if known is None:
            return Cost(_PLAIN, _PLAIN)
        terms = terms_of(kind, sizes, threads=threads)
        forward = self._forward(kind, sizes)
        seconds = _sum(known["seconds"], terms.seconds) + forward.seconds
        megabytes = _sum(known["megabytes"], terms.megabytes) + forward.megabytes
        return Cost(
            seconds=seconds,
            wall=seconds / _processes(kind, sizes, threads=threads),
            megabytes=megabytes,
            bytes=_sum(known["bytes"], terms.bytes),
            fetched=terms.fetched,
            fetching=terms.fetched / rate,
        )

    def _forward(self, kind: str, sizes: Sizes) -> Cost:
        """Return the forward passes of Gram matrices that are made from no activations, and hold them themselves."""
        recorded, known = sizes.get("recorded", 0), self.parts.get("activations")
        if kind != "grams" or not recorded or known is None:
            return Cost(0.0, 0.0)
        n_maps = sizes["n_maps"] * sizes["domains"]
        recorded_sizes = {**sizes, "n_maps": n_maps, "passes": recorded}
        terms, held = terms_of("activations", recorded_sizes), representations(recorded_sizes)
        seconds = _sum([0.0, *known["seconds"][1:]], terms.seconds)
        return Cost(seconds, seconds, _sum([0.0, *known["megabytes"][1:]], terms.megabytes) + held)


def heaviest(kinds: Iterable[str]) -> Packages:
    """Return what a process loads that does parts of these kinds: torch before what draws, that before the rest."""
    return max((kind_of(kind).packages for kind in kinds), key=get_args(Packages).index, default="analysis")


def _sum(constants: Sequence[float], terms: tuple[float, ...]) -> float:
    return constants[0] + sum(constant * term for constant, term in zip(constants[1:], terms, strict=True))


def _processes(kind: str, sizes: Sizes, *, threads: int) -> float:
    """Return how many cores a part keeps busy: simulations are one process each, torch has threads of its own."""
    return max(1, min(threads, sizes.get("simulations", 1))) if kind in ("maps", "generate") else 1


def read_prices(path: Path) -> Prices:
    """Read the constants of costs.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it holds none.
    """
    content = read_json(path)
    missing = [key for key in ("start", "parts", "pause") if key not in content]
    if missing:
        raise InputError(f"{path} lacks {missing}. It was expected from 'python -m repshift costs fit'.")
    return Prices(content["start"], content["parts"], content["pause"])
