"""The page of details: what the first page leaves out, a section each. Text is reStructuredText."""

from collections.abc import Sequence

from repshift.wording.attribution import attribution_section
from repshift.wording.entries import MOST_OUTPUTS
from repshift.wording.failures import Correlation, failure_section
from repshift.wording.findings import Findings
from repshift.wording.pruning import pruning_section
from repshift.wording.pruning_results import PruningResult
from repshift.wording.repair import repair_section
from repshift.wording.shifts import Network, Shift, shift_sentences
from repshift.wording.stress import stress_section
from repshift.wording.trust import trust_section


def details_page(
    networks: Sequence[Network],
    controls: Sequence[Network] = (),
    rise: Correlation | None = None,
    strongest: Correlation | None = None,
    *,
    findings: Findings | None = None,
    pruning: Sequence[PruningResult] = (),
) -> str:
    """Return the details of a run: networks on further domains, a section of each stage, controls, failure."""
    found = findings or Findings()
    sections = [network_section(network) for network in networks if shifts_left_out(network)]
    sections += [stress_section(found.stress)] if found.stress else []
    sections += [attribution_section(found.attribution)] if found.attribution else []
    sections += [repair_section(found.repair)] if found.repair else []
    sections += [pruning_section(pruning)] if pruning else []
    sections += [trust_section(found.trust)] if found.trust else []
    sections += [control_section(controls)] if any(control.shifts for control in controls) else []
    sections += [failure_section(rise, strongest)] if rise is not None else []
    return "\n".join(sections or ["The first page says all that this run has in words.\n"])


def shifts_left_out(network: Network) -> list[Shift]:
    """Return what the first page does not say: other domains than the worst, and that where it has more outputs."""
    worst = network.worst
    return [
        shift
        for shift in network.shifts
        if shift is not worst or any(len(of_score) > MOST_OUTPUTS for of_score in shift.accuracy.values())
    ]


def network_section(network: Network) -> str:
    """Return the section of a network: a list for each domain that the first page leaves out."""
    title = f"{network.described}, on other domains"
    lists = [shift_sentences(shift, is_trained=network.is_trained) for shift in shifts_left_out(network)]
    return "\n".join([title, "-" * len(title), "", *map(_listed, lists)])


def control_section(controls: Sequence[Network]) -> str:
    """Return the section of the controls: an entry for each domain that one is shown beside its own."""
    said = [
        f"**{control.described}**. {' '.join(shift_sentences(shift, is_trained=control.is_trained))}"
        for control in controls
        for shift in control.shifts
    ]
    return "\n".join(["Controls", "--------", "", _listed(said)])


def _listed(sentences: Sequence[str]) -> str:
    """Return sentences as a list."""
    return "".join(f"- {sentence}\n" for sentence in sentences)
