"""The inputs of a case, of what names it and its files one by one. No test."""

from dataclasses import is_dataclass
from functools import cache
from typing import get_type_hints

from repshift.case.domain_files import DomainFiles
from repshift.case.inputs import CaseInputs
from repshift.cli.arguments import settings_of
from repshift.storage.simulations import SimulationFiles

FILES = ("maps", "parameters", "measured")


def inputs_of(given):
    """Take the inputs of a case out of `given`, and return them; `reference` is the model's own domain."""
    functions, reference = given.pop("functions", ()), given.pop("reference", None)
    files = SimulationFiles(*(given.pop(name) for name in FILES), functions)
    beside = SimulationFiles(*(given.pop(f"reference_{name}", None) for name in FILES), functions)
    home = None if reference is None else DomainFiles(reference, beside)
    named = [given.pop(name) for name in ("model", "weights", "domain")]
    return CaseInputs(*named, files, given.pop("own", None), home)


@cache
def on_case(run):
    """Return a stage that takes the inputs of its case, and its settings, one by one."""

    def run_on_case(**given):
        case, kinds = inputs_of(given), get_type_hints(run)
        for name in ("settings", "training"):
            if is_dataclass(kinds.get(name)) and name not in given:
                given[name] = settings_of(kinds[name], given)
        run(case, **given)

    return run_on_case
