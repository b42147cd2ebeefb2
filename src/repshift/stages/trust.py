"""Stage trust: which maps a network may be believed on, by scores that need no labels. Rules ``trust_{n}``.

The model's own domain is halved by simulation, ``splits`` times: one half is the reference that distances are to, and
calibrates conformal intervals; the other is judged; then the halves change places. So every map of the own domain is
judged by simulations other than its own, and maps of another domain by the same halves. Of a repaired network the
simulations that its repair saw, of either domain, are left out: they neither judge nor are judged.

Output: ``{model}/{domain}.nc``, with the variables of `repshift.evidence.trust.quantities.TRUST_QUANTITIES` along

- ``score`` (``pixel_std``, ``mahalanobis_C41``, ...): coordinates score_label, score_name (``mahalanobis``),
  score_layer (empty where it is of no layer) and score_of_outputs. A larger value says: trust this map less. The
  attribute ``baseline`` names the score that differences are to, ``pixel_std``.
- ``map``: coordinates map, simulation, position, suite, domain
- ``parameter``: what is inferred; of a classifier its label, one
- ``share`` of the maps that are kept, most trusted first; ``level`` of intervals, with the coordinate
  level_attainable; ``bin`` of the probability integral transform, or of the largest probability; ``kind`` of conformal
  intervals (``plain``, ``weighted``, ``over_std``, ``over_distance``), with the coordinate kind_label

Always there: ``values`` (score, map) and ``values_by_parameter`` (score, parameter, map), which stands beside the error
of a parameter: of a score of outputs that of the parameter, else `values` again. Out of distribution ``auc_domain``
(score), by which the score tells the maps from those of the own domain. With labels:

- ``error`` (map, parameter): mean less truth; of classes 1 - p of the true class. ``is_worst`` (map, parameter), 0 or
  1: the tenth of largest absolute error; of classes those named wrongly.
- ``rank_correlation`` of the score with the absolute error, ``auc_worst_tenth`` and ``risk_area`` (score, parameter),
  ``risk_coverage`` (score, parameter, share), ``risk_area_best`` (parameter)
- ``pit`` (parameter, bin) and ``coverage`` (parameter, level) of predicted standard deviations,
  ``calibration_error`` (parameter); of classes the last is the expected calibration error, beside ``accuracy``,
  ``confidence`` and ``share_of_maps`` (bin)
- where the own domain has labels too, ``conformal_coverage`` (kind, parameter, level), with ``_lowest`` and
  ``_highest`` of the halves; ``conformal_bounded``, the share of maps whose interval is finite, and of these
  ``conformal_coverage_bounded`` and ``conformal_half_width`` in the unit of the parameter, or of classes
  ``conformal_set_size``

Numbers have ``_low`` and ``_high``, the ends of the interval by simulation; rank_correlation, both AUC and risk_area
also ``{number}_difference``, less that of the baseline on the same maps, with ends. Attributes: level,
level_attainable, n_calibration (simulations of a half), splits, maps_each, neighbours, layers, trials, symmetries,
dropout_passes, seed, resamples, simulations_seen_by_repair and own_simulations_seen_by_repair (those left out).
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.trust.dataset import trust_of
from repshift.case.trust.judgement import Judgement
from repshift.case.trust.labels import LabelFile
from repshift.case.trust.sample import trust_sample
from repshift.case.trust.settings import TrustSettings
from repshift.cli.arguments import add_device, at_least, device_of, settings_of
from repshift.cli.cases import add_case
from repshift.cli.networks import add_layers
from repshift.cli.own_domain import add_own_domain
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_PURPOSE: Final = "whose simulations judge the maps"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose=_PURPOSE)
    text = ".txt of parameters or .csv of labels of that domain; left out, it has none"
    parser.add_argument("--reference-parameters", type=Path, help=text)
    for side, which in (("", "the domain"), ("reference-", "the model's own domain")):
        text = f".nc of predictions of other trials on {which}"
        parser.add_argument(f"--{side}trials", type=Path, nargs="*", default=[], help=text)
        text = f"parameters of the table of {which} that are not the maps' own"
        parser.add_argument(f"--{side}unscored", nargs="*", default=[], help=text)
    _add_settings(parser)
    parser.add_argument("--without-truth", action="store_true", help="the maps have no labels of what is inferred")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Add how maps are judged."""
    add_layers(parser)
    parser.add_argument("--outputs", nargs="*", default=[], help="outputs that are judged; none: the first two")
    parser.add_argument("--level", type=float, required=True, help="level of conformal intervals")
    parser.add_argument("--splits", type=at_least(1), required=True, help="number of divisions of the own domain")
    parser.add_argument("--maps-each", type=at_least(1), required=True, help="number of maps of each simulation")
    parser.add_argument("--symmetries", action="store_true", help="maps are turned and flipped")
    text = "number of passes with dropout drawn; left out, none"
    parser.add_argument("--dropout-passes", type=at_least(2), help=text)
    text = "number of maps of the own domain that are nearest"
    parser.add_argument("--neighbours", type=at_least(1), required=True, help=text)
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws maps, halves and resamples")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")


def run(
    case: CaseInputs,
    *,
    reference_unscored: Sequence[str] = (),
    trials: Sequence[Path] = (),
    reference_trials: Sequence[Path] = (),
    settings: TrustSettings,
    unscored: Sequence[str] = (),
    without_truth: bool = False,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Judge which maps of a case its network may be believed on, and write it."""
    shown = case.open()
    home = case.open_home(shown, purpose=_PURPOSE)
    if home is not None and len(trials) != len(reference_trials):
        raise InputError(f"{len(trials)} and {len(reference_trials)} other trials: both domains need the same.")
    labels = None if without_truth else LabelFile(case.files.parameters, unscored)
    home_table = None if case.home is None else case.home.files.parameters
    home_labels = None if home_table is None else LabelFile(home_table, reference_unscored)
    target = choose_device(device)
    logger.info("%s shown %s: trust in its maps on %s", case.model, case.domain.name, describe(target))
    with reproducible(threads=threads), shown.named():
        judged = trust_sample(shown, settings, trials=trials, device=target)
        own_sample = judged if home is None else trust_sample(home, settings, trials=reference_trials, device=target)
        judgement = Judgement(judged, own_sample, settings, labels, labels if home is None else home_labels)
        dataset = trust_of(judgement).assign_attrs(device=target.type, trials=1 + len(trials))
    write_dataset(dataset, output)
    logger.info("%s: %d scores of %d maps", output, dataset.sizes["score"], dataset.sizes["map"])


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    given["layers"] = given["layers"] or ()
    settings = settings_of(TrustSettings, given)
    run(case_inputs_of(given), device=device_of(given), settings=settings, **given)
