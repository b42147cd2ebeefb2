"""Stage figures: draw what the stages before have written. Rules of ``figures.smk``, each named as its figure.

Outputs: each figure as ``.pdf`` and as ``.png`` of 300 dpi.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from matplotlib.figure import Figure

from repshift.drawing.comparisons import draw_comparisons
from repshift.drawing.culprits import draw_culprits
from repshift.drawing.figure1 import draw_figure1
from repshift.drawing.figure2 import Controlled, draw_figure2
from repshift.drawing.figure3 import draw_figure3
from repshift.drawing.learning_curve import draw_learning_curve
from repshift.drawing.measures import draw_measures
from repshift.drawing.predictions import draw_predictions
from repshift.drawing.style import cka_measure
from repshift.stages.drawn import (
    by_model,
    case_of,
    is_logarithmic,
    only_cases,
    own_field,
    read_drawn,
    read_summary,
)
from repshift.stages.rows import as_numbers
from repshift.storage.figures import write_figure
from repshift.storage.tables import read_table
from repshift.vocabulary import Estimator, InputError

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of attribution.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one action for each kind of figure."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    similarity = actions.add_parser("similarity", help="maps, CKA matrices and their statistics, a row a model")
    similarity.set_defaults(run=draw_similarity)
    similarity.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    similarity.add_argument("--models", nargs="+", required=True, help="labels of the models drawn, a row each")
    similarity.add_argument("--estimator", choices=_ESTIMATORS, required=True)
    similarity.add_argument("--examples", type=Path, nargs="+", required=True, help=".nc of a map of each case drawn")
    similarity.add_argument("--boxes", type=float, nargs="+", required=True, help="side of the maps [Mpc/h], 0: none")
    measured = actions.add_parser("measures", help="the same cases by several measures, a group of rows a model")
    measured.set_defaults(run=draw_measured)
    measured.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    case: dict[str, Any] = {"nargs": 2, "action": "append", "required": True, "metavar": ("MODEL", "DOMAIN")}
    measured.add_argument("--case", dest="cases", **case, help="labels of a case drawn")
    measured.add_argument("--estimator", choices=_ESTIMATORS, required=True, help="of CKA, in the first column")
    measured.add_argument("--measures", nargs="+", required=True, help="in the other columns")
    name_and_words: dict[str, Any] = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "WORDS")}
    measured.add_argument("--field", dest="fields", **name_and_words, help="what a field is that CMD has not")
    attributed = actions.add_parser("attribution", help="what block and loss are made of, a group of panels a model")
    attributed.set_defaults(run=draw_attributed)
    attributed.add_argument("--attribution", type=Path, required=True, help=".csv of what the steps of a shift explain")
    attributed.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    attributed.add_argument("--models", nargs="+", required=True, help="labels of the models drawn")
    pair: dict[str, Any] = {"nargs": 2, "action": "append", "default": []}
    attributed.add_argument("--untrained", **pair, metavar=("MODEL", "OTHER"), help="the same network untrained")
    attributed.add_argument("--layers", **pair, metavar=("MODEL", "OTHER"), help="the same network with other layers")
    attributed.add_argument("--parameters", nargs="*", default=[], help="parameters drawn")
    attributed.add_argument(
        "--subsets", type=Path, nargs="*", default=[], help=".nc of cases drawn, where there are any"
    )
    attributed.add_argument("--dominance", type=Path, nargs="*", default=[], help=".nc of cases drawn, likewise")
    attributed.add_argument("--field", dest="fields", **name_and_words, help="what a field is that CMD has not")
    compared = actions.add_parser("comparisons", help="networks compared with each other, a panel for each two")
    compared.set_defaults(run=draw_compared)
    compared.add_argument("--comparisons", type=Path, nargs="+", required=True, help=".nc of CKA of each two")
    compared.add_argument("--table", type=Path, required=True, help=".csv of their means")
    compared.add_argument("--estimator", choices=_ESTIMATORS, required=True)
    predicted = actions.add_parser("predictions", help="predicted against true parameters, a panel a case")
    predicted.set_defaults(run=draw_predicted)
    predicted.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case")
    predicted.add_argument("--summary", type=Path, required=True, help=".nc of all cases, which scores them")
    predicted.add_argument("--parameters", nargs="+", required=True, help="parameters drawn")
    culprits = actions.add_parser("culprits", help="the maps that dominate a case, and what is left without them")
    culprits.set_defaults(run=draw_sheet)
    culprits.add_argument("--dominance", type=Path, required=True, help=".nc of the case")
    culprits.add_argument("--estimator", choices=get_args(Estimator), required=True, help="of the matrices")
    culprits.add_argument("--box", type=float, required=True, help="side of the maps [Mpc/h], 0: none")
    failing = actions.add_parser("failure", help="what goes with the loss of accuracy, and the pairs themselves")
    failing.set_defaults(run=draw_failure)
    failing.add_argument("--failures", type=Path, required=True, help=".csv of all pairs")
    failing.add_argument("--correlations", type=Path, required=True, help=".csv of all predictors")
    failing.add_argument("--transfers", type=Path, required=True, help=".csv of each field left out")
    failing.add_argument("--field", dest="fields", **name_and_words, help="what a field is that CMD has not")
    curve = actions.add_parser("learning_curve", help="losses of each epoch, a panel a model")
    curve.set_defaults(run=draw_curves)
    curve.add_argument("--curves", type=Path, nargs="+", required=True, help=".csv of each model")
    curve.add_argument("--models", nargs="+", required=True, help="labels of the models, same order")
    for action in (similarity, measured, attributed, compared, predicted, culprits, failing, curve):
        action.add_argument("--outputs", type=Path, nargs="+", required=True, help=".pdf and .png to write")


def draw_similarity(
    *,
    summary: Path,
    models: list[str],
    estimator: str,
    examples: list[Path],
    boxes: list[float],
    outputs: list[Path],
) -> None:
    """Draw the paper's figure for some models: the default's figure 1, and its controls."""
    if len(examples) != len(boxes):
        raise InputError(f"{len(examples)} files of examples and {len(boxes)} boxes: a case needs one of each.")
    stores = {case_of(store): store for store in map(read_drawn, examples)}
    fields = {store.attrs["field"]: own_field(store, "example") for store in stores.values()}
    figure = draw_figure1(
        only_cases(read_summary(summary), stores),
        {case: store["example"].to_numpy()[0] for case, store in stores.items()},
        models=models,
        estimator=estimator,
        boxes={case: side for case, side in zip(stores, boxes, strict=True) if side > 0},
        fields={name: field for name, field in fields.items() if field is not None},
        linear={case for case, store in stores.items() if not is_logarithmic(store)},
    )
    _write(figure, outputs)


def draw_measured(
    *,
    summary: Path,
    cases: Sequence[Sequence[str]],
    estimator: str,
    measures: list[str],
    fields: Sequence[Sequence[str]] = (),
    outputs: list[Path],
) -> None:
    """Draw the matrices of some models by CKA and by other measures."""
    dataset = read_summary(summary)
    names, models = [cka_measure(estimator), *measures], list(dict.fromkeys(model for model, _ in cases))
    drawn = only_cases(dataset, [(model, domain) for model, domain in cases])
    words = {pair[0]: pair[1] for pair in fields}
    _write(draw_measures(drawn, models=models, measures=names, fields=words), outputs)


def draw_attributed(
    *,
    attribution: Path,
    summary: Path,
    models: list[str],
    untrained: Sequence[Sequence[str]] = (),
    layers: Sequence[Sequence[str]] = (),
    parameters: Sequence[str] = (),
    subsets: Sequence[Path] = (),
    dominance: Sequence[Path] = (),
    fields: Sequence[Sequence[str]] = (),
    outputs: list[Path],
) -> None:
    """Draw what the block and the loss of some models are made of."""
    table = read_table(attribution, columns=("model", "field", "domain", "test_suite", *_SAID, "value"))
    table = as_numbers(table, [name for name in _NUMBERS if name in table])
    dataset = read_summary(summary)
    open_ones, others = ({pair[0]: pair[1] for pair in pairs} for pairs in (untrained, layers))
    figure = draw_figure2(
        table,
        dataset,
        models=[Controlled(name, open_ones.get(name), others.get(name)) for name in models],
        parameters=parameters,
        subsets=by_model(subsets),
        dominance=by_model(dominance),
        fields={pair[0]: pair[1] for pair in fields},
    )
    _write(figure, outputs)


def draw_compared(*, comparisons: list[Path], table: Path, estimator: str, outputs: list[Path]) -> None:
    """Draw networks compared with each other."""
    columns = ("model", "domain", "model_other", "domain_other", "measure", "mean", "diagonal_mean")
    means = as_numbers(read_table(table, columns=columns), ["diagonal_mean"])
    _write(draw_comparisons([read_drawn(path) for path in comparisons], means, estimator=estimator), outputs)


def draw_predicted(*, predictions: list[Path], summary: Path, parameters: list[str], outputs: list[Path]) -> None:
    """Draw predicted against true parameters, with the scores of the whole split."""
    cases = [read_drawn(path) for path in predictions]
    rows = only_cases(read_summary(summary), [case_of(case) for case in cases])["r2"].sel(maps="split")
    scored = {
        (str(row["model"].item()), str(row["domain"].item()), parameter): float(row.sel(parameter=parameter))
        for row in rows
        for parameter in parameters
        if parameter in row["parameter"]
    }
    _write(draw_predictions(cases, parameters=parameters, r2=scored), outputs)


def draw_sheet(*, dominance: Path, estimator: str, box: float, outputs: list[Path]) -> None:
    """Draw the maps that dominate a case, and what is left of its block without them."""
    case = read_drawn(dominance)
    figure = draw_culprits(
        case,
        list(case["culprit"].to_numpy()),
        estimator=estimator,
        field=own_field(case, "culprit"),
        box=box if box > 0 else None,
        logarithmic=is_logarithmic(case),
    )
    _write(figure, outputs)


def draw_failure(
    *,
    failures: Path,
    correlations: Path,
    transfers: Path,
    fields: Sequence[Sequence[str]] = (),
    outputs: list[Path],
) -> None:
    """Draw what goes with the loss of accuracy."""
    keys = ("parameter", "predictor")
    words = ("model", "field", "train_suite", "domain", "test_suite", "shift", "condition")
    pairs = read_table(failures, columns=(*words, "parameter", "log_rmse_ratio"))
    correlated = read_table(correlations, columns=(*keys, "family", "rho", "partial_rho"))
    transferred = read_table(transfers, columns=(*keys, "held_out_field", "rho"))
    text = {*words, *keys, "family", "held_out_field"}
    tables = [
        as_numbers(table, [str(name) for name in table if name not in text])
        for table in (pairs, correlated, transferred)
    ]
    _write(draw_figure3(*tables, fields={pair[0]: pair[1] for pair in fields}), outputs)


def draw_curves(*, curves: list[Path], models: list[str], outputs: list[Path]) -> None:
    """Draw the learning curve of each model."""
    columns = ("epoch", "learning_rate", "training_loss", "validation_loss")
    tables = [read_table(path, columns=columns) for path in curves]
    _write(draw_learning_curve(dict(zip(models, tables, strict=True))), outputs)


def _write(figure: Figure, outputs: list[Path]) -> None:
    for output in outputs:
        write_figure(figure, output)
    logger.info("%s", ", ".join(map(str, outputs)))
