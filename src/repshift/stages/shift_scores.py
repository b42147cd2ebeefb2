"""Stage shift_scores: scores of a shift that need no labels. Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc``, of a case out of distribution, everything against the model's own domain:
``value`` (predictor), numbers of the whole case; ``layer_value`` (discrepancy, layer), of each layer, whose mean and
last are in ``value``; ``parameter_value`` (answer, parameter), logarithms of ratios out over in distribution, where the
network says what its outputs are. ``halves_value``, ``halves_layer_value`` and ``halves_parameter_value`` (halves, ...)
are the same between random halves of the model's own domain, where they are asked for.
The failure itself, which needs labels of both domains, lies beside them where there are: ``log_rmse_ratio`` and
``n_maps`` (parameter), over the whole split. Coordinates predictor, discrepancy, layer, answer, parameter; attributes
of the case, ``shift``, the kind of shift, and ``condition``, the shift itself: cases of one condition share it,
whatever their model. All is of the compared maps; an answer is NaN where a side of its ratio is zero. Of a classifier
the failure is ``log_loss_difference``, the one parameter the label that holds the class, and answers are differences.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.failure import failure
from repshift.case.grams import CaseGrams, read_case, read_grams
from repshift.case.sides import (
    OF_MAPS,
    SideFiles,
    both,
    inferred,
    read_inputs,
    read_outputs,
    read_symmetries,
    require_alike,
)
from repshift.cli.arguments import add_functions, add_maps, at_least, functions_of
from repshift.declarations import require
from repshift.evidence.halves import Halves, Side, scores_of_halves
from repshift.evidence.shift_scores import values_of_case, values_of_layers, values_of_parameters
from repshift.evidence.shift_scores.score import Pair
from repshift.perturbation import SHIFTS
from repshift.similarity.discrepancy import pooled
from repshift.similarity.pairing import simulation_labels
from repshift.storage.datasets import write_dataset
from repshift.storage.files import sha256
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths
from repshift.vocabulary import CASE, InputError, about

logger = logging.getLogger(__name__)

_RATIO: Final = "logarithm of the ratio, out over in distribution"
_DIFFERENCE: Final = "difference of out of and in distribution"
_BETWEEN: Final = ", of a random half of the model's own domain against the other half"

_KNOWN: Final[dict[tuple[object, ...], Halves]] = {}
"""Scores of halves by the checksums of what they are made from: the cases of a model share its own domain."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(functions=functions_of(given), **given))
    parser.add_argument("--grams", type=Path, required=True, help=".nc of a case out of distribution")
    parser.add_argument("--own-grams", type=Path, required=True, help=".nc of the model on its own domain")
    add_functions(parser)
    for side, which in (("", "the domain"), ("own-", "the model's own domain")):
        add_maps(parser, prefix=side, which=which)
        text = f".nc of the model on {which}; left out, it does not say what its outputs are"
        parser.add_argument(f"--{side}predictions", type=Path, help=text)
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
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the folds and the halves")
    parser.add_argument("--halves", type=at_least(0), default=0, help="number of divisions of the own domain in two")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    maps: Paths,
    measured: Paths,
    predictions: Path | None = None,
    symmetries: Path | None = None,
    trials: Sequence[Path] = (),
    functions: Sequence[Constructor] = (),
    own_grams: Path,
    own_maps: Paths,
    own_measured: Paths,
    own_predictions: Path | None = None,
    own_symmetries: Path | None = None,
    own_trials: Sequence[Path] = (),
    paired: bool,
    shift: str,
    condition: str,
    components: int,
    folds: int,
    seed: int,
    halves: int = 0,
    output: Path,
) -> None:
    """Compare a case out of distribution with the model's own domain in every way that needs no labels."""
    require(shift, SHIFTS, what="kind of shift")
    files = SideFiles(maps, measured, predictions, symmetries, trials)
    own_files = SideFiles(own_maps, own_measured, own_predictions, own_symmetries, own_trials)
    require_alike(files, own_files)
    stored, home = (read_grams(path, attributes=OF_MAPS) for path in (grams, own_grams))
    _require_own(stored, home, grams, own_grams)
    side, own = (_side(one, of, stored, functions=functions) for one, of in ((files, stored), (own_files, home)))
    how = {"n_components": components, "n_folds": folds, "seed": seed}
    pair = _pair(stored, side, own, paired=paired, how=how)
    made_of = [own_grams, *own_files.named]
    divided = _halves(own, made_of, n_halves=halves, how=how) if halves else None
    read = [grams, *both(files, own_files), own_grams]
    case = {name: stored.attributes[name] for name in CASE}
    dataset = (
        _dataset(pair, divided)
        .assign(_failure(predictions, own_predictions))
        .assign_attrs(
            case
            | {"own_domain": home.attributes["domain"], "shift": shift, "condition": condition}
            | {"paired": str(paired).lower()}
            | {"components": components, "folds": folds, "seed": seed, "trials": 1 + len(trials)}
            | ({"halves": halves} if halves else {})
            | {"maps_sha256": " ".join(one.attributes["maps_sha256"] for one in (stored, home))}
            | {"inputs_sha256": " ".join(map(sha256, read))}
        )
    )
    write_dataset(dataset, output)
    logger.info("%s: %d numbers of the case, %d divisions in halves", output, dataset["value"].size, halves)


def _require_own(stored: CaseGrams, home: CaseGrams, grams: Path, own_grams: Path) -> None:
    """Refuse a case in distribution, and Gram matrices that are not of the model's own domain."""
    if stored.own is None:
        raise InputError(
            f"{grams} holds maps of domain '{stored.attributes['domain']}' alone: shift_scores are of cases out of "
            "distribution."
        )
    same = home.attributes["model"] == stored.attributes["model"] and home.own is None
    if not same or home.shown["map"].to_numpy().tolist() != stored.own["map"].to_numpy().tolist():
        raise InputError(
            f"{own_grams} is of model '{home.attributes['model']}' shown '{home.attributes['domain']}', which is not "
            f"the own domain that {grams} holds maps of."
        )


def _side(files: SideFiles, of: CaseGrams, stored: CaseGrams, *, functions: Sequence[Constructor]) -> Side:
    """Return the compared maps of a domain, and what is said of them."""
    case, stack = stored.attributes, stored.pooled
    outputs = read_outputs(files.predictions, case, stack)
    trials = [read_outputs(path, case, stack, beside=outputs) for path in files.trials]
    inputs = read_inputs(files, of, functions=functions)
    labels = np.array(simulation_labels(of.shown))
    return Side(of.shown, labels, inputs, outputs, trials, read_symmetries(files.symmetries, of))


def _pair(stored: CaseGrams, side: Side, own: Side, *, paired: bool, how: Mapping[str, int]) -> Pair:
    """Return both domains beside each other."""
    outside = stored.pooled["domain"].to_numpy() == stored.attributes["domain"]
    scatter = (side.symmetries, own.symmetries) if side.symmetries is not None and own.symmetries is not None else None
    return Pair(
        grams=stored.pooled,
        maps=pooled(outside, _simulations(stored.pooled, paired=paired)),
        inputs=(side.inputs, own.inputs),
        outputs=(side.outputs, own.outputs),
        trials=(side.trials, own.trials),
        symmetries=scatter,
        n_components=how["n_components"],
        n_folds=how["n_folds"],
        seed=how["seed"],
    )


def _halves(own: Side, made_of: Sequence[Path], *, n_halves: int, how: Mapping[str, int]) -> Halves:
    """Return the scores of halves of the model's own domain, which a job of several cases makes once."""
    key = (*map(sha256, made_of), n_halves, *how.values())
    if key not in _KNOWN:
        _KNOWN[key] = scores_of_halves(own, n_halves=n_halves, **how)
    return _KNOWN[key]


def _failure(predictions: Path | None, own_predictions: Path | None) -> dict[str, Any]:
    """Return what the shift costs, where there are predictions and labels of both domains."""
    if predictions is None or own_predictions is None:
        return {}
    return failure(read_case(predictions), read_case(own_predictions))


def _simulations(stack: xr.DataArray, *, paired: bool) -> npt.NDArray[np.str_]:
    """Return labels of simulations; those of two suites differ, but where both show the same ones."""
    return stack["simulation"].to_numpy().astype(str) if paired else np.array(simulation_labels(stack))


def _dataset(pair: Pair, halves: Halves | None) -> xr.Dataset:
    """Return all numbers on their axes; of a network that does not say its outputs, those that need none."""
    numbers, layers, first = values_of_case(pair), values_of_layers(pair), pair.outputs[0]
    coords: dict[str, Any] = {
        "predictor": list(numbers),
        "discrepancy": list(layers),
        "layer": [str(name) for name in pair.grams["layer"].to_numpy()],
    }
    of_layers = "how far the representations of both domains are from each other"
    kinds: dict[str, tuple[tuple[str, ...], Mapping[str, Any], str]] = {
        "value": (("predictor",), numbers, "change of the case against the model's own domain"),
        "layer_value": (("discrepancy", "layer"), layers, of_layers),
    }
    if names := inferred(first):
        of_classes, of_parameters = "probability" in first, values_of_parameters(pair)
        coords["answer"] = np.array(list(of_parameters), dtype=object)
        coords["parameter"] = [first.attrs["parameter"]] if of_classes else names
        text = _DIFFERENCE if of_classes else _RATIO
        kinds["parameter_value"] = (("answer", "parameter"), of_parameters, text)
    variables: dict[str, Any] = {}
    for name, (dimensions, values, text) in kinds.items():
        shape = tuple(len(coords[one]) for one in dimensions)
        variables[name] = (dimensions, np.array(list(values.values())).reshape(shape), about(text))
        if halves is not None:
            held = [getattr(halves, name)[one] for one in values]
            between = np.array(held).reshape(shape[0], halves.n_halves, *shape[1:]).swapaxes(0, 1)
            variables[f"halves_{name}"] = (("halves", *dimensions), between, about(f"{text}{_BETWEEN}"))
    return xr.Dataset(variables, coords=coords)
