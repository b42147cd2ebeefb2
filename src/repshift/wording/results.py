"""The first page of the report: of each network what fails, how far, why, what repairs it, when to trust it.

`repshift.wording.entries` makes the text of an entry; `repshift.wording.details` has what this page leaves out. Text is
reStructuredText.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from repshift.wording.entries import breaking, carrying, failing, layers, repairing, trusting
from repshift.wording.failures import Correlation, failure_sentence
from repshift.wording.findings import Findings
from repshift.wording.numbers import unbroken
from repshift.wording.shifts import Network, Shift
from repshift.wording.steps import step_sentence

CAUTION: Final = (
    "Brackets are 95 % intervals by simulation, where the configuration has them. A score falls where its two "
    "intervals are apart. Each is one network: what it shows need not hold of another network, field or suite. Nothing "
    "is corrected for the number of tests, axes and repairs; the best of several looks better than it is."
)

HOW_FAR: Final = "How far"
WHY: Final = "Why"
REPAIRED_BY: Final = "Repaired by"
TRUSTED_WHEN: Final = "Trusted when"

SECTIONS: Final = {
    HOW_FAR: ("stress",),
    WHY: ("shift_steps", "attribution"),
    REPAIRED_BY: ("repair",),
    TRUSTED_WHEN: ("trust",),
}
"""Sections of the configuration that an entry is of."""

_ELSEWHERE: Final = "The details have what was found."


def result_page(
    networks: Sequence[Network],
    controls: Sequence[Network] = (),
    rise: Correlation | None = None,
    *,
    findings: Findings | None = None,
) -> str:
    """Return the first page: a list a network, what goes with failure, what was not run, and a caution."""
    found = findings or Findings()
    parts = [network_entries(network, controls, found) for network in networks]
    parts += [f"**Does the rise predict failure?** {failure_sentence(rise)}\n"] if rise is not None else []
    missing = missing_sentence(found)
    parts += [f"{missing}\n"] if missing else []
    return unbroken("\n".join([*parts, f"{CAUTION}\n"]))


def network_entries(network: Network, controls: Sequence[Network], findings: Findings) -> str:
    """Return a network with its entries, a line each; one whose section has not this network says so."""
    worst = network.worst
    entries = {"What fails": failing(network)}
    if worst is not None:
        entries["Its layers"] = layers(worst, _unlearned(network, worst, controls))
    for name, text in _of_stages(network, worst, findings).items():
        if any(getattr(findings, section) is not None for section in SECTIONS[name]):
            entries[name] = text or f"Not run of this network: it is not in {_sections(name, findings)}."
    title = network.described
    return "\n".join([title, "-" * len(title), "", *(f":{name}: {text}" for name, text in entries.items()), ""])


def missing_sentence(findings: Findings) -> str:
    """Return which sections of the configuration would add which entries; nothing where it has them all."""
    lacking = {
        name: ", ".join(f"``{section}``" for section in sections if getattr(findings, section) is None)
        for name, sections in SECTIONS.items()
    }
    named = [f"{name.lower()} ({sections})" for name, sections in lacking.items() if sections]
    return f"**Not run**, in brackets the section of the configuration: {', '.join(named)}." if named else ""


def _of_stages(network: Network, worst: Shift | None, findings: Findings) -> Mapping[str, str]:
    """Return the entries of stages; empty where a stage knows nothing of the network."""
    name, other = network.name, "" if worst is None else worst.other
    stress = [one for one in findings.stress or () if one.model == name]
    repair = [one for one in findings.repair or () if one.model == name]
    repair.sort(key=lambda one: one.domain != other)
    trust = [one for one in findings.trust or () if one.model == name]
    own = next((one for one in trust if one.is_own), None)
    away = sorted((one for one in trust if not one.is_own), key=lambda one: one.domain != other)
    return {
        HOW_FAR: breaking(stress[0]) if stress else "",
        WHY: _why(network, worst, findings),
        REPAIRED_BY: repairing(repair[0]) if repair else "",
        TRUSTED_WHEN: (trusting(own, away[0] if away else None) or _ELSEWHERE) if trust else "",
    }


def _why(network: Network, worst: Shift | None, findings: Findings) -> str:
    """Return what explains a fall: the steps of the shift, and the pixels that carry it where something fell."""
    steps = [one for one in findings.shift_steps or () if one.model == network.name]
    carried = [one for one in findings.attribution or () if one.model == network.name]
    said = [step_sentence(one) for one in steps[:1]]
    if worst is not None and worst.holds:
        return " ".join(said) or ("No score was seen to fall, so there is nothing to explain." if carried else "")
    said += [carrying(one, "" if worst is None else worst.other) for one in carried[:1]]
    return (" ".join(text for text in said if text) or _ELSEWHERE) if steps or carried else ""


def _unlearned(network: Network, worst: Shift, controls: Sequence[Network]) -> list[Shift]:
    """Return what untrained networks of the same field and suite show on a domain."""
    return [
        shift
        for control in controls
        if not control.is_trained and (control.field, control.suite) == (network.field, network.suite)
        for shift in control.shifts
        if shift.other == worst.other
    ]


def _sections(name: str, findings: Findings) -> str:
    """Return the sections of the configuration that an entry is of and that it has."""
    return " or ".join(f"``{section}``" for section in SECTIONS[name] if getattr(findings, section) is not None)
