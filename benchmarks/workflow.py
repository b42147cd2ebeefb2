"""What a run of the workflow costs beside one of an older commit: CPU time of all its processes, time, load, jobs.

``python -m benchmarks.workflow [--commit 2c60559] [--rounds 3] [--cores 2] [--only default figure1 test]`` clones this
repository twice, at its HEAD and at the older commit, and runs the same things in both, in turn: the default, figure 1
alone on a clean clone, and the tests. Each run is started by the interpreter that this is started by, and its CPU time
is that of the whole tree of processes (user and system), as the kernel adds it up. It prints the median of each figure,
the ratio of the medians, and the ratio round by round. Nothing is downloaded.

Beside them stands the floor of the newer default: the CPU seconds that its calls take once everything is imported, as
the processes say themselves beside their logs; the rest is the start of processes, and Snakemake.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
RUNS = {
    "default": ("snakemake", "--cores", "{cores}"),
    "figure1": ("snakemake", "--cores", "{cores}", "results/figures/figure1.png"),
    "test": ("pytest", "--numprocesses", "{cores}", "--dist", "loadfile", "--no-loadscope-reorder", "-q"),
}


@dataclass(frozen=True)
class Cost:
    """What a run took: CPU seconds of all its processes, seconds on the clock, jobs, largest process [MB]."""

    cpu: float
    wall: float
    jobs: int
    megabytes: float

    @property
    def load(self) -> float:
        """Cores that were busy in the mean."""
        return self.cpu / self.wall


def say(line: str) -> None:
    """Write a line at once, for a round takes minutes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def clone(commit: str, folder: Path) -> Path:
    """Return a clean clone of this repository at a commit."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    return folder


def run(words: tuple[str, ...], folder: Path, *, cores: int) -> Cost:
    """Run a command in a clean tree of a clone, and return what it took."""
    for name in ("results", "logs", ".snakemake"):
        shutil.rmtree(folder / name, ignore_errors=True)
    command = [str(BIN / words[0]), *(word.format(cores=cores) for word in words[1:])]
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", str(folder))}
    log, start = folder / "benchmark.log", time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{log.read_text()[-2000:]}")
    jobs = re.findall(r"(\d+) of \1 (?:jobs|steps)", log.read_text())
    return Cost(usage.ru_utime + usage.ru_stime, wall, int(jobs[-1]) if jobs else 0, usage.ru_maxrss / 1000)


def floor(folder: Path) -> float:
    """Return the CPU seconds of all calls of a run without the start of their processes."""
    seconds = 0.0
    for path in (folder / "logs").rglob("*.costs.tsv"):
        rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        seconds += sum(float(row[2]) for row in rows if row[0] != "start")
    return seconds


def report(name: str, old: list[Cost], new: list[Cost]) -> None:
    """Print what a kind of run took in both clones."""
    say(f"\n{name}: medians of {len(new)}")
    for quantity in ("cpu", "wall", "load", "jobs", "megabytes"):
        before, after = ([getattr(one, quantity) for one in taken] for taken in (old, new))
        middle = statistics.median(before), statistics.median(after)
        rounds = ", ".join(f"{b / a:.2f}" for a, b in zip(before, after, strict=True) if a)
        ratio = f"{middle[1] / middle[0]:.2f}" if middle[0] else "-"
        say(f"  {quantity:10} {middle[0]:9.1f} -> {middle[1]:9.1f}   ratio {ratio}   round by round {rounds}")


def main() -> None:
    """Run everything in turn, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commit", default="2c60559", help="older commit")
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is run")
    parser.add_argument("--cores", type=int, default=2, help="cores of each run")
    parser.add_argument("--only", nargs="+", choices=tuple(RUNS), default=tuple(RUNS), help="what is run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        old, new = clone(given.commit, Path(name, "old")), clone("HEAD", Path(name, "new"))
        for kind in given.only:
            taken: dict[Path, list[Cost]] = {old: [], new: []}
            for number in range(given.rounds):
                for folder in (old, new) if number % 2 == 0 else (new, old):
                    taken[folder].append(run(RUNS[kind], folder, cores=given.cores))
                    say(f"{kind} {folder.name}: {taken[folder][-1]}")
            report(kind, taken[old], taken[new])
            if kind == "default":
                say(f"  floor of the newer run, imports and Snakemake free: {floor(new):.0f} CPU seconds")


if __name__ == "__main__":
    main()
