"""What figures are drawn from: files of cases, the cases drawn, the maps that they show."""

import argparse
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from repshift.storage.datasets import open_dataset
from repshift.storage.figures import write_figure
from repshift.vocabulary import FIELDS, Field

logger = logging.getLogger(__name__)


def read_summary(path: Path) -> xr.Dataset:
    """Read the file of all cases that the stage summary wrote, whole."""
    with open_dataset(path) as opened:
        return opened.load()


def read_drawn(path: Path) -> xr.Dataset:
    """Read a file of a case, or of two cases compared, whole."""
    with open_dataset(path, attributes=("model", "domain")) as opened:
        return opened.load()


def by_model(paths: Sequence[Path]) -> dict[str, dict[str, xr.Dataset]]:
    """Return what files hold, by model and domain."""
    found: dict[str, dict[str, xr.Dataset]] = {}
    for store in map(read_drawn, paths):
        found.setdefault(store.attrs["model"], {})[store.attrs["domain"]] = store
    return found


def only_cases(summary: xr.Dataset, cases: Collection[tuple[str, str]]) -> xr.Dataset:
    """Return the cases, model and domain, that are drawn, in the order of the summary."""
    named = zip(summary["model"].to_numpy(), summary["domain"].to_numpy(), strict=True)
    return summary.isel(case=[index for index, case in enumerate(named) if case in cases])


def case_of(store: xr.Dataset) -> tuple[str, str]:
    """Return model and domain of a file of a case."""
    return store.attrs["model"], store.attrs["domain"]


def own_field(store: xr.Dataset, maps: str) -> Field | None:
    """Return what the field of the variable `maps` of a case is; None where CMD has it."""
    about = store[maps].attrs
    return None if store.attrs["field"] in FIELDS else Field(about["long_name"], about["units"])


def is_logarithmic(store: xr.Dataset) -> bool:
    """Return whether the maps of a case are drawn on a logarithmic scale: where the network takes their logarithm."""
    return bool(store.attrs["logarithm"] == "taken")


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add the files that a figure is written to."""
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help=".pdf and .png to write")


def write(figure: Figure, outputs: list[Path]) -> None:
    """Write a figure to each of its files."""
    for output in outputs:
        write_figure(figure, output)
    logger.info("%s", ", ".join(map(str, outputs)))
