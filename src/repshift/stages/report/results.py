"""Action of the stage report: ``results``, the result in words.

Output: ``results.rst``, the first page of the report: the networks of figure 1, an entry a question; ``details.html``,
what it leaves out: further domains, stages in detail, controls.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from repshift.stages.report.attribution import attribution_results
from repshift.stages.report.pruning import pruning_results
from repshift.stages.report.repair import repair_results
from repshift.stages.report.statements import correlations_of, network_of, read_evidence
from repshift.stages.report.steps import step_results
from repshift.stages.report.stress import stress_results
from repshift.stages.report.trust import trust_results
from repshift.storage.files import write_text
from repshift.wording.details import details_page
from repshift.wording.findings import Findings
from repshift.wording.html import from_text, page
from repshift.wording.results import result_page

logger = logging.getLogger(__name__)

_OF_STAGES: Final = {
    "permutation-tests": "the tests",
    "shift-scores": "all shift scores",
    "correlations": "the correlations with failure",
    "shift-steps": "the steps of shifts",
    "critical-strengths": "stress",
    "early-warnings": "stress",
    "attribution": "attributions",
    "attribution-of-shift": "attributed shifts",
    "repairs": "repairs",
    "repair-correlations": "what goes with their gains",
    "pruning": "replaced layers",
    "pruning-correlations": "what goes with the score they lose",
    "pruning-cause": "CKA moved by the loss",
    "pruning-cause-correlations": "what goes with its gains",
    "trust": "trust scores",
    "trust-intervals": "the coverage of intervals",
}
"""Tables that a run may have, by their options, and what they are of."""

_NAMED: Final = {
    "control": ("controls", "drawn as a control"),
    "stressed": ("stress", "under stress"),
    "attributed": ("attributed", "whose outputs are attributed"),
}
"""Networks that are named beside those of figure 1: option, argument of `run`, and which they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--similarity", type=Path, required=True, help=".csv of all cases")
    parser.add_argument("--scores", type=Path, required=True, help=".csv of all cases that are scored")
    for name, what in _OF_STAGES.items():
        parser.add_argument(f"--{name}", type=Path, help=f".csv of {what}, where there is one")
    text = "label of a model, of its own domain and of its other domains"
    parser.add_argument("--network", dest="networks", nargs="+", action="append", required=True, help=text)
    for name, (argument, which) in _NAMED.items():
        text = f"the same of a network {which}"
        parser.add_argument(f"--{name}", dest=argument, nargs="+", action="append", default=[], help=text)
    parser.add_argument("--classifiers", nargs="*", default=[], help="labels of the models that infer classes")
    parser.add_argument("--untrained", nargs="*", default=[], help="labels of the models that were never trained")
    parser.add_argument("--parameters", nargs="*", default=[], help="parameters in the text; without any, all")
    parser.add_argument("--output", type=Path, required=True, help=".rst to write: the first page")
    parser.add_argument("--output-details", type=Path, required=True, help=".html to write: what it leaves out")


def run(
    *,
    similarity: Path,
    scores: Path,
    permutation_tests: Path | None = None,
    shift_scores: Path | None = None,
    correlations: Path | None = None,
    shift_steps: Path | None = None,
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
    output_details: Path,
) -> None:
    """Write the result in words: the first page and the page of details."""
    evidence = read_evidence(similarity, scores, permutation_tests, shift_scores)
    main, control = (
        [
            network_of(evidence, model, own, others, is_trained=model not in untrained, parameters=parameters)
            for model, own, *others in named
        ]
        for named in (networks, controls)
    )
    rise, strongest = (None, None) if correlations is None else correlations_of(correlations)
    found = Findings(
        stress=None
        if critical_strengths is None or early_warnings is None
        else stress_results(critical_strengths, early_warnings, stress, parameters=parameters, classifiers=classifiers),
        shift_steps=None if shift_steps is None else step_results(shift_steps, parameters=parameters),
        attribution=None
        if attribution is None and attribution_of_shift is None
        else attribution_results(attribution, attribution_of_shift, attributed, parameters=parameters),
        repair=None if repairs is None else repair_results(repairs, repair_correlations, parameters=parameters),
        trust=None
        if trust is None or trust_intervals is None
        else trust_results(trust, trust_intervals, parameters=parameters),
    )
    pruned = (
        []
        if pruning is None or pruning_correlations is None
        else pruning_results(
            pruning, pruning_correlations, pruning_cause, pruning_cause_correlations, parameters=parameters
        )
    )
    details = details_page(main, control, rise, strongest, findings=found, pruning=pruned)
    write_text(result_page(main, control, rise, findings=found), output)
    write_text(page("The result in detail", from_text(details)), output_details)
    logger.info("%s, %s: %d networks, %d controls", output, output_details, len(main), len(control))
