"""What stress will do: the levels of each case, its cost, and axes of the user's own, tried on a map."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.costs.countdown import in_words
from repshift.costs.jobs import Part
from repshift.costs.prices import Prices
from repshift.costs.requests import Named, parts_of_stress
from repshift.inspection.networks import users_code
from repshift.inspection.table import Row, counted
from repshift.perturbation.axes import Sky, own_axis, perturbed
from repshift.storage.functions import Constructor, imported
from repshift.study.configuration import Study
from repshift.study.groups import stress_groups
from repshift.study.sizes import perturbed_maps
from repshift.study.stress import StressAxis
from repshift.study.stress_axes import axes_of_domain, n_levels, sky_of


def stress_rows(study: Study, prices: Prices, sized: Callable[[Sequence[Named]], Sequence[Part]]) -> list[Row]:
    """Return a row for each model that is perturbed: maps, strengths and axes of its domains, and what they cost.

    Parameters
    ----------
    sized
        Returns parts with what their costs depend on, as far as that is known.
    """
    rows = []
    for model, domains in (study.stress.cases if study.stress else {}).items():
        groups = stress_groups(study, model)
        seconds = sum(prices.cost(sized(parts_of_stress(study, model, group))).seconds for group in groups)
        said = [f"{domain}: {_words(study, model, domain)}" for domain in domains]
        rows.append(("stress", model, f"{'; '.join(said)}; about {in_words(seconds)} of one core"))
    return rows


def _words(study: Study, model: str, domain: str) -> str:
    """Return how many maps are perturbed, at how many strengths of how many axes."""
    n_axes, strengths = len(axes_of_domain(study, domain)), n_levels(study, model, domain)
    axes = "1 axis" if n_axes == 1 else f"{n_axes} axes"
    return f"{counted(perturbed_maps(study, model, domain), 'map')} at {strengths} strengths of {axes}"


def invented_map(n_channels: int, side: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return a map (1, channel, y, x) of positive random pixels, for axes that are tried before there are maps."""
    return np.random.default_rng(0).lognormal(size=(1, n_channels, *side)).astype(np.float32)


def require_own_axis(study: Study, model: str, name: str, axis: StressAxis, sample: npt.NDArray[np.float32]) -> None:
    """Refuse an axis of the user's own that cannot be imported, or that does not make a map of a map (band, y, x).

    Raises
    ------
    InputError
        If it cannot be, or does not.
    """
    function, strengths = axis.function or "", axis.strengths or ()
    with users_code(function, "when it was imported,"):
        called = imported(Constructor(function, Path(axis.path) if axis.path else None))
    own = own_axis(called, name=name, label=name, units=axis.units or "1", strengths=strengths)
    sky = sky_of(study, model)
    unlogged = Sky(tuple(False for _ in sky.logarithms), sky.fills, is_periodic=sky.is_periodic)
    for strength in strengths:
        perturbed(own, sample[:1].astype(np.float64), strength, sky=unlogged, entropy=[[0]])
