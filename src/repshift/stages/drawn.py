"""What figures are drawn from: files of cases, the cases drawn, an example map of each. No stage."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.networks.preprocessing import scale_parameters
from repshift.storage.datasets import open_dataset
from repshift.storage.maps import read_map
from repshift.vocabulary import PARAMETERS


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


def example_of(case: Path, maps: Path, measured: Path) -> tuple[tuple[str, str], npt.NDArray[np.float32]]:
    """Return (model, domain) and a map: nearest the middle of the parameter ranges, or the first without any."""
    dataset = read_drawn(case)
    chosen = int(np.argmin(_distance(dataset))) if "truth" in dataset else 0
    position = int(dataset["position"][chosen])
    return (dataset.attrs["model"], dataset.attrs["domain"]), read_map(maps, measured, position)


def _distance(predictions: xr.Dataset) -> npt.NDArray[np.float64]:
    """Return how far the true values (n_maps,) are from the middle of their ranges, those of the maps but for CMD's."""
    truth = predictions["truth"].to_numpy()
    if predictions["parameter"].to_numpy().tolist() == list(PARAMETERS):
        scaled = scale_parameters(truth)
    else:
        span = np.ptp(truth, axis=0)
        scaled = (truth - truth.min(axis=0)) / np.where(span > 0, span, 1.0)
    return np.asarray(np.square(scaled - 0.5).sum(axis=1))
