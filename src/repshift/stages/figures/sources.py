"""What figures are drawn from: files of cases, the maps that they show; and what figures are written to."""

import argparse
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import HOUSE, Plotting, make_plotting
from repshift.storage.datasets import open_dataset
from repshift.storage.figures import write_figure, write_pages
from repshift.vocabulary import FIELDS, Field, InputError

logger = logging.getLogger(__name__)

ESTIMATORS: Final = ("biased", "debiased", "minibatch")
"""Of CKA, each a measure that a file of the stage cka holds."""


def read_whole(path: Path, *, attributes: tuple[str, ...] = ("model", "domain")) -> xr.Dataset:
    """Read a file of a case, of two cases compared, or of a network, whole."""
    with open_dataset(path, attributes=attributes) as opened:
        return opened.load()


def by_model(paths: Sequence[Path]) -> dict[str, dict[str, xr.Dataset]]:
    """Return what files hold, by model and domain."""
    found: dict[str, dict[str, xr.Dataset]] = {}
    for store in map(read_whole, paths):
        found.setdefault(store.attrs["model"], {})[store.attrs["domain"]] = store
    return found


def case_of(store: xr.Dataset) -> tuple[str, str]:
    """Return model and domain of a file of a case."""
    return store.attrs["model"], store.attrs["domain"]


def own_field(store: xr.Dataset, maps: str) -> Field | None:
    """Return what the field of the variable `maps` of a case is; None where CMD has it."""
    about = store[maps].attrs
    return None if store.attrs["field"] in FIELDS else Field(about["long_name"], about["units"])


def channels_of(store: xr.Dataset) -> tuple[str, ...]:
    """Return the channels of the maps of a case; none where there is one."""
    return tuple(str(name) for name in store["channel"].to_numpy()) if "channel" in store else ()


def is_logarithmic(store: xr.Dataset) -> bool:
    """Return whether the maps of a case are drawn on a logarithmic scale: where the network takes their logarithm."""
    return bool(store.attrs["logarithm"] == "taken")


def add_cases(parser: argparse.ArgumentParser, *kinds: str) -> None:
    """Add the files of the cases that a figure draws: CKA of each, and `kinds` where there are any."""
    parser.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case, in the order of drawing")
    for kind in kinds:
        parser.add_argument(
            f"--{kind}", type=Path, nargs="*", default=[], help=".nc of these cases, where there is one"
        )


def add_fields(parser: argparse.ArgumentParser) -> None:
    """Add what fields are that CMD has not; `words_of` collects them."""
    about: dict[str, Any] = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "WORDS")}
    parser.add_argument("--field", dest="fields", **about, help="what a field is that CMD has not")


def add_plotting(parser: argparse.ArgumentParser) -> None:
    """Add colours and labels of suites, domains and models."""
    parser.add_argument("--plotting", type=_plotting, default=HOUSE, help="colours and labels, as JSON")


def _plotting(text: str) -> Plotting:
    """Read colours and labels, and say what is wrong with them as argparse does."""
    try:
        return read_plotting(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def read_plotting(text: str) -> Plotting:
    """Return colours and labels from JSON, as the option ``--plotting`` has them.

    Raises
    ------
    InputError
        If it is no JSON, or not of the form that `make_plotting` takes.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"--plotting is '{text}', which is no JSON: {error}.") from error
    return make_plotting(content)


def words_of(fields: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return what fields are in words, by name."""
    return {pair[0]: pair[1] for pair in fields}


def add_models(parser: argparse.ArgumentParser, *, files: str, made_by: str, left_out: str = "the first two") -> None:
    """Add what a figure a model is drawn from, one option of `files`, and how; `files_of_models` reads them."""
    add_plotting(parser)
    parser.add_argument(f"--{files}", type=Path, nargs="+", required=True, help=f".nc of {made_by}, model by model")
    parser.add_argument("--parameters", nargs="*", default=[], help=f"outputs drawn; without any, {left_out}")
    add_fields(parser)
    add_outputs(parser)


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add the files that a figure is written to."""
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help=".pdf and .png to write")


def write(figure: Figure, outputs: Sequence[Path]) -> None:
    """Write a figure to each of its files."""
    for output in outputs:
        write_figure(figure, output)
    logger.info("%s", ", ".join(map(str, outputs)))


def add_stress(parser: argparse.ArgumentParser) -> None:
    """Add the files of the stage stress; `stress_of` reads them."""
    parser.add_argument("--stress", type=Path, nargs="+", required=True, help=".nc of each case, model by model")


def stress_of(stress: Sequence[Path], outputs: Sequence[Path]) -> Iterator[tuple[list[xr.Dataset], Sequence[Path]]]:
    """Yield the cases of each model, and the two files that its figure is written to.

    Raises
    ------
    InputError
        If there are not two files for each model.
    """
    for cases, pair in files_of_models(stress, outputs):
        yield [_with_axes(case) for case in cases], pair


def files_of_models(
    paths: Sequence[Path], outputs: Sequence[Path]
) -> Iterator[tuple[list[xr.Dataset], Sequence[Path]]]:
    """Yield what the files of each model hold, in their order, and the two files that its figure is written to.

    Raises
    ------
    InputError
        If there are not two files for each model.
    """
    models: dict[str, list[xr.Dataset]] = {}
    for store in map(read_whole, paths):
        models.setdefault(store.attrs["model"], []).append(store)
    if len(outputs) != 2 * len(models):
        raise InputError(f"{len(models)} models and {len(outputs)} outputs: each model needs a .pdf and a .png.")
    for place, cases in enumerate(models.values()):
        yield cases, outputs[2 * place : 2 * place + 2]


def _with_axes(case: xr.Dataset) -> xr.Dataset:
    """Return a case whose attribute says what its axes are."""
    return case.assign_attrs(axes=json.loads(case.attrs["axes"]))


def write_whole(figure: Figure, pages: Sequence[Figure], outputs: Sequence[Path]) -> None:
    """Write a figure: as its pages where a file has pages, else whole."""
    for output in outputs:
        if output.suffix == ".pdf":
            write_pages(pages, output)
        else:
            write_figure(figure, output)
    logger.info("%s", ", ".join(map(str, outputs)))
