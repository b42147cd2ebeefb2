"""A small world of two suites and an untrained model, and the stages run in it. No test."""

import os
from pathlib import Path

import repshift
from case_inputs import on_case
from repshift.networks.channels import Preprocessing
from repshift.stages import activations, cka, predictions, scores
from repshift.stages import example_maps as examples
from repshift.stages.grams import multiply as grams
from repshift.stages.maps import measure as measure_action
from repshift.stages.models import initialise as initialise_action
from repshift.stages.summary import stack, tables
from repshift.storage.files import sha256
from repshift.storage.measurement import read_measured
from repshift.vocabulary import Domain

HOME = Domain("home", "MockTNG", "LHT", "all")
AWAY = Domain("away", "MockSIMBA", "LHT", "all")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(repshift.__file__).parents[1])}
ROLES = {"n_maps": 8, "seed": 1, "batch_size": 3, "device": "cpu", "threads": 1}


def initialise(files, path, *, field="T", dropout=0.0, seed=1, **changes):
    once(initialise_action.run)(
        maps=files.maps,
        parameters=files.parameters,
        measured=files.measured,
        suite="MockTNG",
        field=field,
        hidden=1,
        dropout=dropout,
        seed=seed,
        split="all",
        batch_size=32,
        threads=1,
        output=path,
        **changes,
    )
    return path


def paths_of(files):
    return {"maps": files.maps, "parameters": files.parameters, "measured": files.measured}


def once(run):
    """Return a stage that runs once for what it is given, whatever the files are called, and writes that again."""

    def run_once(*, output, **given):
        key = (run, repr({name: content(value) for name, value in given.items()}))
        if key not in WRITTEN:
            run(output=output, **given)
            WRITTEN[key] = {path.suffix: path.read_bytes() for path in beside(output)}
        for suffix, held in WRITTEN[key].items():
            output.with_suffix(suffix).write_bytes(held)

    return run_once


WRITTEN = {}
"""What stages wrote, by what they were given."""


def content(value):
    """Return what stands for an argument: of a file the checksums of it, and of the description beside it."""
    if isinstance(value, list):
        return [content(one) for one in value]
    return [sha256(path) for path in beside(value)] if isinstance(value, Path) else value


def beside(path):
    """Return a file, and the description beside it of one that holds weights."""
    return [path, path.with_suffix(".json")] if path.suffix == ".pt" else [path]


def activate(world, domain=HOME, *, name=None, run=None, **changes):
    """Run the stage activations, once for all tests that ask for the same unless `run` is given."""
    output = world["folder"] / f"activations_{name or domain.name}.nc"
    how = {"passes": 1, "dropout": "off", "precision": "float32"}
    arguments = {**ROLES, **how, "model": "T-MockTNG", "weights": world["weights"]} | changes
    stage = on_case(run) if run else once(on_case(activations.run))
    stage(domain=domain, output=output, **paths_of(world[domain.name]), **arguments)
    return output


def multiply(world, domain=HOME, **changes):
    """Make the Gram file of a case, with the home domain beside it where it is another."""
    reference = None if domain.suite == "MockTNG" else activate(world, HOME, **changes)
    output = world["folder"] / f"grams_{domain.name}.nc"
    once(grams.run)(
        activations=activate(world, domain, **changes), reference=reference, device="cpu", threads=1, output=output
    )
    return output


def compare(path, **changes):
    output = path.with_name(f"cka_{path.name}")
    once(cka.run)(grams=path, output=output, **{"batch_size": 4, "seed": 1} | changes)
    return output


def predict(world, domain=HOME, **changes):
    output = world["folder"] / f"predictions_{domain.name}.nc"
    arguments = {
        "model": "T-MockTNG",
        "weights": world["weights"],
        "batch_size": 50,
        "device": "cpu",
        "threads": 1,
    } | changes
    once(on_case(predictions.run))(domain=domain, output=output, **paths_of(world[domain.name]), **arguments)
    return output


def score(world, domain=HOME, **changes):
    output = world["folder"] / f"scores_{domain.name}.nc"
    once(scores.run)(predictions=predict(world, domain), grams=multiply(world, domain), output=output, **changes)
    return output


def write_tables(world, names, **files):
    """Stack files and write tables of the stack; return the paths of both."""
    summary, outputs = world["folder"] / "summary.nc", [world["folder"] / f"{name}.csv" for name in names]
    once(stack.run)(output=summary, **files)
    tables.run(summary=summary, tables=names, outputs=outputs)
    return [*outputs, summary]


def sum_up(world, **changes):
    """Score and compare both cases; return their tables and the summary."""
    compared = [compare(multiply(world, domain), **changes) for domain in (HOME, AWAY)]
    scored = [score(world, domain) for domain in (HOME, AWAY)]
    return write_tables(world, ["scores", "similarity"], cka=compared, scores=scored)


def measure(files, output, **changes):
    how = Preprocessing(**{name: changes.pop(name) for name in ("smoothing", "monopole") if name in changes})
    measure_action.run(maps=files.maps, output=output, preprocessing=how, **{"field": "T"} | changes)
    return read_measured(output)


def second_model(world, **changes):
    """Make the Gram file of another model on the same maps."""
    other = {**world, "weights": initialise(world["home"], world["folder"] / "second.pt", seed=2)}
    output = world["folder"] / "grams_second.nc"
    path = activate(other, name="second", model="second", **changes)
    once(grams.run)(activations=path, reference=None, device="cpu", threads=1, output=output)
    return output


def choose(world, domain=HOME, *, maps=None, case=None):
    output, files = world["folder"] / f"example_{domain.name}.nc", world[domain.name]
    case = predict(world, domain) if case is None else case
    once(examples.run)(case=case, maps=maps or files.maps, measured=files.measured, output=output)
    return output


def table_of_comparisons(world):
    """Compare another model on the same maps, and the same one on paired maps, and sum that up."""
    home = multiply(world)
    paths = [world["folder"] / name for name in ("others.nc", "paired.nc")]
    how = {"batch_size": 4, "seed": 1, "measures": ["procrustes_angle"]}
    once(cka.run)(grams=home, others=second_model(world), output=paths[0], **how)
    once(cka.run)(grams=home, others=multiply(world, AWAY), pairing="simulation", output=paths[1], **how)
    return paths, write_tables(world, ["comparisons"], cka=[compare(home)], comparisons=paths)[0]
