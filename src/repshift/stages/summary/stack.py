"""Action of the stage summary: ``stack``, the numbers of all cases in one file.

Output: ``summary.nc``: what `repshift.case.stack` returns of all cases; where there are such files, independence of
layers, influence of maps, samples of simulations and shift scores, along ``case`` too; networks compared with each
other, along ``comparison``; the steps of a shift, along ``network``; domains under stress, which need be no cases,
along ``stress``, their smallest perturbations along ``smallest``, attributions along ``attribution``, those of shifts
along ``attribution_of_shift``; repairs along ``repair``, layers replaced along ``pruning``, CKA moved by the loss along
``pruning_cause``, trust along ``trust``. `repshift.stages.summary.tables` says which variables
are which table.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import xarray as xr

from repshift.case.comparisons import stack_comparisons
from repshift.case.grams import read_case
from repshift.case.stack import stack_cases
from repshift.case.steps import stack_steps
from repshift.stages.summary.attribution import stack_attribution, stack_attribution_of_shift
from repshift.stages.summary.failures import failure_numbers
from repshift.stages.summary.independence import independence_numbers
from repshift.stages.summary.influence import influence_numbers
from repshift.stages.summary.pruning import stack_causes, stack_pruning
from repshift.stages.summary.repair import stack_repairs
from repshift.stages.summary.sample_size import sample_numbers
from repshift.stages.summary.shift_scores import shift_score_numbers
from repshift.stages.summary.stress import stack_smallest, stack_stress
from repshift.stages.summary.trust import stack_trust
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256

logger = logging.getLogger(__name__)

_OF_CASES = ("scores", "intervals", "permutation-tests", "influence", "sample-sizes", "shift-scores")

_BESIDE: Final[dict[str, Callable[[Sequence[xr.Dataset]], xr.Dataset]]] = {
    "comparisons": stack_comparisons,
    "shift_steps": stack_steps,
    "stress": stack_stress,
    "smallest": stack_smallest,
    "attribution": stack_attribution,
    "attribution_of_shift": stack_attribution_of_shift,
    "repair": stack_repairs,
    "pruning": stack_pruning,
    "pruning_cause": stack_causes,
    "trust": stack_trust,
}
"""What stacks files that are not one a case."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    for name in _OF_CASES:
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[], help=".nc of each case that has one")
    parser.add_argument("--comparisons", type=Path, nargs="*", default=[], help=".nc of CKA of each two networks")
    parser.add_argument("--shift-steps", type=Path, nargs="*", default=[], help=".nc of each network along its steps")
    parser.add_argument("--stress", type=Path, nargs="*", default=[], help=".nc of each domain under stress")
    parser.add_argument("--smallest", type=Path, nargs="*", default=[], help=".nc of smallest perturbations")
    parser.add_argument("--attribution", type=Path, nargs="*", default=[], help=".nc of attributions of each domain")
    text = ".nc of attributions of the shift of each domain to its twins"
    parser.add_argument("--attribution-of-shift", type=Path, nargs="*", default=[], help=text)
    text = ".nc of the ladders of repairs, and of their trained rungs"
    parser.add_argument("--repair", type=Path, nargs="*", default=[], help=text)
    text = ".nc of layers replaced, and of replaced networks trained again"
    parser.add_argument("--pruning", type=Path, nargs="*", default=[], help=text)
    text = ".nc of networks whose CKA the loss moved"
    parser.add_argument("--pruning-cause", type=Path, nargs="*", default=[], help=text)
    parser.add_argument("--trust", type=Path, nargs="*", default=[], help=".nc of trust in the maps of each domain")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    cka: Sequence[Path],
    scores: Sequence[Path] = (),
    intervals: Sequence[Path] = (),
    permutation_tests: Sequence[Path] = (),
    influence: Sequence[Path] = (),
    sample_sizes: Sequence[Path] = (),
    shift_scores: Sequence[Path] = (),
    comparisons: Sequence[Path] = (),
    shift_steps: Sequence[Path] = (),
    stress: Sequence[Path] = (),
    smallest: Sequence[Path] = (),
    attribution: Sequence[Path] = (),
    attribution_of_shift: Sequence[Path] = (),
    repair: Sequence[Path] = (),
    pruning: Sequence[Path] = (),
    pruning_cause: Sequence[Path] = (),
    trust: Sequence[Path] = (),
    output: Path,
) -> None:
    """Stack the numbers of all cases."""
    more = [
        map(independence_numbers, map(read_case, permutation_tests)),
        map(influence_numbers, map(read_case, influence)),
        map(sample_numbers, map(read_case, sample_sizes)),
        map(failure_numbers, map(read_case, shift_scores)),
        map(shift_score_numbers, map(read_case, shift_scores)),
    ]
    how = {"scores": scores, "intervals": intervals, "permutation_tests": permutation_tests}
    dataset = stack_cases(cka, **how, more=more)
    beside = {"comparisons": comparisons, "shift_steps": shift_steps, "stress": stress, "smallest": smallest}
    beside |= {"attribution": attribution, "attribution_of_shift": attribution_of_shift}
    beside |= {"repair": repair, "pruning": pruning, "pruning_cause": pruning_cause, "trust": trust}
    for name, paths in beside.items():
        if paths:
            dataset = dataset.merge(_BESIDE[name]([_read(path) for path in paths]))
    files = {"cka": cka, **how, "influence": influence, "sample_sizes": sample_sizes, "shift_scores": shift_scores}
    files |= beside
    checksums = {f"{name}_sha256": " ".join(map(sha256, paths)) for name, paths in files.items() if paths}
    write_dataset(dataset.assign_attrs(checksums), output)
    logger.info("%s: %d cases", output, dataset.sizes["case"])


def _read(path: Path) -> xr.Dataset:
    """Read a file that is of a network, or of two, whole."""
    with open_dataset(path, attributes=("model",)) as opened:
        return opened.load()
