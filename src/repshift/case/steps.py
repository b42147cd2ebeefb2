"""The steps of a shift: files of networks stacked along ``network``, and their table.

A file holds of one network, along ``step`` (its own domain, the other, the steps), the numbers of two parts, the block
and the loss, along ``entry``: ``quantity``, ``estimator`` and ``parameter`` (part, entry) say what each is.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.tables import CASE_WORDS, Table, Words
from repshift.vocabulary import CASE, about

OF_ENTRY: Final[dict[str, Words]] = {
    "quantity": about("which number of the block, or of the loss"),
    "estimator": about("estimator of CKA; empty of the loss"),
    "parameter": about("what is inferred; empty of the block"),
}
"""What says which number an entry is; the last two may be empty."""

NUMBERS: Final = {
    "value": "number of the block, or of the loss",
    "value_low": "lower end of the interval of the number",
    "value_high": "upper end of the interval of the number",
    "explained": "share of the difference of the domains that the step takes away",
    "explained_low": "lower end of the interval of the share",
    "explained_high": "upper end of the interval of the share",
}
"""Variables (part, step, entry) of a file, and what they are."""

N_SIMULATIONS: Final = "n_simulations"
LEFT_OUT: Final = "simulations left out one by one"

_ALL: Final = (*OF_ENTRY, *NUMBERS, N_SIMULATIONS)

SHIFT_STEPS: Final = Table(
    rows=("network", "part", "step", "entry"),
    labels={name: f"shift_steps_{name}" for name in (*CASE, *OF_ENTRY)},
    columns={name: f"shift_steps_{name}" for name in (*NUMBERS, N_SIMULATIONS)},
    described={
        **CASE_WORDS,
        **OF_ENTRY,
        **{name: about(text) for name, text in NUMBERS.items()},
        N_SIMULATIONS: about(LEFT_OUT),
    },
    exists="quantity",
)
"""A row for each network, domain and number: those of the block first."""


def stack_steps(networks: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of the stage shift_steps, in their order."""
    return stacked([[_named(one)] for one in networks], "network")


def _named(network: xr.Dataset) -> xr.Dataset:
    """Return the variables of a file, what names its cases among them, with names of their own."""
    of_network: dict[str, Any] = {
        name: ((), np.array(str(network.attrs[name])), about(name.replace("_", " "))) for name in CASE[:3]
    }
    kept = network[[name for name in (*CASE[3:], *_ALL) if name in network]].drop_vars("part").assign(of_network)
    return kept.rename({str(name): f"shift_steps_{name}" for name in kept.data_vars})
