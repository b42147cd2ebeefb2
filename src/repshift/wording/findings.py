"""What the stages of a run found, as both pages in words take it."""

from collections.abc import Sequence
from dataclasses import dataclass

from repshift.wording.attribution import AttributionResult
from repshift.wording.repair_results import RepairResult
from repshift.wording.steps import StepResult
from repshift.wording.stress import StressResult
from repshift.wording.trust import TrustResult


@dataclass(frozen=True)
class Findings:
    """What the stages of a run found, by section of the configuration; None: it has no such section."""

    stress: Sequence[StressResult] | None = None
    shift_steps: Sequence[StepResult] | None = None
    attribution: Sequence[AttributionResult] | None = None
    repair: Sequence[RepairResult] | None = None
    trust: Sequence[TrustResult] | None = None
