"""The trained rungs of a case beside its yardsticks, from the files of all its rungs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from repshift.case.repair.run_table import entry_names, judgement_of, ladder_of, require_same_maps, runs_of_rung
from repshift.evidence.repair.quantities import SAME_PRIOR
from repshift.evidence.repair.yardsticks import YARDSTICK_QUANTITIES, YARDSTICKS, yardstick_numbers
from repshift.statistics.resampling import Interval


def yardstick_variables(files: Sequence[xr.Dataset], entries: xr.Dataset) -> dict[str, Any]:
    """Return what the trained entries of a case gain over each yardstick.

    Parameters
    ----------
    files
        All files of repairs of the case.
    entries
        Its entries, by their coordinates along ``entry``.

    Returns
    -------
    Variables of `YARDSTICK_QUANTITIES`, NaN of entries that do not train or have none beside them; nothing where no
    rung trains.

    Raises
    ------
    InputError
        If the files are judged on other maps, or fewer than ten simulations judge.
    """
    if not any(run.control for run in entry_names(entries)):
        return {}
    for one in files[1:]:
        require_same_maps(files[0], one)
    ladder = ladder_of([runs_of_rung(one) for one in files])
    chosen = [
        place
        for place, run in enumerate(ladder.runs)
        if run.prior == SAME_PRIOR and (run.control or run.rung in YARDSTICKS)
    ]
    runs, found = yardstick_numbers(ladder.of(chosen), judgement_of(files[0]))
    places = {run: place for place, run in enumerate(runs)}
    rows = [places.get(run, len(runs)) for run in entry_names(entries)]
    variables: dict[str, Any] = {}
    for name, (values, ends) in found.items():
        parts = [np.concatenate([one, np.full_like(one[:1], np.nan)])[rows] for one in (values, ends.low, ends.high)]
        variables |= YARDSTICK_QUANTITIES[name].variables(parts[0], Interval(*parts[1:]), units="1")
    return variables
