"""Action of the stage report: ``results``, the result in words.

Output: ``results.rst``, the first page of the report: networks of figure 1 and controls in sentences.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from repshift.stages.report.attribution import attribution_results
from repshift.stages.report.pruning import pruning_results
from repshift.stages.report.repair import repair_results
from repshift.stages.report.statements import correlations_of, network_of, read_evidence
from repshift.stages.report.stress import stress_results
from repshift.stages.report.trust import trust_results
from repshift.storage.files import write_text
from repshift.wording.results import result_page

logger = logging.getLogger(__name__)

_OF_STAGES: Final = {
    "repairs": "repairs",
    "repair-correlations": "what goes with their gains",
    "pruning": "replaced layers",
    "pruning-correlations": "what goes with the score they lose",
    "pruning-cause": "CKA moved by the loss",
    "pruning-cause-correlations": "what goes with its gains",
    "trust": "trust scores",
    "trust-intervals": "the coverage of intervals",
}
"""Tables of the stages repair, pruning and trust, by their options, and what they are of."""


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
    for name, what in _OF_STAGES.items():
        parser.add_argument(f"--{name}", type=Path, help=f".csv of {what}, where there is one")
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
    repairs: Path | None = None,
    repair_correlations: Path | None = None,
    pruning: Path | None = None,
    pruning_correlations: Path | None = None,
    pruning_cause: Path | None = None,
    pruning_cause_correlations: Path | None = None,
    trust: Path | None = None,
    trust_intervals: Path | None = None,
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
    repaired = [] if repairs is None else repair_results(repairs, repair_correlations, parameters=parameters)
    pruned = (
        []
        if pruning is None or pruning_correlations is None
        else pruning_results(
            pruning, pruning_correlations, pruning_cause, pruning_cause_correlations, parameters=parameters
        )
    )
    trusted = (
        [] if trust is None or trust_intervals is None else trust_results(trust, trust_intervals, parameters=parameters)
    )
    sections: dict[str, Any] = {"stress": broken, "attribution": seen, "repair": repaired}
    sections |= {"pruning": pruned, "trust": trusted}
    write_text(result_page(main, control, rise, strongest, **sections), output)
    logger.info("%s: %d networks, %d controls", output, len(main), len(control))
