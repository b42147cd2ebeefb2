"""What the jobs of figures.smk look up: their files, flags and numbers."""

from repshift.study.figure_cases import (
    cases_in_order,
    drawn_cases,
    drawn_models,
    drawn_outputs,
    drawn_parameters,
    drawn_shifts,
    estimator_of_sheets,
    figure2_cases,
    figure2_models,
    units_of_outputs,
)
from repshift.study.groups import sheet_groups
from repshift.study.shifts import box_of


def field_flags():
    """Return the flags that say in words what the fields are that CMD has not."""
    fields = config["fields"]
    return [word for name in fields for word in ("--field", name, fields[name]["long_name"])]


def unit_flags():
    """Return the flags that say the unit of each parameter that is drawn, where it has one."""
    units = units_of_outputs(STUDY, "predictions")
    named = [name for name in config["figures"]["parameters"] if name in units]
    return [word for name in named for word in ("--unit", name, units[name])]


def boxes(drawn):
    """Return the side of the maps of each case, in Mpc/h; 0 where it is not known."""
    return [box_of(STUDY, STUDY.domains[domain].suite) for _, domain in drawn]


def matrices_of(figure):
    """Return the files of the cases of a figure of matrices."""
    drawn = cases_in_order(STUDY, figure)
    return {
        "cka": case_files("cka", of=drawn),
        "intervals": requested_files("intervals", of=drawn),
        "permutation_tests": requested_files("permutation_tests", of=drawn),
        "scores": case_files("scores", of=scored(of=drawn)),
        "example_maps": case_files("example_maps", of=drawn),
    }


# Colours and labels that the configuration gives; all suites in their order, so that each has one colour everywhere.
PLOTTING = json.dumps(
    {
        **config["plotting"],
        "suites": {name: config["plotting"]["suites"].get(name, {}) for name in STUDY.suites},
    }
)


def figure2_flags():
    """Return the flags that name the models of figure 2, and what parameters are drawn."""
    entries = config["figures"]["figure2"]
    flags = ["--models", *(entry["model"] for entry in entries)]
    flags += ["--parameters", *config["figures"].get("parameters", [])]
    for key in ("untrained", "layers"):
        for entry in entries:
            flags += [f"--{key}", entry["model"], entry[key]] if key in entry else []
    return flags
