"""What a finished job took: the whole, as Snakemake measured it, and each of its stages, as its process did."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from repshift.costs.jobs import Job
from repshift.costs.kinds import kind_of_words, stage_of
from repshift.storage.benchmarks import START, Benchmark, Usage, read_benchmark, read_usage, usage_file


@dataclass(frozen=True)
class Bill:
    """What a finished job took.

    Attributes
    ----------
    job
        None of a job that the configuration does not have.
    whole
        All of it, the CPU time and the memory by its process where that measured them.
    calls
        Each call of its process, the start of it first; empty where nothing but the whole was measured.
    kept
        Bytes of its files that are there, by the folder of results that they lie in.
    """

    job: Job | None
    whole: Benchmark
    calls: tuple[Usage, ...] = ()
    kept: dict[str, int] = field(default_factory=dict)

    def by_kind(self) -> dict[str, list[Usage]]:
        """Return the calls by the kind of part that they are, and `START`."""
        found: dict[str, list[Usage]] = defaultdict(list)
        for call in self.calls:
            found[self._kind_of(call)].append(call)
        return dict(found)

    def risen(self) -> dict[str, float]:
        """Return the largest memory [MB] of the kinds of part that needed more than all before them."""
        found: dict[str, float] = {}
        for call in self.calls:
            if call.megabytes > max(found.values(), default=0.0):
                found[self._kind_of(call)] = call.megabytes
        return found

    def kept_of(self, kind: str) -> int:
        """Return the bytes of the files of a kind of part: all of a job that does nothing else."""
        if kind == START:
            return 0
        return self.kept.get(stage_of(kind), 0) if len(self._kinds) > 1 else sum(self.kept.values())

    @property
    def _kinds(self) -> set[str]:
        return {kind for kind, _ in self.job.parts} if self.job else set()

    def _kind_of(self, call: Usage) -> str:
        """Return the kind of a call: the only one that was planned, or what its words say."""
        if call.words == START:
            return START
        return next(iter(self._kinds)) if len(self._kinds) == 1 else kind_of_words(call.words)


def read_bill(path: Path, job: Job | None, *, folder: Path) -> Bill:
    """Read what was measured of a job.

    Parameters
    ----------
    path
        What Snakemake measured; what the process did is beside it.
    job
        As it was planned.
    folder
        Where the workflow ran.
    """
    whole, calls = read_benchmark(path), tuple(read_usage(usage_file(path)))
    if calls:
        largest = max(whole.megabytes, *(call.megabytes for call in calls))
        whole = Benchmark(whole.wall, sum(call.seconds for call in calls), largest, whole.ended)
    return Bill(job, whole, calls, _kept(job, folder) if job else {})


def benchmarks_of(folder: Path) -> list[Path]:
    """Return what Snakemake measured, a file a job."""
    return [path for path in sorted(folder.rglob("*.tsv")) if not path.name.endswith(".costs.tsv")]


def _kept(job: Job, folder: Path) -> dict[str, int]:
    """Return the bytes of a job's files that are there; what a link points to is not the job's."""
    found: dict[str, int] = defaultdict(int)
    for output in job.outputs:
        path = folder / output
        found["/".join(Path(output).parts[1:2])] += path.lstat().st_size if path.is_file() else 0
    return dict(found)
