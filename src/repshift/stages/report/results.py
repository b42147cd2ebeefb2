"""Action of the stage report: ``results``, the result in words.

Output: ``results.rst``, the first page of the report: networks of figure 1 and controls in sentences.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.stages.report.attribution import attribution_results
from repshift.stages.report.statements import correlations_of, network_of, read_evidence
from repshift.stages.report.stress import stress_results
from repshift.storage.files import write_text
from repshift.wording.results import result_page

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--similarity", type=Path, required=True, help=".csv of all cases")
    parser.add_argument("--scores", type=Path, required=True, help=".csv of all cases that are scored")
    parser.add_argument("--permutation-tests", type=Path, help=".csv of the tests, where there is one")
    parser.add_argument("--shift-scores", type=Path, help=".csv of all shift scores, where there is one")
    parser.add_argument("--correlations", type=Path, help=".csv of the correlations with failure, where there is one")
    text = "label of a model, of its own domain and of its other domains"
    parser.add_argument("--critical-strengths", type=Path, help=".csv of stress, where there is one")
    parser.add_argument("--early-warnings", type=Path, help=".csv of stress, where there is one")
    parser.add_argument("--network", dest="networks", nargs="+", action="append", required=True, help=text)
    text = "the same of a network that is drawn as a control"
    parser.add_argument("--control", dest="controls", nargs="+", action="append", default=[], help=text)
    text = "the same of a network under stress"
    parser.add_argument("--stressed", dest="stress", nargs="+", action="append", default=[], help=text)
    parser.add_argument("--attribution", type=Path, help=".csv of attributions, where there is one")
    parser.add_argument("--attribution-of-shift", type=Path, help=".csv of attributed shifts, where there is one")
    text = "the same of a network whose outputs are attributed"
    parser.add_argument("--attributed", nargs="+", action="append", default=[], help=text)
    parser.add_argument("--classifiers", nargs="*", default=[], help="labels of the models that infer classes")
    parser.add_argument("--untrained", nargs="*", default=[], help="labels of the models that were never trained")
    parser.add_argument("--parameters", nargs="*", default=[], help="parameters in the text; without any, all")
    parser.add_argument("--output", type=Path, required=True, help=".rst to write")


def run(
    *,
    similarity: Path,
    scores: Path,
    permutation_tests: Path | None = None,
    shift_scores: Path | None = None,
    correlations: Path | None = None,
    critical_strengths: Path | None = None,
    early_warnings: Path | None = None,
    attribution: Path | None = None,
    attribution_of_shift: Path | None = None,
    networks: Sequence[Sequence[str]],
    controls: Sequence[Sequence[str]] = (),
    stress: Sequence[Sequence[str]] = (),
    attributed: Sequence[Sequence[str]] = (),
    classifiers: Sequence[str] = (),
    untrained: Sequence[str] = (),
    parameters: Sequence[str] = (),
    output: Path,
) -> None:
    """Write the result in words."""
    evidence = read_evidence(similarity, scores, permutation_tests, shift_scores)
    main, control = (
        [
            network_of(evidence, model, own, others, is_trained=model not in untrained, parameters=parameters)
            for model, own, *others in named
        ]
        for named in (networks, controls)
    )
    rise, strongest = (None, None) if correlations is None else correlations_of(correlations)
    broken = (
        []
        if critical_strengths is None or early_warnings is None
        else stress_results(critical_strengths, early_warnings, stress, parameters=parameters, classifiers=classifiers)
    )
    seen = attribution_results(attribution, attribution_of_shift, attributed, parameters=parameters)
    write_text(result_page(main, control, rise, strongest, stress=broken, attribution=seen), output)
    logger.info("%s: %d networks, %d controls", output, len(main), len(control))
