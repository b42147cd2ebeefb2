"""Stage scores: how good the predictions of a case are. Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc``. Along ``maps`` (``split``: the whole split; ``cka``: the maps whose layers are
compared) and ``parameter``: ``r2``, ``rmse``, ``bias``, ``chi2`` and, with ``--resamples``, of each ``{score}_low`` and
``{score}_high``, the ends of a 95 % interval of the bootstrap by simulation; ``n_maps`` and ``n_simulations`` (maps).
A network without error bars has no chi2: it is NaN. Of a classifier there are instead the scores of
`repshift.statistics.class_scores.ClassScores`; its ``parameter`` is the label that holds the class. Of a repaired
network the attribute ``simulations_seen_by_repair`` says how many of the split's simulations made it.
"""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.case_tables import COUNTS
from repshift.case.classes import class_places
from repshift.case.grams import case_names, read_case
from repshift.case.stack import MAPS
from repshift.case.tables import ENDS, end_of, with_ends
from repshift.cli.arguments import at_least
from repshift.statistics.class_scores import CLASS_LONG_NAMES, CLASS_SCORES, class_score_intervals, class_scores
from repshift.statistics.resampling import LEVEL
from repshift.statistics.scores import LONG_NAMES, SCORES, WITH_UNIT, score_intervals, scores
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import CASE, SEEN, InputError, about

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

_RESAMPLED: Final = ("resamples", "seed", "level")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--predictions", type=Path, required=True, help=".nc of the case")
    parser.add_argument("--grams", type=Path, required=True, help=".nc of the case: which maps are compared")
    parser.add_argument("--resamples", type=at_least(100), help="number of bootstrap resamples; left out, no intervals")
    parser.add_argument("--seed", type=at_least(0), default=0, help="random seed: draws the resamples")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, predictions: Path, grams: Path, resamples: int | None = None, seed: int = 0, output: Path) -> None:
    """Score each parameter, on the whole split and on the maps that are compared."""
    case = read_case(predictions)
    if "truth" not in case:
        raise InputError(
            f"{predictions} holds no truth: the maps of domain '{case.attrs['domain']}' have no labels to be scored by."
        )
    compared = _compared(case, grams)
    of_classes = "probability" in case
    chosen = {"split": np.ones_like(compared), "cka": compared}
    parts = [case.isel(map=np.flatnonzero(chosen[name])) for name in MAPS]
    try:
        found = np.stack([(_class_scores if of_classes else _scores)(part, resamples, seed) for part in parts])
    except InputError as error:
        raise InputError(f"Model '{case.attrs['model']}' shown domain '{case.attrs['domain']}': {error}") from error
    counts = [(part.sizes["map"], len(np.unique(part["simulation"]))) for part in parts]
    unit = str(case["probability" if of_classes else "mean"].attrs["units"])
    held = CLASS_SCORES if of_classes else SCORES
    names = held if resamples is None else with_ends(held)
    variables: dict[str, Any] = {
        name: (("maps", "parameter"), found[..., index], _about(name, unit)) for index, name in enumerate(names)
    }
    columns = np.array(counts, dtype=np.int64).T
    variables |= {
        name: ("maps", values, about(text)) for (name, text), values in zip(COUNTS.items(), columns, strict=True)
    }
    settings = {} if resamples is None else dict(zip(_RESAMPLED, (resamples, seed, LEVEL), strict=True))
    attributes = {**{name: case.attrs[name] for name in CASE}, "predictions_sha256": sha256(predictions), **settings}
    attributes |= {SEEN: case.attrs[SEEN]} if SEEN in case.attrs else {}
    parameters = [case.attrs["parameter"]] if of_classes else case["parameter"].to_numpy()
    write_dataset(xr.Dataset(variables, {"maps": list(MAPS), "parameter": parameters}, attributes), output)
    logger.info("%s: %d parameters of %d maps", output, len(parameters), case.sizes["map"])


def _compared(case: xr.Dataset, grams: Path) -> npt.NDArray[np.bool_]:
    """Return which maps of the predictions are compared, (n_maps,), and refuse Gram matrices of another case."""
    with open_dataset(grams, attributes=CASE) as opened:
        if case_names(opened) != case_names(case):
            raise InputError(
                f"Gram matrices of case {case_names(opened)} were given beside predictions of case {case_names(case)}."
            )
        own = opened["domain"].to_numpy() == opened.attrs["domain"]
        compared = opened["map"].to_numpy()[own]
    missing = sorted(set(compared) - set(case["map"].to_numpy()))
    if missing:
        raise InputError(
            f"Model '{case.attrs['model']}' on domain '{case.attrs['domain']}': {len(missing)} compared maps have no "
            f"prediction, first '{missing[0]}'. Both must come from one split."
        )
    return np.isin(case["map"].to_numpy(), compared)


def _scores(part: xr.Dataset, resamples: int | None, seed: int) -> Array:
    """Return the scores of each parameter, (parameter, score), with the ends of their intervals where asked for."""
    columns = [_values(part, name) for name in ("truth", "mean", "std")]
    return np.array(
        [_of_one(one, part["simulation"].to_numpy(), resamples, seed) for one in zip(*columns, strict=True)]
    )


def _of_one(values: tuple[Array, Array, Array], simulations: npt.ArrayLike, resamples: int | None, seed: int) -> Array:
    """Return the scores of one parameter, each with the ends of its interval after it where they are asked for."""
    found = np.array(list(asdict(scores(*values)).values()))
    if resamples is None:
        return found
    ends = score_intervals(*values, simulations=simulations, n_resamples=resamples, seed=seed)
    return np.stack([found, ends.low, ends.high], axis=1).ravel()


def _class_scores(part: xr.Dataset, resamples: int | None, seed: int) -> Array:
    """Return the scores of the classes, (1, score), with the ends of their intervals where asked for."""
    truth, probability = class_places(part), part["probability"].to_numpy()
    found = np.array(list(asdict(class_scores(truth, probability)).values()))
    if resamples is None:
        return found[None]
    ends = class_score_intervals(
        truth, probability, simulations=part["simulation"].to_numpy(), n_resamples=resamples, seed=seed
    )
    return np.stack([found, ends.low, ends.high], axis=1).reshape(1, -1)


def _values(part: xr.Dataset, name: str) -> Array:
    """Return a variable, (n_parameters, n_maps); NaN where the network does not infer it."""
    return part[name].to_numpy().T if name in part else np.full(part["mean"].shape[::-1], np.nan)


def _about(name: str, unit: str) -> dict[str, Any]:
    """Return the attributes of a score, or of an end of its interval."""
    known = LONG_NAMES | CLASS_LONG_NAMES
    score, _, end = name.rpartition("_")
    score, words = (score, end_of(known[score], end)) if end in ENDS else (name, known[name])
    return about(words, unit if score in WITH_UNIT else "1")
