"""Stage shift_scores: scores of a shift that need no labels. Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc``, of a case out of distribution, everything against the model's own domain:
``value`` (predictor), numbers of the whole case; ``layer_value`` (discrepancy, layer), of each layer, whose mean and
last are in ``value``; ``parameter_value`` (answer, parameter), logarithms of ratios out over in distribution.
The failure itself, which needs labels, lies beside them: ``log_rmse_ratio`` and ``n_maps`` (parameter), over the whole
split. Coordinates predictor, discrepancy, layer, answer, parameter; attributes of the case, ``shift``, the kind of
shift, and ``condition``, the shift itself: cases of one condition share it, whatever their model. All is of the
compared maps; an answer is NaN where a side of its ratio is zero. Of a classifier the failure is
``log_loss_difference``, the one parameter the label that holds the class, and answers are differences.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.classes import class_places
from repshift.case.grams import read_case, read_grams
from repshift.case.maps import stored_moments
from repshift.cli.arguments import add_functions, add_maps, at_least, functions_of
from repshift.declarations import require
from repshift.evidence.shift_scores import values_of_case, values_of_layers, values_of_parameters
from repshift.evidence.shift_scores.score import Pair
from repshift.perturbation import SHIFTS
from repshift.similarity.discrepancy import pooled
from repshift.similarity.pairing import simulation_labels
from repshift.statistics.class_outputs import log_loss_difference
from repshift.statistics.outputs import error_ratio
from repshift.storage.datasets import write_dataset
from repshift.storage.files import sha256
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths, SimulationFiles
from repshift.vocabulary import CASE, CLASS_RESPONSE, RESPONSE, InputError

logger = logging.getLogger(__name__)

_SPLIT: Final = "maps of the whole split, out of distribution"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(functions=functions_of(given), **given))
    parser.add_argument("--grams", type=Path, required=True, help=".nc of a case out of distribution")
    add_functions(parser)
    for side, which in (("", "the domain"), ("own-", "the model's own domain")):
        add_maps(parser, prefix=side, which=which)
        parser.add_argument(f"--{side}predictions", type=Path, required=True, help=f".nc of the model on {which}")
        parser.add_argument(f"--{side}symmetries", type=Path, help=f".nc of the model on {which}")
        text = f".nc of predictions of other trials on {which}"
        parser.add_argument(f"--{side}trials", type=Path, nargs="*", default=[], help=text)
    parser.add_argument("--paired", action="store_true", help="both domains show the same simulations")
    parser.add_argument("--shift", choices=SHIFTS, required=True, help="kind of shift, for the table")
    parser.add_argument("--condition", required=True, help="the shift itself, in words: alike for cases that share it")
    parser.add_argument(
        "--components", type=at_least(2), required=True, help="number of principal components of a layer"
    )
    parser.add_argument("--folds", type=at_least(2), required=True, help="number of folds of the cross-validation")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the folds")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    maps: Paths,
    measured: Paths,
    predictions: Path,
    symmetries: Path | None = None,
    trials: Sequence[Path] = (),
    functions: Sequence[Constructor] = (),
    own_maps: Paths,
    own_measured: Paths,
    own_predictions: Path,
    own_symmetries: Path | None = None,
    own_trials: Sequence[Path] = (),
    paired: bool,
    shift: str,
    condition: str,
    components: int,
    folds: int,
    seed: int,
    output: Path,
) -> None:
    """Compare a case out of distribution with the model's own domain in every way that needs no labels."""
    require(shift, SHIFTS, what="kind of shift")
    _require_both(symmetries, own_symmetries, trials, own_trials)
    stored = read_grams(grams)
    stack, case = stored.pooled, stored.attributes
    if stored.own is None:
        raise InputError(
            f"{grams} holds maps of domain '{case['domain']}' alone: shift_scores are of cases out of distribution."
        )
    answers, own_answers = (_answers(path, case, stack) for path in (predictions, own_predictions))
    outside = stack["domain"].to_numpy() == case["domain"]
    pair = Pair(
        grams=stack,
        maps=pooled(outside, _simulations(stack, paired=paired)),
        inputs=(
            _pixels(SimulationFiles(maps, None, measured, functions), stack, answers),
            _pixels(SimulationFiles(own_maps, None, own_measured, functions), stack, own_answers),
        ),
        outputs=(answers, own_answers),
        trials=(
            [_answers(path, case, stack, beside=answers) for path in trials],
            [_answers(path, case, stack, beside=own_answers) for path in own_trials],
        ),
        symmetries=(read_case(symmetries), read_case(own_symmetries)) if symmetries and own_symmetries else None,
        n_components=components,
        n_folds=folds,
        seed=seed,
    )
    files = [grams, predictions, own_predictions, symmetries, own_symmetries, *trials, *own_trials]
    dataset = (
        _dataset(pair)
        .assign(_failure(predictions, own_predictions))
        .assign_attrs(
            {name: case[name] for name in CASE}
            | {"own_domain": own_answers.attrs["domain"], "shift": shift, "condition": condition}
            | {"paired": str(paired).lower()}
            | {"components": components, "folds": folds, "seed": seed, "trials": 1 + len(trials)}
            | {"maps_sha256": " ".join(str(side.attrs["maps_sha256"]) for side in (answers, own_answers))}
            | {"inputs_sha256": " ".join(sha256(path) for path in files if path is not None)}
        )
    )
    write_dataset(dataset, output)
    logger.info("%s: %d numbers", output, dataset["value"].size + dataset["parameter_value"].size)


def _require_both(
    symmetries: Path | None, own_symmetries: Path | None, trials: Sequence[Path], own_trials: Sequence[Path]
) -> None:
    if (symmetries is None) != (own_symmetries is None) or len(trials) != len(own_trials):
        raise InputError(
            f"Symmetries {symmetries} and {own_symmetries}, {len(trials)} and {len(own_trials)} other trials: both "
            "domains need the same."
        )


def _answers(
    path: Path, case: Mapping[str, str], stack: xr.DataArray, *, beside: xr.Dataset | None = None
) -> xr.Dataset:
    """Read predictions of the compared maps, and refuse those of another field, suite or domain than a case has."""
    found = read_case(path)
    for name in ("field", "train_suite"):
        if found.attrs[name] != case[name]:
            raise InputError(f"{path} is of {name} '{found.attrs[name]}', not '{case[name]}'.")
    compared = stack["map"].to_numpy()[stack["domain"].to_numpy() == found.attrs["domain"]]
    if not (len(compared) and np.isin(compared, found["map"].to_numpy()).all()):
        raise InputError(
            f"{path} is of domain '{found.attrs['domain']}', but not of the maps that model '{case['model']}' shown "
            f"'{case['domain']}' is compared on."
        )
    if beside is not None and compared.tolist() != beside["map"].to_numpy().tolist():
        raise InputError(f"{path} is of other maps than the predictions of model '{case['model']}' it stands beside.")
    if beside is not None and _inferred(found) != _inferred(beside):
        names = [", ".join(_inferred(one)) for one in (found, beside)]
        raise InputError(f"{path} is of {names[0]}; the predictions that it stands beside are of {names[1]}.")
    return found.sel(map=compared)


def _inferred(answers: xr.Dataset) -> list[str]:
    """Return the parameters or classes of predictions."""
    return [str(name) for name in answers["class" if "class" in answers.coords else "parameter"].to_numpy()]


def _failure(predictions: Path, own_predictions: Path) -> dict[str, Any]:
    """Return what the shift costs, of the whole split: the ratio of the errors, NaN where a side has none.

    Of a classifier it is the difference of the log losses.
    """
    sides = [read_case(path) for path in (predictions, own_predictions)]
    if "probability" in sides[0]:
        return _class_failure(*sides)
    errors = [(side["mean"] - side["truth"]).to_numpy().astype(np.float64) for side in sides]
    squares = np.stack([np.square(error).mean(0) for error in errors])
    known = (np.isfinite(squares) & (squares > 0)).all(0)
    response = np.full(len(known), np.nan)
    response[known] = error_ratio(*(error[:, known] for error in errors))
    counts = np.full(len(known), sides[0].sizes["map"])
    text = "logarithm of the ratio of the root mean squared errors, out over in distribution, of the whole split"
    return {
        RESPONSE: ("parameter", response, {"units": "1", "long_name": text}),
        "n_maps": ("parameter", counts, {"units": "1", "long_name": _SPLIT}),
    }


def _class_failure(shown: xr.Dataset, own: xr.Dataset) -> dict[str, Any]:
    """Return what the shift costs a classifier, of the whole split: the difference of the log losses."""
    known, own_known = (side["probability"].to_numpy() for side in (shown, own))
    response = log_loss_difference(class_places(shown), known, truth_in=class_places(own), inside=own_known)
    text = "log loss, out less in distribution, of the whole split, in nats"
    return {
        CLASS_RESPONSE: ("parameter", np.array([response]), {"units": "1", "long_name": text}),
        "n_maps": ("parameter", np.array([shown.sizes["map"]]), {"units": "1", "long_name": _SPLIT}),
    }


def _simulations(stack: xr.DataArray, *, paired: bool) -> npt.NDArray[np.str_]:
    """Return labels of simulations; those of two suites differ, but where both show the same ones."""
    return stack["simulation"].to_numpy().astype(str) if paired else np.array(simulation_labels(stack))


def _pixels(files: SimulationFiles, stack: xr.DataArray, answers: xr.Dataset) -> npt.NDArray[np.float32]:
    """Return the compared maps of a domain as the network takes them, (n_maps, n_channels, y, x)."""
    positions = stack["position"].to_numpy()[stack["domain"].to_numpy() == answers.attrs["domain"]]
    simulations = files.open()
    if simulations.sha256 != answers.attrs["maps_sha256"]:
        raise InputError(f"{simulations.names} are not the maps that model '{answers.attrs['model']}' was shown.")
    return simulations.standardised(positions.astype(np.int64), stored_moments(answers.attrs))


def _dataset(pair: Pair) -> xr.Dataset:
    """Return all numbers on their axes."""
    numbers, layers, of_parameters = values_of_case(pair), values_of_layers(pair), values_of_parameters(pair)
    first = pair.outputs[0]
    of_classes = "probability" in first
    parameters = [first.attrs["parameter"]] if of_classes else _inferred(first)
    variables = {
        "value": (
            ("predictor",),
            np.array(list(numbers.values())),
            "change of the case against the model's own domain",
        ),
        "layer_value": (
            ("discrepancy", "layer"),
            np.stack(list(layers.values())),
            "how far the representations of both domains are from each other",
        ),
        "parameter_value": (
            ("answer", "parameter"),
            np.array(list(of_parameters.values())).reshape(-1, len(parameters)),
            "difference of out of and in distribution"
            if of_classes
            else "logarithm of the ratio, out over in distribution",
        ),
    }
    return xr.Dataset(
        {
            name: (dimensions, values, {"units": "1", "long_name": text})
            for name, (dimensions, values, text) in variables.items()
        },
        coords={
            "predictor": list(numbers),
            "discrepancy": list(layers),
            "layer": [str(name) for name in pair.grams["layer"].to_numpy()],
            "answer": np.array(list(of_parameters), dtype=object),
            "parameter": parameters,
        },
    )
