"""Stage shift_steps: share of a shift that each change of the maps removes. Rule ``shift_steps``.

Output: ``{model}.nc``, along ``step`` (the model's own domain, the other, the steps in their order), two parts, each
along ``entry``: the block (``off_diagonal_mean`` and ``leading_share``, by both estimators) and the loss
(``log_rmse``, natural, and ``r2`` of each parameter, or of a classifier ``log_loss`` and ``accuracy`` of the label that
holds the class, on the whole split). ``quantity``, ``estimator`` and ``parameter``
(part, entry) say which number an entry is; of each, (part, step, entry), ``value``; where the case has intervals,
``value_low`` and ``value_high``, its ends there; and of each step ``explained``, the share of the difference between
the other domain and the model's own that the step takes away, with its interval, by the jackknife. A model that is not
scored on all of its domains has no loss.
"""

import argparse
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.classes import class_places
from repshift.case.grams import by_case, case_names, read_grams
from repshift.case.steps import LEFT_OUT, N_SIMULATIONS, NUMBERS, OF_ENTRY
from repshift.case.tables import ENDS
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.class_scores import map_log_loss
from repshift.statistics.resampling import Jackknife, jackknife
from repshift.statistics.scores import scores as score
from repshift.statistics.shift_steps import explained
from repshift.storage.datasets import write_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import CASE, InputError, about

logger = logging.getLogger(__name__)

_BLOCK: Final = ("off_diagonal_mean", "leading_share")
_LOSS: Final = ("log_rmse", "r2")
_CLASS_LOSS: Final = ("log_loss", "accuracy")
_ESTIMATORS: Final = ("debiased", "biased")
_PARTS: Final = ("block", "loss")
_EXPLAINED: Final = ("explained", "explained_low", "explained_high")

Entry = tuple[str, str, str]
"""Quantity, estimator and parameter of a number of a case; the last two may be empty."""

Case = xr.Dataset | xr.DataArray

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """The block of a model, or its loss, along the steps: what its numbers are, and these (step, entry) by name."""

    entries: Sequence[Entry]
    numbers: Mapping[str, Array]
    n_simulations: Sequence[int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    text = ".nc of each case of a model: its own domain, the other, the steps in their order"
    parser.add_argument("--grams", type=Path, nargs="+", required=True, help=text)
    for name in ("predictions", "scores", "intervals"):
        text = ".nc of those of these cases that have one"
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[], help=text)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Sequence[Path],
    predictions: Sequence[Path] = (),
    scores: Sequence[Path] = (),
    intervals: Sequence[Path] = (),
    output: Path,
) -> None:
    """Say how much of the change of a model's block and of its loss the steps take away."""
    stores = [read_grams(path) for path in grams]
    cases = [stored.shown.assign_attrs(stored.attributes) for stored in stores]
    _require_steps(cases)
    parts = [_block_part(cases, by_case(intervals))]
    answers = by_case(predictions)
    scored = [answers[case_names(case)] for case in cases if case_names(case) in answers]
    if len(scored) == len(cases):
        parts.append(_loss_part(scored, by_case(scores)))
    else:
        model = cases[0].attrs["model"]
        logger.info("%s: %d of %d domains are scored, so nothing is said of its loss", model, len(scored), len(cases))
    files = {"grams": grams, "predictions": predictions, "scores": scores, "intervals": intervals}
    checksums = {f"{name}_sha256": " ".join(map(sha256, paths)) for name, paths in files.items() if paths}
    write_dataset(_dataset(cases, parts).assign_attrs(checksums), output)
    logger.info("%s: %d domains", output, len(cases))


def _require_steps(cases: Sequence[xr.DataArray]) -> None:
    """Refuse cases that are not a model's own domain, another, and changes of that."""
    model, models = cases[0].attrs["model"], {case.attrs["model"] for case in cases}
    if len(cases) < 3 or len(models) > 1 or cases[0].attrs["in_distribution"] != "true":
        domains = ", ".join(case.attrs["domain"] for case in cases)
        raise InputError(f"Model '{model}' is shown {domains}. Expected its own domain, another, and a step or more.")
    for step in cases[2:]:
        _require_same_simulations(cases[1], step)


def _block_part(cases: Sequence[xr.DataArray], intervals: Mapping[tuple[str, ...], xr.Dataset]) -> Part:
    """Return the block along the steps, with the ends of its numbers where there are intervals."""
    entries = [(name, estimator, "") for estimator in _ESTIMATORS for name in _BLOCK]
    found = [jackknife(partial(_block, case), simulations=case["simulation"]) for case in cases]
    ends = [[_end_of_block(_of(intervals, case), entry) for entry in entries] for case in cases] if intervals else []
    return _part(entries, found, ends)


def _loss_part(cases: Sequence[xr.Dataset], scores: Mapping[tuple[str, ...], xr.Dataset]) -> Part:
    """Return the loss along the steps, with the ends of its numbers where the scores have them."""
    for step in cases[2:]:
        _require_same_simulations(cases[1], step)
    of_classes = "probability" in cases[0]
    parameters = [cases[0].attrs["parameter"]] if of_classes else cases[0]["parameter"].to_numpy()
    names = _CLASS_LOSS if of_classes else _LOSS
    entries = [(name, "", str(parameter)) for parameter in parameters for name in names]
    losses = [partial(_class_loss, class_places(case), case) if of_classes else partial(_loss, case) for case in cases]
    found = [jackknife(loss, simulations=case["simulation"]) for loss, case in zip(losses, cases, strict=True)]
    has_ends = any(f"{names[-1]}_low" in one for one in scores.values())
    ends = [[_end_of_loss(_of(scores, case), entry) for entry in entries] for case in cases] if has_ends else []
    return _part(entries, found, ends)


def _part(entries: Sequence[Entry], found: Sequence[Jackknife], ends: Sequence[Sequence[tuple[float, float]]]) -> Part:
    """Return numbers along the steps; the first are of the model's own domain, the second of the other."""
    shares = [_shares(found, step, is_step=index > 1) for index, step in enumerate(found)]
    numbers = {"value": np.stack([one.value for one in found])}
    if ends:
        numbers |= dict(zip((f"value_{end}" for end in ENDS), np.moveaxis(np.array(ends), -1, 0), strict=True))
    numbers |= {name: np.stack([share[name] for share in shares]) for name in _EXPLAINED}
    return Part(entries, numbers, [len(one.without) for one in found])


def _of(files: Mapping[tuple[str, ...], xr.Dataset], case: Case) -> xr.Dataset:
    """Return the file of a case."""
    if case_names(case) not in files:
        raise InputError(
            f"Model '{case.attrs['model']}' shown domain '{case.attrs['domain']}' has no file among the scores or "
            "intervals given. Give those of the same cases."
        )
    return files[case_names(case)]


def _end_of_block(known: xr.Dataset, entry: Entry) -> tuple[float, float]:
    """Return the ends of the interval of a number of the block; NaN where its measure has none."""
    name, estimator, _ = entry
    if f"cka_{estimator}" not in known["measure"]:
        return math.nan, math.nan
    low, high = (float(known[f"{name}_{end}"].sel(measure=f"cka_{estimator}")) for end in ENDS)
    return low, high


def _end_of_loss(known: xr.Dataset, entry: Entry) -> tuple[float, float]:
    """Return the ends of the interval of a number of the loss."""
    name, _, parameter = entry
    score, change = ("rmse", _log) if name == "log_rmse" else (name, float)
    one = known.sel(maps="split", parameter=parameter)
    low, high = (change(float(one[f"{score}_{end}"])) for end in ENDS)
    return low, high


def _log(number: float) -> float:
    """Return the natural logarithm of an error; NaN where there is none."""
    return math.log(number) if number > 0 else math.nan


def _block(gram: xr.DataArray, maps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the numbers of the block of some maps, estimator by estimator."""
    grams = gram.to_numpy()[:, maps[:, None], maps]
    debiased = between_cka_matrix(grams, simulations=gram["simulation"].to_numpy()[maps])
    numbers = block_numbers(np.stack([debiased, cka_matrix(grams, estimator="biased")]))
    return numbers[:, [BLOCK_NUMBERS.index(name) for name in _BLOCK]].ravel()


def _loss(answer: xr.Dataset, maps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the numbers of the loss of some maps, parameter by parameter."""
    truth, mean = (answer[name].to_numpy()[maps].T for name in ("truth", "mean"))
    of_each = [score(true, found, np.ones(len(maps))) for true, found in zip(truth, mean, strict=True)]
    return np.array([(_log(one.rmse), one.r2) for one in of_each]).ravel()


def _class_loss(truth: npt.NDArray[np.int64], answer: xr.Dataset, maps: npt.NDArray[np.int64]) -> Array:
    """Return log loss and accuracy of some maps of a classifier."""
    probability, true = answer["probability"].to_numpy()[maps], truth[maps]
    return np.array([map_log_loss(true, probability).mean(), (probability.argmax(axis=1) == true).mean()])


def _dataset(cases: Sequence[xr.DataArray], parts: Sequence[Part]) -> xr.Dataset:
    """Return all numbers on their axes; the shorter part is filled up: no quantity, NaN."""
    n_parts, n_steps, n_entries = len(parts), len(cases), max(len(part.entries) for part in parts)
    named = {name: np.full((n_parts, n_entries), "", dtype=object) for name in OF_ENTRY}
    held = [name for name in NUMBERS if any(name in part.numbers for part in parts)]
    numbers = {name: np.full((n_parts, n_steps, n_entries), np.nan) for name in held}
    for index, part in enumerate(parts):
        for name, words in zip(OF_ENTRY, zip(*part.entries, strict=True), strict=True):
            named[name][index, : len(part.entries)] = words
        for name, values in part.numbers.items():
            numbers[name][index, :, : len(part.entries)] = values
    counts = np.array([part.n_simulations for part in parts], dtype=np.int64)
    inside = np.array([case.attrs["in_distribution"] == "true" for case in cases], dtype=np.int8)
    variables: dict[str, Any] = {
        name: ("step", np.array([str(case.attrs[name]) for case in cases], dtype=object), about(name.replace("_", " ")))
        for name in CASE[3:-1]
    }
    variables |= {"in_distribution": ("step", inside, about("1 where the domain is of the training suite"))}
    variables |= {name: (("part", "entry"), words, about(f"{name} of a number")) for name, words in named.items()}
    variables |= {name: (("part", "step", "entry"), values, about(NUMBERS[name])) for name, values in numbers.items()}
    variables |= {N_SIMULATIONS: (("part", "step"), counts, about(LEFT_OUT))}
    attributes = {name: str(cases[0].attrs[name]) for name in CASE[:3]}
    return xr.Dataset(variables, {"part": list(_PARTS[:n_parts])}, attributes)


def _shares(found: Sequence[Jackknife], step: Jackknife, *, is_step: bool) -> dict[str, npt.NDArray[np.float64]]:
    """Return what a step explains, and the ends of its interval; NaN of a domain that is none."""
    if not is_step:
        return dict.fromkeys(_EXPLAINED, np.full(step.value.shape, np.nan))
    taken = explained(found[0], found[1], step)
    return dict(zip(_EXPLAINED, (taken.share, taken.interval.low, taken.interval.high), strict=True))


def _require_same_simulations(other: Case, step: Case) -> None:
    """Refuse a step that does not show the simulations of the domain it is a change of."""
    if not np.array_equal(other["position"].to_numpy(), step["position"].to_numpy()):
        raise InputError(
            f"Model '{step.attrs['model']}': domain '{step.attrs['domain']}' does not show the maps of "
            f"'{other.attrs['domain']}', at the same positions, so it is no change of them."
        )
