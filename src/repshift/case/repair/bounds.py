"""Other models that bound what repairs may reach: their predictions of the maps that judge."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.case.grams import read_case
from repshift.case.repair.open_ladder import OpenLadder
from repshift.case.repair.run_outcomes import RunOutcome, Seen
from repshift.case.repair.settings import Bound
from repshift.evidence.repair.quantities import OTHER_MODEL
from repshift.evidence.repair.runs import Run
from repshift.vocabulary import InputError


def bounding_runs(ladder: OpenLadder, bounds: Sequence[Bound], runs: Sequence[RunOutcome]) -> list[RunOutcome]:
    """Return the runs of other models, one a split, on the maps that judge the network as it is.

    Parameters
    ----------
    ladder, bounds
        What is opened, and the models.
    runs
        Those of the network as it is come first.

    Raises
    ------
    InputError
        If predictions are of another domain, of fewer maps, or of other outputs.
    """
    found = []
    for bound in bounds:
        paths = {"target": bound.target} | ({} if bound.home is None else {"home": bound.home})
        read = {name: _predictions(path, name, ladder) for name, path in paths.items()}
        for split in range(ladder.settings.splits):
            run = Run(OTHER_MODEL, bound.model, "bound", setting=bound.model, split=split)
            seen = {name: _seen(one, read.get(name)) for name, one in runs[split].seen.items()}
            found.append(RunOutcome(run, seen))
    return found


def _predictions(path: Path, name: str, ladder: OpenLadder) -> dict[str, npt.NDArray[np.float64]]:
    """Return the predictions of all maps of a domain that may judge, of what is scored."""
    stored = read_case(path)
    maps = ladder.target if name == "target" else ladder.home
    positions, _ = maps.chosen(ladder.settings.maps_each)
    wanted: list[str] = maps.shown.coordinates(positions)["map"][1]
    names = [ladder.outputs.names[place] for place in ladder.scored]
    dimension = ladder.outputs.dimension
    missing = sorted(set(wanted) - set(stored["map"].to_numpy().tolist()))
    if missing or dimension not in stored.dims or not set(names) <= set(stored[dimension].to_numpy().tolist()):
        what = f"lacks {len(missing)} maps, first '{missing[0]}'" if missing else f"does not predict {', '.join(names)}"
        raise InputError(
            f"{path} bounds the repairs for domain '{maps.shown.domain.name}', but {what}. Expected predictions of all "
            "its maps by a network that infers the same."
        )
    chosen = stored.sel({"map": wanted, dimension: names})
    return {kind: chosen[kind].to_numpy() for kind in ("mean", "std", "probability") if kind in chosen}


def _seen(judged: Seen, predicted: dict[str, npt.NDArray[np.float64]] | None) -> Seen:
    """Return predictions of the maps that a split judges; NaN of what another model does not predict."""
    outputs: dict[str, Any] = {}
    for kind, values in judged.outputs.items():
        known = predicted is not None and kind in predicted
        outputs[kind] = predicted[kind][judged.places] if predicted and known else np.full_like(values, np.nan)
    return Seen(judged.places, outputs)
