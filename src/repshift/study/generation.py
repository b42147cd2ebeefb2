"""What follows from a study about suites of a function: sets, files, and the jobs that make and measure them."""

import json
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from repshift.storage.functions import Constructor
from repshift.storage.generators import Generator
from repshift.storage.labels import read_cells
from repshift.study.cases import sources_of
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import simulation_files
from repshift.study.function_suites import Function
from repshift.study.map_sets import shown_sets
from repshift.study.partners import drawn_as
from repshift.study.preparations import preparations, variants
from repshift.study.refusals import require

DEFAULT_SEED = 1
"""Seed of a suite that gives none."""


@dataclass(frozen=True)
class SuiteJob:
    """A job that makes a suite, or measures it.

    Attributes
    ----------
    commands
        Words of each command, the name of its stage first.
    inputs, outputs
        Files that it reads and that it makes.
    """

    commands: list[list[str]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """The commands behind the stage and action of the first, as ``repshift run`` takes them."""
        return [word for command in self.commands for word in ("then", *command)][3:]


def function_suite(study: Study, suite: str) -> Function:
    """Return a suite of a function."""
    entry = study.suites[suite]
    require(isinstance(entry, Function), f"suite '{suite}' is made by no function.")
    return entry  # type: ignore[return-value]


def n_objects(study: Study, suite: str, set_name: str) -> int | None:
    """Return how many objects a set of a suite of a function has; None of a table that an archive does not hold.

    Raises
    ------
    FileNotFoundError
        If its table is missing.
    InputError
        If it is no table.
    """
    held = function_suite(study, suite).sets[set_name]
    if isinstance(held, int):
        return held
    return None if study.archived else len(read_cells(Path(held))[1])


def generator_of(study: Study, suite: str) -> Generator:
    """Return what the objects of a suite are made from."""
    entry, drawing = function_suite(study, suite), drawn_as(study, suite)
    seed = function_suite(study, drawing).seed
    folder = None if entry.path is None else Path(entry.path)
    several = [number for number in (entry.maps_per_simulation,) if number > 1]
    bands = [len(entry.bands)] if entry.bands else []
    return Generator(
        Constructor(entry.generator, folder),
        tuple(parameter.column(name) for name, parameter in entry.parameters.items()),
        (*several, *bands, *entry.sides),
        drawing,
        DEFAULT_SEED if seed is None else seed,
        json.dumps(entry.arguments),
        tuple((name, Path(held)) for name, held in entry.sets.items() if isinstance(held, str)),
        Constructor(entry.labels.function, folder) if entry.labels else None,
        tuple(entry.labels.columns) if entry.labels else (),
    )


def sets_made(study: Study, suite: str) -> list[str]:
    """Return the sets of a suite that the run makes: those that a model is shown, itself or changed."""
    shown = {set_name for _, other, set_name, _ in shown_sets(study) if suite in (other, *sources_of(study, other))}
    return [name for name in function_suite(study, suite).sets if name in shown]


def measured_of(study: Study, suite: str, set_name: str) -> list[tuple[str, str]]:
    """Return what one job measures of a set with all others of a suite: channels, each with how it is prepared.

    What a function of the user's own prepares is measured by jobs of its own: an edit of it measures nothing else.
    """
    found = {
        (channel, one.variant): None
        for model, *of, _ in shown_sets(study)
        if of == [suite, set_name]
        for channel, one in zip(channels_of(study, model), preparations(study, model), strict=True)
        if not one.chosen.function
    }
    return list(found)


def generation_job(study: Study, suite: str) -> SuiteJob:
    """Return the job that makes all sets of a suite that the study shows."""
    entry, sets, job = function_suite(study, suite), sets_made(study, suite), SuiteJob()
    words = ["maps", "generate", *generator_words(study, suite)]
    for name in sets:
        made = [_files(study, suite, name, channel, "") for channel in entry.channels]
        maps, table = [files["maps"] for files in made], made[0]["parameters"]
        held = entry.sets[name]
        words += ["--set", name, str(held), "--output", *maps, "--output-parameters", table]
        job.inputs.extend([held] if isinstance(held, str) else [])
        job.outputs.extend([*maps, table])
    job.inputs[:] = dict.fromkeys([*job.inputs, *(entry.files or ())])
    job.commands.append(words)
    return job


def measurement_job(study: Study, suite: str) -> SuiteJob:
    """Return the job that measures all sets of a suite: not the one that makes them, so that it can run alone.

    Snakemake runs a job as a whole: where one did both, another preprocessing would make the maps again.
    """
    entry, job = function_suite(study, suite), SuiteJob()
    for name in sets_made(study, suite):
        for channel, variant in measured_of(study, suite, name):
            files = _files(study, suite, name, channel, variant)
            job.commands.append(_measure(study, entry, channel, variant, files))
            job.inputs.append(files["maps"])
            job.outputs.append(files["measured"])
    job.inputs[:] = dict.fromkeys(job.inputs)
    return job


def generator_words(study: Study, suite: str) -> list[str]:
    """Return the options that say what the objects of a suite are made from."""
    entry, generator = function_suite(study, suite), generator_of(study, suite)
    columns = {
        column.name: list(column.values) or [column.low, column.high, column.distribution]
        for column in generator.columns
    }
    kinds = {column.name: "values" if column.values else "range" for column in generator.columns}
    described = [{"name": name, kinds[name]: value} for name, value in columns.items()]
    return [
        *("--generator", entry.generator),
        *(["--source", entry.path] if entry.path else []),
        *("--arguments", generator.arguments),
        *("--parameters", json.dumps(described)),
        *(["--label-function", entry.labels.function] if entry.labels else []),
        *(["--labels", *entry.labels.columns] if entry.labels else []),
        *("--shape", *map(str, generator.shape)),
        *("--suite", generator.suite),
        *("--seed", str(generator.seed)),
    ]


def numbers_made(study: Study, suite: str) -> tuple[int, int]:
    """Return how many objects the job of a suite makes, and the pixels of each."""
    n_made = sum(n_objects(study, suite, name) or 0 for name in sets_made(study, suite))
    return n_made, prod(generator_of(study, suite).shape)


def _files(study: Study, suite: str, set_name: str, channel: str, variant: str) -> dict[str, str]:
    """Return the files of a channel of a set."""
    return simulation_files(study, suite, set_name, field=channel, split="all", variant=variant)


def _measure(study: Study, entry: Function, channel: str, variant: str, files: dict[str, str]) -> list[str]:
    """Return the command that measures a file of maps."""
    quantity = study.fields.get(entry.field)
    named = ["--quantity", quantity.long_name, quantity.units] if quantity else []
    form = [*named, "--maps-per-simulation", str(entry.maps_per_simulation)]
    how = variants(study)[variant].flags
    return ["maps", "measure", "--maps", files["maps"], "--field", channel, *form, *how, "--output", files["measured"]]
