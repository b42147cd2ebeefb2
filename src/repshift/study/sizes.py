"""How many simulations and maps a set has, where that is known before the run; and checks that they are enough."""

import math
from dataclasses import dataclass

from repshift.simulation.one_at_a_time import ROWS_OF_REALISATION
from repshift.study.case_lists import shown_cases
from repshift.study.cases import cases, parent_of, trained_in_the_run
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import place_of_maps, shape_of_maps
from repshift.study.generation import n_objects
from repshift.study.refusals import require
from repshift.study.stress import MAPS_EACH
from repshift.study.stress_axes import is_one_at_a_time, section_of
from repshift.vocabulary import MAPS_PER_SIMULATION, SHARES, InputError, Split

JUDGED_EACH = 5
"""Maps of each simulation that repairs, replacements and trust are judged by, where none are said."""

FEWEST_TRAINED = 20
"""Simulations of the smallest set that gives training one for its validation."""


@dataclass(frozen=True)
class SetSize:
    """Simulations of a set, and maps of each."""

    n_simulations: int
    maps_per_simulation: int


def size_of(study: Study, suite: str, set_name: str, *, field: str) -> SetSize | None:
    """Return the size of a set by the configuration, the catalogue or the header of a file; None where none says it."""
    parent = parent_of(study, suite)
    entry, catalogue = study.suites[parent], study.catalogue
    if entry.provider == "mock":
        known = study.maps.mock.simulations.get(set_name) if study.maps.mock else None
        return SetSize(known, MAPS_PER_SIMULATION) if known else None
    if entry.provider == "cmd":
        known = catalogue.simulations_of(parent, set_name)
        return SetSize(known, catalogue.maps_per_simulation) if known else None
    if entry.provider == "function":
        known = n_objects(study, parent, set_name)
        return SetSize(known, entry.maps_per_simulation) if known else None
    each = entry.maps_per_simulation if entry.provider == "files" else MAPS_PER_SIMULATION
    n_maps = _maps_on_disk(study, parent, set_name, field=field)
    return SetSize(n_maps // each, each) if n_maps is not None else None


def _maps_on_disk(study: Study, suite: str, set_name: str, *, field: str) -> int | None:
    """Return how many maps a file has; None where its header is not to be read."""
    place_of_maps(study, suite, set_name, channel=field)  # refuses a file that is missing
    try:
        shape = shape_of_maps(study, suite, set_name, channel=field)
    except InputError:  # A damaged file is refused with its name by what reads it.
        return None
    return shape[0] if shape else None


def simulations_of_split(n_simulations: int, split: Split) -> int:
    """Return how many simulations of a set a split holds.

    Examples
    --------
    >>> [simulations_of_split(50, split) for split in ("train", "validation", "test", "all")]
    [45, 2, 3, 50]
    """
    train, validation = int(n_simulations * SHARES["train"]), int(n_simulations * SHARES["validation"])
    sizes = {"train": train, "validation": validation, "test": n_simulations - train - validation, "all": n_simulations}
    return sizes[split]


def simulations_shown(study: Study, model: str, domain: str) -> int | None:
    """Return how many simulations of a domain a model is shown; None where that is not known before the run."""
    entry = study.domains[domain]
    size = size_of(study, entry.suite, entry.set, field=channels_of(study, model)[0])
    return None if size is None else simulations_of_split(size.n_simulations, entry.split)


def simulations_assumed(study: Study, model: str, domain: str) -> int:
    """Return how many simulations of a domain a model is shown; as many as CMD's LH has where nothing says it."""
    return simulations_shown(study, model, domain) or study.catalogue.simulations["LH"]


def side_of(size: tuple[int, int]) -> float:
    """Return the side of the square of as many pixels as a map of a size (y, x) has, which its costs go by.

    Examples
    --------
    >>> side_of((64, 64)), side_of((16, 64))
    (64.0, 32.0)
    """
    return math.sqrt(size[0] * size[1])


def perturbed_maps_each(study: Study, domain: str) -> int:
    """Return how many maps of each simulation of a domain stress perturbs."""
    return section_of(study).maps_each or min(MAPS_EACH, maps_of_simulation(study, domain))


def maps_of_simulation(study: Study, domain: str) -> int:
    """Return how many maps a simulation of a domain has."""
    entry = study.suites[parent_of(study, study.domains[domain].suite)]
    return entry.maps_per_simulation if entry.provider in ("files", "function") else MAPS_PER_SIMULATION


def judged_maps_each(study: Study, domain: str, asked: int | None) -> int:
    """Return how many maps of each simulation of a domain are judged: as many as asked, else five or all."""
    return asked or min(JUDGED_EACH, maps_of_simulation(study, domain))


def perturbed_maps(study: Study, model: str, domain: str) -> int:
    """Return how many maps of a domain stress perturbs, as of CMD's LH where nothing says it before the run.

    Of a set 1P it is the maps of the fiducial simulations, one a realisation of the initial conditions.
    """
    section, entry = section_of(study), study.domains[domain]
    size = size_of(study, entry.suite, entry.set, field=channels_of(study, model)[0])
    n_simulations = size.n_simulations if size else study.catalogue.simulations["LH"]
    each = perturbed_maps_each(study, domain)
    if is_one_at_a_time(study, domain):
        return max(n_simulations // ROWS_OF_REALISATION, 1) * each
    there = simulations_of_split(n_simulations, entry.split)
    return min(there, section.simulations or there) * each


def check_sizes(study: Study) -> None:
    """Check that every domain has as many simulations, and maps of each, as are compared."""
    for model, name in cases(study):
        domain = study.domains[name]
        size = size_of(study, domain.suite, domain.set, field=channels_of(study, model)[0])
        if size is not None:
            require_enough(study, name, size)


def require_enough(study: Study, name: str, size: SetSize) -> None:
    """Check that a domain of a set of a size has as many simulations, and maps of each, as are compared.

    Raises
    ------
    InputError
        If it has fewer.
    """
    recorded, domain = study.activations, study.domains[name]
    there = simulations_of_split(size.n_simulations, domain.split)
    require(
        recorded.n_simulations <= there,
        f"activations.n_maps is {recorded.n_maps}, {recorded.maps_each} of each simulation, but domain '{name}' "
        f"(set '{domain.set}', split '{domain.split}') has {there} simulations. Compare fewer maps.",
    )
    require(
        recorded.maps_each <= size.maps_per_simulation,
        f"activations.maps_each is {recorded.maps_each}, but a simulation of domain '{name}' has "
        f"{size.maps_per_simulation} maps.",
    )


def check_channels(study: Study) -> None:
    """Check that all channels of a domain hold the same simulations, as far as their numbers tell."""
    for model, name in shown_cases(study):
        domain = study.domains[name]
        held = {
            channel: size.n_simulations
            for channel in channels_of(study, model)
            if (size := size_of(study, domain.suite, domain.set, field=channel)) is not None
        }
        numbers = ", ".join(f"{number} of {channel}" for channel, number in held.items())
        require(
            len(set(held.values())) < 2,
            f"cases.{model} shows '{name}', whose files hold {numbers} simulations. The channels of a network are of "
            "the same ones.",
        )


def check_training_size(study: Study) -> None:
    """Check that the set that networks are trained on has simulations for training and for validation."""
    training = study.training
    for model in trained_in_the_run(study) if training else ():
        entry = study.models[model]
        size = size_of(study, entry.suite, training.set, field=channels_of(study, model)[0]) if training else None
        require(
            size is None or size.n_simulations >= FEWEST_TRAINED,
            f"training.set is '{training and training.set}', which has {size and size.n_simulations} simulations of "
            f"suite '{entry.suite}'. Training needs {FEWEST_TRAINED} or more: a twentieth of them is its validation.",
        )
