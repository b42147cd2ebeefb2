"""The ladder of a target: entries of several files, each once, in their order, and what they are drawn like."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xarray as xr

from repshift.drawing.attribution_series import METHOD_MARKERS
from repshift.drawing.plotting import OTHER_COLOURS, Plotting
from repshift.drawing.repair_entries import Entry, RepairFile
from repshift.drawing.stress_page import drawn_outputs
from repshift.drawing.style import capitalised
from repshift.evidence.repair.quantities import AS_IT_IS, SAME_PRIOR
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Ladder:
    """All entries of a model and a target.

    Attributes
    ----------
    case
        A file of the target, for what all of them share.
    entries
        In their order: bounds, repairs without training, trained ones, controls.
    outputs
        Those drawn.
    colours
        Of what is judged: the target, the model's own domain, both mixed.
    labels
        What the target and the own domain are called.
    """

    case: xr.Dataset
    entries: tuple[Entry, ...]
    outputs: tuple[str, ...]
    colours: dict[str, str]
    labels: dict[str, str]

    @property
    def is_r2(self) -> bool:
        """Whether scores are R^2; else they are shares of maps."""
        return str(self.case.attrs["score"]) == "r2"

    @property
    def score_label(self) -> str:
        """What the score is called in a figure."""
        return "$R^2$" if self.is_r2 else capitalised(str(self.case.attrs["score_label"]))

    @property
    def label_free(self) -> dict[str, str]:
        """Labels of numbers that need no labels of the target, by name, as far as any entry has them."""
        names = [str(name) for name in self.case["label_free_name"].to_numpy()]
        words = dict(zip(names, map(str, self.case["label_free_label"].to_numpy()), strict=True))
        return {name: words[name] for name in names if self.has("label_free", label_free_name=name)}

    @property
    def is_scored(self) -> bool:
        """Whether any entry has a score on the target."""
        return any(self.has("score", judged_on="target", parameter=output) for output in self.outputs)

    def has(self, name: str, **where: str) -> bool:
        """Return whether any entry has a number."""
        return any(math.isfinite(entry.number(name, **where)[0]) for entry in self.entries)

    @property
    def as_it_is(self) -> Entry | None:
        """The network that no repair touched."""
        return next((entry for entry in self.entries if entry.rung == AS_IT_IS), None)

    @property
    def rows(self) -> list[Entry]:
        """Each rung and setting once: with most simulations, of the same prior."""
        found: dict[tuple[str, str], Entry] = {}
        for entry in self.entries:
            if entry.word("prior") == SAME_PRIOR:
                best = found.get(entry.series)
                found[entry.series] = entry if best is None or entry.simulations > best.simulations else best
        return list(found.values())

    @property
    def series(self) -> dict[tuple[str, str], list[Entry]]:
        """Entries of each rung and setting."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.series, []).append(entry)
        return found


_ORDER: Final = (("bound", False), ("bound", True), ("repair", False), ("repair", True), ("control", True))


def ladders_of(repairs: Sequence[xr.Dataset], outputs: Sequence[str], plotting: Plotting) -> list[Ladder]:
    """Return the ladder of each target, in their order.

    Raises
    ------
    InputError
        If there is no file, or they are of several models.
    """
    models = list(dict.fromkeys(str(case.attrs["model"]) for case in repairs))
    if len(models) != 1:
        found = f"files of {', '.join(models)}" if models else "no file"
        raise InputError(f"The figure of repairs was given {found}. It draws the ladders of one model.")
    targets: dict[str, list[xr.Dataset]] = {}
    for case in repairs:
        targets.setdefault(str(case.attrs["domain"]), []).append(case)
    return [_ladder(cases, outputs, plotting) for cases in targets.values()]


def _ladder(cases: Sequence[xr.Dataset], outputs: Sequence[str], plotting: Plotting) -> Ladder:
    """Return the ladder of one target from its files."""
    case, entries = cases[0], _coloured(_each_once(cases))
    names = {"output": ("output", case["parameter"].to_numpy())}
    drawn = drawn_outputs(xr.Dataset(coords=names), outputs)
    domain, suite, own = (str(case.attrs[name]) for name in ("domain", "test_suite", "own_domain"))
    train = str(case.attrs["train_suite"])
    colours = {"target": plotting.case_colour(domain, suite), "home": plotting.case_colour(own, train), "mixed": "0.35"}
    labels = {"target": plotting.domain_label(domain, suite), "home": plotting.domain_label(own, train)}
    return Ladder(case, tuple(entries), drawn, colours, {**labels, "mixed": "both mixed"})


def _each_once(cases: Sequence[xr.Dataset]) -> list[Entry]:
    """Return the entries of some files in the order of the ladder: the network as it is lies in each of them."""
    found: dict[tuple[str, str, int, str], Entry] = {}
    for file in map(RepairFile, cases):
        for place in range(file.case.sizes["entry"]):
            entry = Entry(file, place)
            found.setdefault(entry.key, entry)
    order = {group: place for place, group in enumerate(_ORDER)}
    return sorted(found.values(), key=lambda entry: order.get(entry.group, len(order)))


def _coloured(entries: Sequence[Entry]) -> list[Entry]:
    """Give each rung and setting that is no bound a colour and a marker."""
    series = list(dict.fromkeys(entry.series for entry in entries if entry.word("kind") != "bound"))
    return [
        entry if entry.series not in series else Entry(entry.file, entry.place, *_look(series.index(entry.series)))
        for entry in entries
    ]


def _look(place: int) -> tuple[str, str]:
    return OTHER_COLOURS[place % len(OTHER_COLOURS)], METHOD_MARKERS[place % len(METHOD_MARKERS)]
