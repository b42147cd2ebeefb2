"""The card of a network as Markdown: the fields of its document in their order, with numbers or why there are none."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Document = Mapping[str, Any]

TITLES: Final = {
    "shown": "Shown",
    "scores": "Scores",
    "similarity": "Similarity of layers",
    "critical_strengths": "Critical strengths",
    "repairs": "Repairs and their price",
    "trust_scores": "Trust, map by map",
    "trust_intervals": "Trust, intervals",
}
"""Fields that are tables, with their titles, in their order."""

_WORDS: Final = {
    "test_suite": "suite",
    "in_distribution": "in distribution",
    "simulations_seen_by_repair": "simulations seen by its repair",
    "labels_seen_by_repair": "labels seen by its repair",
    "mean_cka": "mean debiased CKA",
    "p_value": "p-value",
    "largest_tried": "largest tried",
    "on_target": "on the target",
    "gain_over_control": "gain over control",
    "gain_at_home": "gain at home",
    "needs_same_prior": "needs the same prior",
    "trust_score": "score",
    "is_baseline": "baseline",
    "rank_correlation": "rank correlation with the error",
    "rank_correlation_difference": "less the baseline's",
    "auc_domain": "AUC of the domain",
    "auc_worst_tenth": "AUC of the worst tenth",
    "level_attainable": "attainable",
}
_LEFT_OUT: Final = ("maps_sha256", "low", "high", "label")
"""Columns of the document that the page has not, or has elsewhere."""


def card_page(card: Document) -> str:
    """Return the page of a card.

    Parameters
    ----------
    card
        As `repshift.stages.report.card.card_of` returns it.
    """
    parts = [f"# {card['model']}\n", _trained_on(card["trained_on"])]
    parts += [f"- **{mark}**\n" for mark in card["marks"]]
    for name, title in TITLES.items():
        field = card[name]
        parts += [f"## {title}\n", _table(field["rows"]) if field["rows"] else f"{field['missing']}\n"]
    untested = "".join(f"- {text}\n" for text in card["not_tested"])
    parts += ["## Not tested\n", untested, _HOW]
    return "\n".join(parts)


_HOW: Final = (
    "Brackets are 95 % intervals by simulation. An empty cell is a number that the run has not. The fields are those "
    "of docs/card.md.\n"
)


def _trained_on(field: Document) -> str:
    """Return what the network is and was trained on, a line a fact."""
    facts = {
        "Trained on": f"{field['suite']}, {field['field']}" + (f", set {field['set']}" if field["set"] else ""),
        "Maps of the training": field["maps"],
        "Infers": ", ".join(field["outputs"]),
        "Classes": ", ".join(field["classes"] or ()),
        "Network": f"{field['network']}, {len(field['layers_compared'])} layers compared",
        "Weights": f"SHA-256 {field['weights_sha256']}",
    }
    repair = field["repair"]
    if repair is not None:
        seen = [
            f"{one['simulations']} simulations of {one['domain']} {'with' if one['labelled'] else 'without'} labels"
            for one in repair["seen"]
        ]
        facts["Made by repair"] = f"{repair['method']} of {repair['of']}, from {' and '.join(seen) or 'no maps'}"
    lines = [f"- {name}: {value if value not in (None, '') else 'not known'}\n" for name, value in facts.items()]
    return "".join(line for line in lines if not line.startswith("- Classes: not known"))


def _table(rows: Sequence[Document]) -> str:
    """Return rows as a table; what no row has is no column."""
    columns = [name for name in rows[0] if name not in _LEFT_OUT]
    cells = [[_cell(name, row) for name in columns] for row in rows]
    kept = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    head = [_WORDS.get(columns[place], columns[place].replace("_", " ")) for place in kept]
    lines = [head, ["---"] * len(kept), *([row[place] for place in kept] for row in cells)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(name: str, row: Document) -> str:
    """Return a cell: a number with its interval, a truth value as a word, text."""
    value = row[name]
    if name == "value":
        return _number(row)
    if isinstance(value, Mapping):
        return _number(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def _number(number: Document) -> str:
    """Return a number with its interval; an end that is not known is said to be open."""
    value, low, high = number["value"], number["low"], number["high"]
    if value is None:
        return "not reached" if number.get("reached") is False else ""
    if low is None and high is None:
        return f"{value:.3g}"
    ends = ["open" if end is None else f"{end:.3g}" for end in (low, high)]
    return f"{value:.3g} [{', '.join(ends)}]"
