"""The inputs of a case, of what names it and its files one by one. No test."""

from functools import cache

from repshift.case.domain_files import DomainFiles
from repshift.case.inputs import CaseInputs
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
    """Return a stage that takes the inputs of its case one by one."""
    return lambda **given: run(inputs_of(given), **given)
