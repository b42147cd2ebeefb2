"""The card of a network: fixed fields of what is known of it, from tables, the description of its file and its cases.

The document is described, field by field, in ``docs/card.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from repshift.stages.report.card_rows import (
    Document,
    Rows,
    critical_rows,
    intervals_rows,
    repairs_rows,
    scores_rows,
    similarity_rows,
    trust_rows,
)
from repshift.vocabulary import PARAMETERS

SCHEMA: Final = 1
"""Version of the document: it changes where a field goes or means something else."""

_NOT_RUN: Final = "The run has no such numbers of this network."

_STAGES: Final = {
    "critical_strengths": "How far its maps may change before it breaks (stage stress)",
    "repairs": "What brings it home on another suite, and at what price (stage repair)",
    "trust_scores": "Whether its errors can be foreseen, map by map (stage trust)",
    "trust_intervals": "Whether its intervals hold (stage trust)",
}

_NEVER: Final = (
    "Other trainings of the same network: all numbers are of these weights.",
    "Other fields, redshifts, resolutions and box sizes than those of the maps it was shown.",
)


@dataclass(frozen=True)
class CardTables:
    """Tables of a run; None: there is none.

    Attributes
    ----------
    similarity, scores, critical_strengths, repairs, trust, trust_intervals
        As the stage summary writes them, all models in each.
    """

    similarity: pd.DataFrame
    scores: pd.DataFrame
    critical_strengths: pd.DataFrame | None = None
    repairs: pd.DataFrame | None = None
    trust: pd.DataFrame | None = None
    trust_intervals: pd.DataFrame | None = None


@dataclass(frozen=True)
class CardSubject:
    """The network that a card is of.

    Attributes
    ----------
    model
        Its label.
    description
        What the ``.json`` of its file says.
    cases
        What its files of CKA say of each domain that it is shown.
    suites
        All suites of the configuration.
    """

    model: str
    description: Mapping[str, Any]
    cases: Sequence[Mapping[str, str]]
    suites: Sequence[str] = field(default_factory=tuple)


def card_of(subject: CardSubject, tables: CardTables) -> Document:
    """Return the card of a network: the same fields for each, and what a field without numbers lacks."""
    trained_on = _trained_on(subject)
    shown = _shown(subject, trained_on["repair"])
    found: Document = {
        "schema": SCHEMA,
        "model": subject.model,
        "trained_on": trained_on,
        "shown": _field(shown),
        "scores": _field(
            scores_rows(tables.scores, subject.model), "None of the domains has labels of what it infers."
        ),
        "similarity": _field(similarity_rows(tables.similarity, subject.model)),
        "critical_strengths": _field(critical_rows(tables.critical_strengths, subject.model)),
        "repairs": _field(repairs_rows(tables.repairs, subject.model)),
        "trust_scores": _field(trust_rows(tables.trust, subject.model)),
        "trust_intervals": _field(intervals_rows(tables.trust_intervals, subject.model)),
    }
    return found | {"marks": _marks(shown), "not_tested": _not_tested(subject, found)}


def _field(rows: Rows, why: str = _NOT_RUN) -> Document:
    """Return a field of several rows; where there is none, why."""
    return {"rows": rows, "missing": "" if rows else why}


def _trained_on(subject: CardSubject) -> Document:
    """Return what the network is, and what it was trained on."""
    said, repair = subject.description, subject.description.get("repair")
    provenance = said.get("provenance", {})
    configuration = provenance.get("configuration", {})
    classes = said.get("classes")
    return {
        "suite": said["suite"],
        "field": said["field"],
        "set": configuration.get("set") if isinstance(configuration, Mapping) else None,
        "maps": provenance.get("n_training_maps"),
        "outputs": list(said.get("outputs", ())) or _outputs_left_out(said),
        "classes": None if classes is None else list(classes["names"]),
        "network": said["constructor"],
        "arguments": said["arguments"],
        "layers_compared": list(said["layers"]),
        "weights_sha256": said["sha256"],
        "repair": None if repair is None else _repair(repair, provenance.get("repair", {})),
    }


def _outputs_left_out(said: Mapping[str, Any]) -> list[str]:
    """Return what a network infers whose file need not say so: that of CMD."""
    return list(PARAMETERS) if str(said["constructor"]).endswith("CMDNetwork") else []


def _repair(record: Mapping[str, Any], how: Mapping[str, Any]) -> Document:
    """Return what made a network of another, and which simulations of which domains it saw."""
    held = [how[side] for side in ("target", "source") if how.get(side) is not None]
    seen = [
        {
            **{name: one[name] for name in ("domain", "maps_sha256", "labelled")},
            "simulations": len(one["simulations"]),
        }
        for one in held
    ]
    return {"method": record["method"], "of": record["of"], "seen": seen}


def _shown(subject: CardSubject, repair: Document | None) -> Rows:
    """Return the domains that the network is shown, and what a repair saw of each."""
    return [
        {
            **{name: case[name] for name in ("domain", "test_suite", "set", "split")},
            "in_distribution": case["in_distribution"] == "true",
            "maps_sha256": case["maps_sha256"],
            **_seen(repair, case["maps_sha256"]),
        }
        for case in subject.cases
    ]


def _seen(repair: Document | None, checksum: str) -> Document:
    """Return how many simulations of some maps a repair saw, and whether with their labels."""
    held = [] if repair is None else [one for one in repair["seen"] if one["maps_sha256"] == checksum]
    return {
        "simulations_seen_by_repair": sum(one["simulations"] for one in held),
        "labels_seen_by_repair": any(one["labelled"] for one in held),
    }


def _marks(shown: Rows) -> list[str]:
    """Return what a reader must know before the numbers: domains whose simulations made the network."""
    return [
        f"Scores on {row['domain']} are not of held-out simulations alone: the repair that made this network saw "
        f"{row['simulations_seen_by_repair']} of them, {'with' if row['labels_seen_by_repair'] else 'without'} labels."
        for row in shown
        if row["simulations_seen_by_repair"]
    ]


def _not_tested(subject: CardSubject, found: Document) -> list[str]:
    """Return what a reader might take for known and is not."""
    shown = {row["test_suite"] for row in found["shown"]["rows"]}
    never = [name for name in subject.suites if name not in {*shown, subject.description["suite"]}]
    unscored = [row["domain"] for row in found["shown"]["rows"]]
    scored = {row["domain"] for row in found["scores"]["rows"]}
    unscored = [name for name in unscored if name not in scored]
    said = [f"Suites of the configuration that it was not shown: {', '.join(never)}."] if never else []
    said += [f"Its accuracy on {', '.join(unscored)}: there are no labels."] if unscored else []
    said += [f"{text}." for name, text in _STAGES.items() if not found[name]["rows"]]
    return [*said, *_NEVER]
