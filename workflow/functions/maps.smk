"""What the jobs of maps.smk look up: their files, flags and numbers."""

from repshift.costs.requests import parts_of_generation, parts_of_measurement
from repshift.storage.names import split_name
from repshift.study.cases import parent_of
from repshift.study.channels import bands_of, has_bands_inside
from repshift.study.generation import (
    function_suite,
    generation_job,
    measurement_job,
    numbers_made,
    sets_made,
)
from repshift.vocabulary import split_channel
from repshift.study.preparations import variants
from repshift.study.files import (
    addresses,
    by_provider,
    files_of,
    is_converted,
    own_file,
    simulation_files,
)


def measured_maps(wildcards):
    """Return the file of maps to measure, computed or fetched here, or where it lies."""
    files = simulation_files(
        STUDY,
        wildcards.suite,
        wildcards.set,
        field=wildcards.field,
        split="all",
        variant=wildcards.variant,
    )
    return files["maps"]


def source_name(wildcards):
    """Return the file or folder that maps are converted from, the name of an array in it after a colon."""
    return own_file(STUDY, "maps", wildcards.suite, set_name=wildcards.set, field=wildcards.field)


def source_of_maps(wildcards):
    """Return that file, or all files of that folder."""
    source = Path(split_name(source_name(wildcards))[0])
    return sorted(map(str, source.iterdir())) if source.is_dir() else str(source)


def labels_of_maps(wildcards):
    """Return the labels by which the files of a folder are ordered; none of a single file."""
    labels = own_file(STUDY, "labels", wildcards.suite, set_name=wildcards.set)
    return [labels] if labels and Path(split_name(source_name(wildcards))[0]).is_dir() else []


def band_flags(wildcards):
    """Return the flags that say which of the bands of each image to take, where images hold them."""
    if not has_bands_inside(STUDY, wildcards.suite, wildcards.field):
        return []
    return [
        "--bands",
        *bands_of(STUDY, wildcards.suite),
        "--band",
        split_channel(wildcards.field)[1],
    ]


def label_flags(wildcards):
    """Return the flag that names them."""
    return [word for labels in labels_of_maps(wildcards) for word in ("--labels", labels)]


def parent_files(wildcards):
    """Return the files of maps that a derived suite is made from: its parent's, and those that it is to be like."""
    suite = config["suites"][wildcards.suite]
    return {
        name: simulation_files(
            STUDY, suite[key], wildcards.set, field=wildcards.field, split="all", variant=""
        )["maps"]
        for name, key in (("maps", "of"), ("like", "like"))
        if key in suite
    }


def change_flags(wildcards):
    """Return the flags that say how the maps of a derived suite are made."""
    suite = STUDY.suites[wildcards.suite]
    change = suite.change
    drawn_by = ["--seed", suite.seed, "--names", *wildcards] if "rng" in change.needs else []
    like = ["--like", parent_files(wildcards)["like"]] if "like" in change.needs else []
    logarithm = [] if suite.logarithm else ["--no-logarithm"]
    return [f"--{change.name}", getattr(suite, change.name), *like, *drawn_by, *logarithm]


def form_flags(wildcards):
    """Return the flags that say what CMD would say of a file of maps: the field, and how many make a simulation."""
    suite = config["suites"][parent_of(STUDY, wildcards.suite)]
    field = config["fields"].get(split_channel(wildcards.field)[0])
    quantity = ["--quantity", field["long_name"], field["units"]] if field else []
    each = suite.get("maps_per_simulation")
    return [*quantity, "--maps-per-simulation", each] if each else quantity


def directory_flag(wildcards):
    """Return the flag that says where files of a suite are kept once they are fetched; none of other suites."""
    return ["--directory", CMD["directory"]] if wildcards.suite in REMOTE else []


def variant_flags(wildcards):
    """Return the flags that say how maps are prepared before they are measured."""
    return VARIANTS[wildcards.variant].flags


def function_code(wildcards):
    """Return the flag that names the code of a function of your own that maps are prepared by; none without one."""
    prepared = VARIANTS[wildcards.variant]
    return (
        own_code_flags([prepared.chosen.function], prepared.path)
        if prepared.chosen.function and prepared.path
        else []
    )


def objects_at_once(suite):
    """Return how many objects of a suite are made at a time where there are cores."""
    return OBJECTS_AT_ONCE if numbers_made(STUDY, suite)[0] >= FEWEST_AT_ONCE else 1


def generator_code(suite):
    """Return the flag that names the code of a suite's function, and of what it imports beside it; none if installed."""
    entry = function_suite(STUDY, suite)
    return own_code_flags(entry.functions, entry.path) if entry.path else []


def catalogue_files(kind):
    """Return the function of wildcards that gives the paths of a file in a copy of CMD."""

    def paths(wildcards):
        names = {"set_name": wildcards.set}
        names |= {"field": wildcards.field} if kind == "maps" else {}
        return files_of(STUDY, kind, wildcards.suite, **names)

    return paths


# Suites by their provider, and those of CMD by how much of a file is fetched.
MOCK, LOCAL, REMOTE, FILES, DERIVED = (
    by_provider(STUDY, name) for name in ("mock", "local", "cmd", "files", "derived")
)
CMD = config["maps"].get("cmd", {})
SLICES = CMD.get("slices")
SLICED, FETCHED = (REMOTE, []) if SLICES else ([], REMOTE)

# Suites of a function that are shown; objects of one that are made at a time where there are cores, and the fewest that
# are: small suites are made beside each other instead.
FUNCTION = [name for name in by_provider(STUDY, "function") if sets_made(STUDY, name)]
OBJECTS_AT_ONCE, FEWEST_AT_ONCE = 16, 400

# How maps are prepared, by what the names of the files say of it.
VARIANTS = variants(STUDY)

# Where from and how files are fetched. Rules take these as resources: another mirror or more patience is no reason to
# fetch again, and a change of params would be one; so is the code that fetches, which a job refuses nonetheless to change.
ROOTS = " ".join(addresses(STUDY)) if CMD else ""
ATTEMPTS, TIMEOUT = CMD.get("attempts", 1), CMD.get("timeout", 1)


def channel(kind):
    """Return the function of wildcards that lists the four numbers of one kind of a mock suite's feedback."""

    def numbers(wildcards):
        return list(config["suites"][wildcards.suite][kind].values())

    return numbers


def seeds_flag(wildcards):
    """Return the flag that says whose seeds the simulations of a twin have; none of another mock suite."""
    seeds = STUDY.suites[wildcards.suite].seeds
    return ["--seeds", seeds] if seeds else []
