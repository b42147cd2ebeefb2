"""All that can be known of a study before its run: a row for each set of maps, table of labels, model and case."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from torch import nn

from repshift.case.outputs import labelled_classes
from repshift.costs.countdown import bytes_in_words, in_words
from repshift.costs.follower import RATE
from repshift.costs.jobs import Sizes, shown_maps
from repshift.costs.requests import Names, Requests
from repshift.costs.sums import table_of_costs
from repshift.costs.whole import jobs_of_run
from repshift.inspection.attribution_needs import require_attributable
from repshift.inspection.attribution_rows import attribution_rows
from repshift.inspection.models import ModelReport, answers_on, maps_for, model_report
from repshift.inspection.object_sets import classes_made, made_report
from repshift.inspection.perturbations import invented_map, require_own_axis, stress_rows
from repshift.inspection.problems import Problems
from repshift.inspection.repair_needs import require_repairable
from repshift.inspection.repair_rows import repair_rows
from repshift.inspection.sets import SetReport, changed_report, has_sets, set_report
from repshift.inspection.table import Row, counted
from repshift.recording.devices import reproducible
from repshift.study.case_lists import shown_cases, stress_cases
from repshift.study.cases import (
    infers,
    is_out_of_distribution,
    is_scored,
    own_domain,
    parent_of,
)
from repshift.study.catalogue import shipped
from repshift.study.configuration import Study
from repshift.study.function_suites import Function
from repshift.study.map_sets import density_sets, shown_sets
from repshift.study.sizes import SetSize, require_enough, side_of
from repshift.study.stress_axes import axes_of_domain
from repshift.study.suites import Derived
from repshift.vocabulary import Split, field_of, in_short, size_in_words, split_channel

_MOST_RATIO: Final = 10
"""How many times as large pixels of another suite may be before a row says so."""


@dataclass
class Survey:
    """A study that is looked at: what was found so far.

    Attributes
    ----------
    rows
        What, its name, what was found.
    problems
        What is to be mended.
    sets
        Sets of simulations, by suite, set and fields.
    networks
        Layers, units, multiplications and parameters of models that are none of CMD's.
    """

    study: Study
    rows: list[Row] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    sets: dict[tuple[str, str, tuple[str, ...]], SetReport] = field(default_factory=dict)
    networks: dict[str, Sizes] = field(default_factory=dict)

    def of_domain(self, model: str, domain: str) -> SetReport:
        """Return what was found of the maps of a domain in the field of a model."""
        entry = self.study.domains[domain]
        return self.sets[entry.suite, entry.set, self.study.models[model].fields]

    def numbers(self, names: Names) -> Sizes:
        """Return what is known of the network and the maps that a part of a run is done to."""
        study, model = self.study, names.get("model", "")
        domain = names.get("domain") or (own_domain(study, model) if model in study.cases else "")
        shown = self.of_domain(model, domain) if domain else None
        if not domain:
            place = names.get("suite", ""), names.get("set", "")
            read, _ = split_channel(names.get("field", ""))
            shown = next((one for key, one in self.sets.items() if key[:2] == place and read in key[2]), None)
        split = study.domains[domain].split if domain else "all"
        if not domain and "set" not in names:
            tried = [one.seconds for key, one in self.sets.items() if key[0] == names.get("suite")]
            return {"object_seconds": sum(tried) / len(tried)} if tried else {}
        tried_object = {"object_seconds": shown.seconds} if shown and shown.seconds else {}
        return {**self.networks.get(model, {}), **(_sizes_of(shown, split) if shown else {}), **tried_object}


def survey(study: Study) -> Survey:
    """Look at every file that a study names, run each of its networks on a few maps, and estimate its cost."""
    found = Survey(study)
    for model, suite, set_name, _ in shown_sets(study):
        _add_set(found, study.models[model].fields, suite, set_name)
    for read, suite, set_name, _ in density_sets(study):
        _add_set(found, (read,), suite, set_name)
    with reproducible(threads=study.threads):  # as the run
        for model in study.cases:
            _add_model(found, model)
    for model, domain in stress_cases(study):
        _try_axes(found, model, domain)
    if not found.problems.found:
        _add_cost(found)
    return found


def _add_set(found: Survey, read: tuple[str, ...], suite: str, set_name: str) -> None:
    """Look at the maps, in some fields, and at the labels of a set, once."""
    key = (suite, set_name, read)
    if key in found.sets:
        return
    one = found.sets[key] = _report(found, suite, set_name, read)
    of_set = [set_name] if has_sets(found.study, suite) else []
    found.rows.append(("maps", ", ".join([suite, field_of(read), *of_set]), one.words))
    if one.labels is not None:
        kinds = {"": one.labels.names, "words: ": tuple(one.labels.unusable)}
        names = "; ".join(f"{kind}{in_short(columns)}" for kind, columns in kinds.items() if columns)
        n_rows = len(one.labels.values)
        looked = "the first " if one.contents and n_rows < one.contents.n_maps // one.maps_per_simulation else ""
        found.rows.append(("labels", one.labels_path, f"{looked}{counted(n_rows, 'row')}: {names}"))


def _report(found: Survey, suite: str, set_name: str, read: tuple[str, ...]) -> SetReport:
    """Look at a set of simulations; of a function, or made from one, by making some of them."""
    study, parent, entry = found.study, parent_of(found.study, suite), found.study.suites[suite]
    if not isinstance(study.suites[parent], Function):
        return set_report(study, suite, set_name, fields=read, problems=found.problems)
    report = SetReport("not to be made")
    with found.problems.gathering(f"suites.{parent}"):
        report = made_report(study, parent, set_name)
    return changed_report(report, parent, entry) if isinstance(entry, Derived) else report


def _add_model(found: Survey, model: str) -> None:
    """Build a model, and show it a few maps of each of its domains."""
    study, own = found.study, own_domain(found.study, model)
    built: ModelReport | None = None
    with found.problems.gathering(f"models.{model}"):
        built = model_report(study, model, found.of_domain(model, own))
        found.rows.append(("model", model, built.words))
        if built.numbers is not None:
            found.networks[model] = built.numbers
    for domain in [domain for name, domain in shown_cases(study) if name == model]:
        _require_alike(found, model, domain)
        _note_scale(found, model, domain)
        _require_labels(found, model, domain)
    if built is not None and built.network is not None:
        _add_cases(found, model, built.network)
        shown = found.of_domain(model, own)
        is_own = study.models[model].network is not None
        if shown.side is not None and not (is_own and shown.contents is None):
            # of empty maps the user's own network may have no gradient
            with found.problems.gathering(f"attribution of {model}"):
                require_attributable(study, model, built.network, maps_for(study, model, shown))
            with found.problems.gathering(f"models.{model}"):
                require_repairable(study, model, built.network, maps_for(study, model, shown))


def _add_cases(found: Survey, model: str, network: nn.Module) -> None:
    """Show a model a few maps of each of its domains; what it says of several alike is one row."""
    study, said = found.study, dict[str, list[str]]()
    tried: dict[object, str] = {}
    for domain in study.cases[model]:
        shown = found.of_domain(model, domain)
        if shown.side is None:
            continue
        key = shown.contents or shown.side  # maps that are not there yet are all alike
        with found.problems.gathering(f"models.{model} on domain '{domain}'"):
            if key not in tried:
                tried[key] = answers_on(study, model, network, shown)
            said.setdefault(tried[key], []).append(domain)
    found.rows += [("cases", model, f"{', '.join(domains)}: {words}") for words, domains in said.items()]


def _require_alike(found: Survey, model: str, domain: str) -> None:
    """Note maps of another size than those of the model's own domain, and a domain with too few simulations."""
    own, shown = found.of_domain(model, own_domain(found.study, model)), found.of_domain(model, domain)
    if own.side is not None and shown.side is not None:
        found.problems.note(
            own.side == shown.side,
            f"Maps of domain '{domain}' have {size_in_words(shown.side)}, but those of "
            f"'{own_domain(found.study, model)}', the first of models.{model}, have {size_in_words(own.side)}. Layers "
            "are compared over maps of one size.",
        )
    if shown.contents is not None and domain in found.study.cases[model]:
        each = shown.maps_per_simulation
        with found.problems.gathering():
            require_enough(found.study, domain, SetSize(shown.contents.n_maps // each, each))


def _note_scale(found: Survey, model: str, domain: str) -> None:
    """Add a row for maps that seem to be in another unit than those of the model's own domain."""
    first = own_domain(found.study, model)
    own, shown = found.of_domain(model, first).contents, found.of_domain(model, domain).contents
    if own is None or shown is None or own is shown or not own.scale > 0 or not shown.scale > 0:
        return
    ratio = shown.scale / own.scale
    if not 1 / _MOST_RATIO < ratio < _MOST_RATIO and found.study.domains[domain].standardisation == "training":
        words = f"pixels are {ratio:.3g} times those of {first}, perhaps another unit: see domains.NAME.standardisation"
        found.rows.append(("note", model, f"{domain}: {words}"))


def _require_labels(found: Survey, model: str, domain: str) -> None:
    """Note outputs of a network of the user's own that are no column of the labels, and classes that are none."""
    shown = found.of_domain(model, domain)
    entry = found.study.models[model]
    if entry.network is None or shown.labels is None or not is_scored(found.study, model, domain):
        return
    if (classes := entry.network.known_classes) is not None:
        split, outside = found.study.domains[domain].split, is_out_of_distribution(found.study, model, domain)
        labels, (label,) = Path(shown.labels_path), infers(found.study, model)
        with found.problems.gathering(f"models.{model} on domain '{domain}'"):
            how: dict[str, Any] = {"classes": classes, "split": split, "in_distribution": not outside}
            held = classes_made(shown, label, **how) if shown.rows else labelled_classes(labels, label, **how)
            numbers = np.bincount(held, minlength=len(classes.names))
            said = [f"{name} {number}" for name, number in zip(classes.names, numbers, strict=True)]
            found.rows.append(("classes", model, f"{domain}: {in_short(said)}"))
        return
    for name in infers(found.study, model):
        known = shown.labels.unusable.get(name) or (
            f"{shown.labels_path} has no column '{name}', which models.{model}.network.outputs names. Its columns of "
            f"numbers are {', '.join(shown.labels.names) or 'none'}."
        )
        found.problems.note(name in shown.labels.names, known)


def _try_axes(found: Survey, model: str, domain: str) -> None:
    """Call each axis of the user's own on a map of a case; on an invented one where none is there yet."""
    shown = found.of_domain(model, domain)
    if shown.side is None or domain != own_domain(found.study, model):
        return
    sample = invented_map(shown.n_channels, shown.side) if shown.contents is None else shown.contents.sample
    for name, axis in axes_of_domain(found.study, domain).items():
        if axis.function is not None:
            with found.problems.gathering(f"stress.axes.{name}"):
                require_own_axis(found.study, model, name, axis, sample)


def _add_cost(found: Survey) -> None:
    """Add what a run from the beginning should cost."""
    constants = shipped("workflow/costs.json")
    requests = Requests(found.study, constants)
    jobs = jobs_of_run(found.study, constants, known=found.numbers)
    total = table_of_costs(jobs, requests.prices, rate=RATE).iloc[-1]
    fetched = total["bytes_fetched"]
    words = f"{in_words(total['cpu_seconds'])} of one core, {bytes_in_words(total['bytes_kept'])} of disk, "
    words += f"{bytes_in_words(fetched)} to fetch" if fetched else "nothing to fetch"
    for rows in (stress_rows, attribution_rows, repair_rows):
        found.rows += rows(found.study, requests.prices, lambda parts: requests.known(parts, found.numbers))
    found.rows.append(("cost", counted(len(jobs), "job"), f"about {words}"))


def _sizes_of(shown: SetReport, split: Split) -> Sizes:
    """Return the maps of a set that was opened, and their side."""
    if shown.contents is None:
        return {}
    n_maps = shown.contents.n_maps
    return {"maps": n_maps, "shown": shown_maps(n_maps, split), "pixels": side_of(shown.contents.shape[1:])}
