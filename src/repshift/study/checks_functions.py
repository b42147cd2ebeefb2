"""Checks of suites of a function: their code and tables, their twins, and the labels that models infer of them."""

from pathlib import Path

from repshift.storage.generators import read_objects
from repshift.study.cases import parent_of
from repshift.study.configuration import Study
from repshift.study.function_suites import Function
from repshift.study.refusals import refusal, require, require_name
from repshift.vocabulary import InputError


def check_functions(study: Study) -> None:
    """Check that suites of a function have their code, tables and files, and that twins draw the same objects."""
    for name, suite in study.suites.items():
        if not isinstance(suite, Function):
            continue
        for set_name, held in suite.sets.items():
            if isinstance(held, str) and not study.archived:
                place = f"suites.{name}.sets.{set_name}"
                require(Path(held).is_file(), f"{place} is '{held}', which is no file.")
                _require_objects(place, held, suite)
        missing = [path for path in suite.files or () if not study.archived and not Path(path).is_file()]
        require(not missing, f"suites.{name}.files names {', '.join(missing)}, which is no file.")
        for key, function in (
            ("generator", suite.generator),
            ("labels.function", suite.labels and suite.labels.function),
        ):
            if function and not study.archived:
                require_module(f"suites.{name}.{key}", function, suite.path)
        if suite.twin_of is not None:
            _check_twin(study, name, suite, suite.twin_of)


def _check_twin(study: Study, name: str, suite: Function, other: str) -> None:
    """Check that the suite of which another is the twin draws the same objects."""
    require_name(other, study.suites, f"suites.{name}.twin_of", "suites")
    origin = study.suites[other]
    require(
        isinstance(origin, Function) and origin.twin_of is None,
        f"suites.{name}.twin_of is '{other}', {'a twin itself' if isinstance(origin, Function) else 'of no function'}. "
        "Name the suite of a function that draws the objects.",
    )
    for key in ("sets", "maps_per_simulation"):
        own, drawn = getattr(suite, key), getattr(origin, key)
        alike = own == drawn if key != "sets" else own.items() <= drawn.items()
        require(
            alike, f"suites.{name}.{key} is {own}, but its twin '{other}' has {drawn}. Twins have the same objects."
        )


def require_module(place: str, function: str, folder: str | None) -> None:
    """Stop where a folder does not hold the module of a function of the user's own."""
    if folder is None:
        return
    words = function.partition(":")[0].split(".")
    source = Path(folder, *words)
    require(
        source.with_suffix(".py").is_file() or (source / "__init__.py").is_file(),
        f"{place} is '{function}', but its path '{folder}' holds no module '{'.'.join(words)}'.",
    )


def _require_objects(place: str, table: str, suite: Function) -> None:
    """Stop where a table does not hold the parameters of objects."""
    try:
        read_objects(Path(table), tuple(one.column(name) for name, one in suite.parameters.items()))
    except InputError as error:
        raise refusal(f"{place}: {error}") from error


def check_columns(study: Study, name: str, domain: str, *, place: str) -> None:
    """Check that the objects of a domain have all labels that your own network infers, or none."""
    model, parent = study.models[name], parent_of(study, study.domains[domain].suite)
    suite = study.suites[parent]
    if model.network is None or not isinstance(suite, Function):
        return
    missing = [one for one in model.network.outputs or () if one not in suite.columns]
    require(
        len(missing) in (0, len(model.network.outputs or ())),
        f"{place} shows '{domain}', whose suite '{parent}' has no column '{', '.join(missing)}', one of the "
        f"model's outputs. It has {', '.join(suite.columns)}: expected all outputs, or none.",
    )
