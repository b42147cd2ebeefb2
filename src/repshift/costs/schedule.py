"""A run played through before it is made: when it would end, and how full the disk would get."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from repshift.costs.jobs import Job
from repshift.costs.prices import Cost


@dataclass(frozen=True)
class Outcome:
    """A run played through: seconds on the clock, bytes on the disk at the end and at most."""

    seconds: float
    kept: float
    peak: float


def play(jobs: Iterable[Job], costs: Mapping[int, Cost], *, cores: int, downloads: int, pause: float = 0.0) -> Outcome:
    """Return how a run would go whose jobs start once all that they need is there.

    Parameters
    ----------
    jobs
        All jobs of the run.
    costs
        What each costs, by its number.
    cores
        Held by the jobs' threads, as many at a time.
    downloads
        Jobs that fetch at the same time; they share the rate that one has alone.
    pause
        Seconds between the end of a job and the start of what waits for its cores.

    Notes
    -----
    Jobs that are ready start in the order of their numbers, which is not quite Snakemake's. Temporary files go with
    their job: no other reads them.
    """
    return _Run(jobs, costs, cores=cores, downloads=downloads, pause=pause).play()


class _Run:
    """The state of a run: what waits, what runs, what lies on the disk."""

    def __init__(
        self, jobs: Iterable[Job], costs: Mapping[int, Cost], *, cores: int, downloads: int, pause: float
    ) -> None:
        self.jobs = {job.number: job for job in jobs}
        self.costs, self.cores, self.downloads, self.pause = costs, cores, downloads, pause
        self.fetching = min(downloads, sum(job.fetches for job in self.jobs.values())) or 1
        self.missing = {number: {n for n in job.needs if n in self.jobs} for number, job in self.jobs.items()}
        self.readers: dict[int, set[int]] = defaultdict(set)
        for number, needs in self.missing.items():
            for needed in needs:
                self.readers[needed].add(number)
        self.ready = [number for number, needs in self.missing.items() if not needs]
        self.running: list[tuple[float, int]] = []
        self.now = self.disk = self.peak = 0.0

    def play(self) -> Outcome:
        self._start()
        while self.running:
            self.now, number = heapq.heappop(self.running)
            self._end(self.jobs[number])
            self._start()
        return Outcome(self.now, self.disk, self.peak)

    def _start(self) -> None:
        """Start what is ready and has room."""
        for number in sorted(self.ready):
            if self._has_room(self.jobs[number]):
                self.ready.remove(number)
                cost = self.costs[number]
                seconds = cost.wall + cost.fetching * self.fetching + self.pause
                heapq.heappush(self.running, (self.now + seconds, number))
                self.disk += cost.bytes
                self.peak = max(self.peak, self.disk)

    def _has_room(self, job: Job) -> bool:
        """Return whether there are cores for a job and, where it fetches, a place among those that fetch."""
        others = [self.jobs[number] for _, number in self.running]
        held = sum(min(other.threads, self.cores) for other in others)
        fetching = job.fetches and sum(other.fetches for other in others) >= self.downloads
        return held + min(job.threads, self.cores) <= self.cores and not fetching

    def _end(self, job: Job) -> None:
        """Let go what a job held, and its temporary files."""
        self.disk -= self.costs[job.number].temporary
        for reader in self.readers[job.number]:
            self.missing[reader].discard(job.number)
            if not self.missing[reader]:
                self.ready.append(reader)
