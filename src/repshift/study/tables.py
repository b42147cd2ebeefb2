"""Which tables a study has, of those in results/summary/."""

from typing import Final

from repshift.study.attribution_jobs import shift_cases
from repshift.study.cases import correlates, has_choices
from repshift.study.configuration import Study
from repshift.study.pruning_jobs import cause_files
from repshift.study.repair_jobs import chooses
from repshift.study.repair_rungs import trained_rungs

OF_SECTIONS: Final = {
    "permutation_tests": ("permutation_tests", "independence"),
    "comparisons": ("comparisons",),
    "shift_steps": ("shift_steps",),
    "influence": ("influential_maps", "influence"),
    "sample_size": ("sample_size",),
    "shift_scores": ("shift_scores",),
    "failures": ("failures",),
    "stress": ("stress", "stress_layers", "critical_strengths", "early_warnings"),
    "attribution": ("attribution",),
    "repair": ("repairs", "repair_label_free", "repair_correlations"),
    "pruning": ("pruning", "pruning_correlations"),
    "trust": ("trust", "trust_intervals", "trust_calibration"),
}
"""Tables beside the scores and the similarity of all cases, by the section that asks for them."""


def tables(study: Study) -> list[str]:
    """Return the names of all tables; of what goes with failure over networks only where there are enough of them."""
    sections = [name for name in OF_SECTIONS if getattr(study, name) is not None]
    written = ["scores", "similarity", *(table for name in sections for table in OF_SECTIONS[name])]
    if study.stress is not None and study.stress.smallest is not None:
        written.append("smallest_perturbations")
    if shift_cases(study):
        written.append("attribution_of_shift")
    if any(chooses(study, rung) for rung in trained_rungs(study)):
        written.append("repair_weights")
    if cause_files(study):
        written += ["pruning_cause", "pruning_cause_runs", "pruning_cause_correlations"]
    if study.failures is not None and correlates(study):
        written += ["failure_correlations", "failure_transfers"]
    if study.failures is not None and has_choices(study):
        written.append("choices")
    return written
