"""What a file of repairs holds: each variable declared once, with its dimensions, its unit and what it is.

Files are ``results/repair/{model}/{domain}.nc``, of the bounds and the rungs without training, and
``results/repair/{model}/{domain}_{rung}.nc``, of a trained rung, its control among them: one schema.

Dimensions
    ``run``: a network that was made and judged once; a network that no repair made has a run a split. Coordinates
    run_rung, run_setting (in words, such as "freeze C31, weight 5", or empty), run_freeze (layer, or empty),
    run_n_simulations (simulations of the target that tuned it, 0 of a bound), run_labelled (0 or 1), run_split,
    run_seed, run_prior (of `PRIORS`, with the name of the parameter put in).
    ``entry``: the runs that differ in split and seed alone. Coordinates entry_rung, entry_label, entry_kind ("bound",
    "repair" or "control"), entry_setting, entry_freeze, entry_n_simulations, entry_labelled, entry_prior, entry_control
    (rung whose runs of the same split, seed and frozen layers it is measured against, or empty), entry_runs (their
    number). The first entry of every file is the network as it is, rung `AS_IT_IS`; other models are rung `OTHER_MODEL`
    with their name as setting.
    ``judged_on``: `SKIES`. ``split``; ``map_target``, ``map_source``, ``map_prior``: maps that are judged, of the
    target, of the model's own domain, and of the domain of one cosmology; coordinates target_map, target_simulation,
    source_map, source_simulation, prior_map, prior_simulation.
    ``parameter``; of a classifier ``class``, and ``parameter`` is the one label that holds it.
    ``label_free_name``: shift scores by name, `repshift.evidence.shift_scores`; coordinate label_free_label.
    ``candidate``: weights that were tried, in the file of a trained rung alone.
    ``layer``, ``layer_other``.

Attributes: those of the case (`repshift.vocabulary.CASE`), ``own_domain``, ``score`` ("r2" or "accuracy"),
``score_label``, ``prior_parameter``, ``prior_domain`` (or empty), ``layer_aligned``, ``splits``, ``seed``,
``resamples``, ``level``, ``interval_covers`` and ``prior_interval_covers`` (what the intervals of scores and gains, and
of differences between priors, hold and what not), ``maps_each``, ``tuned_maps_each``, ``labels`` ("true" or "false":
whether the target has any), of a ladder ``mixing``, of a trained rung ``choice_judged_on`` (labelled maps that chose
its weight, never the
target's), and checksums of what it was made from. A file without labels of the target has no truth_target, and its
scores are NaN but at home.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import Interval
from repshift.vocabulary import about

Sky = Literal["target", "home", "mixed"]
"""What a repaired network is judged on: held-out simulations of the target, of its own suite, and both, half each."""

SKIES: Final[tuple[Sky, ...]] = ("target", "home", "mixed")

SAME_PRIOR: Final = "same"
LOWER_HALF: Final = "lower half of {}"
RANDOM_HALF: Final = "random half"
ONE_COSMOLOGY: Final = "one cosmology"
PRIORS: Final = (SAME_PRIOR, LOWER_HALF, RANDOM_HALF, ONE_COSMOLOGY)
"""Which simulations tune a run: any; those of low values of a parameter; as many, at random; those of one cosmology."""

AS_IT_IS: Final = "none"
"""Rung of the network as it is."""

OTHER_MODEL: Final = "bound"
"""Rung of other models, whose predictions bound what a repair may reach."""

KINDS: Final = ("bound", "repair", "control")
"""What an entry is: made by no repair; a repair; the control of one."""

OF_OUTPUTS: Final = "of the outputs"
"""Unit of a variable that has that of what the network infers."""

_ENDS: Final = ("", "_low", "_high")
_OF_END: Final = ("", "lower end of the interval: ", "upper end of the interval: ")


@dataclass(frozen=True)
class RepairQuantity:
    """A variable of a file of repairs.

    Attributes
    ----------
    name, dims
        Of the variable.
    long_name
        What it is.
    units
        Its unit, or `OF_OUTPUTS`.
    has_ends
        Whether ``{name}_low`` and ``{name}_high`` lie beside it.
    """

    name: str
    dims: tuple[str, ...]
    long_name: str
    units: str = "1"
    has_ends: bool = False

    def variables(self, values: npt.ArrayLike, interval: Interval | None = None, *, units: str) -> dict[str, Any]:
        """Return the variable and, where there is an interval, its ends; `units` are those of the outputs."""
        parts = (values,) if interval is None else (values, interval.low, interval.high)
        unit = units if self.units == OF_OUTPUTS else self.units
        return {
            f"{self.name}{end}": (self.dims, part, about(f"{of}{self.long_name}", unit))
            for end, of, part in zip(_ENDS, _OF_END, parts, strict=False)
        }


def _plain(*found: tuple[str, str], dims: tuple[str, ...], units: str = "1") -> tuple[RepairQuantity, ...]:
    return tuple(RepairQuantity(name, dims, text, units) for name, text in found)


def _ended(*found: tuple[str, str], dims: tuple[str, ...], units: str = "1") -> tuple[RepairQuantity, ...]:
    return tuple(RepairQuantity(name, dims, text, units, has_ends=True) for name, text in found)


_SCORED: Final = ("entry", "judged_on", "parameter")

_OF_MAPS: Final = tuple(
    quantity
    for sky, maps, words in (
        ("target", "map_target", "target"),
        ("home", "map_source", "own domain"),
        ("prior", "map_prior", "domain of one cosmology"),
    )
    for quantity in (
        *_plain(
            (f"{sky}_mean", f"predicted posterior mean, {words}; NaN where not judged"),
            (f"{sky}_std", f"predicted posterior standard deviation, {words}; NaN where not judged"),
            dims=("run", maps, "parameter"),
            units=OF_OUTPUTS,
        ),
        *_plain(
            (f"{sky}_probability", f"predicted probability of the class, {words}; NaN where not judged"),
            dims=("run", maps, "class"),
        ),
        RepairQuantity(f"truth_{sky}", (maps, "parameter"), f"true value, {words}", OF_OUTPUTS),
        RepairQuantity(f"class_{sky}", (maps,), f"true class, {words}"),
        RepairQuantity(f"judged_{sky}", ("split", maps), f"1 where a split judges the map, else 0, {words}"),
    )
)

_OF_RUNS: Final = (
    RepairQuantity(
        "run_label_free", ("run", "label_free_name"), "shift score after the repair; NaN where not computed"
    ),
    RepairQuantity("run_cka_source", ("run", "layer", "layer_other"), "debiased CKA of the own domain, or NaN"),
    RepairQuantity("run_cka_target", ("run", "layer", "layer_other"), "debiased CKA of the target, or NaN"),
)

_SCORES: Final = (
    *_ended(
        ("score", "score of held-out simulations, mean over splits and seeds"),
        ("gain", "score less that of the network as it is on the same simulations"),
        ("gain_over_control", "score less that of the control on the same simulations; NaN without a control"),
        dims=_SCORED,
    ),
    *_plain(
        ("score_lowest", "score of the worst split or seed"),
        ("score_highest", "score of the best split or seed"),
        dims=_SCORED,
    ),
)

_PRIOR: Final = (
    *_ended(
        ("prior_difference", "score on the target: tuned on the lower half less tuned on as many at random"),
        ("cosmology_difference", "score on the target: tuned on one cosmology less tuned on as many of the target"),
        dims=("entry", "parameter"),
    ),
    *_ended(
        ("cosmology_bias", "mean error on held-out simulations of one cosmology"),
        ("cosmology_rmse", "root mean squared error on held-out simulations of one cosmology"),
        dims=("entry", "parameter"),
        units=OF_OUTPUTS,
    ),
    RepairQuantity(
        "needs_same_prior",
        ("entry",),
        "whether the repair needs the prior of the model's suite: yes by any prior that was tried, no by all of them",
    ),
)

_LABEL_FREE: Final = (
    RepairQuantity("label_free", ("entry", "label_free_name"), "shift score after the repair, mean over splits"),
    RepairQuantity("label_free_change", ("entry", "label_free_name"), "shift score after less before the repair"),
    RepairQuantity(
        "label_free_home",
        ("entry",),
        "which network shows the own domain in label-free numbers: 'as it is', 'repaired', or none of a model",
    ),
    RepairQuantity(
        "label_free_correlation",
        ("label_free_name", "parameter"),
        "rank correlation over entries of the change of a shift score and the gain on the target",
    ),
    RepairQuantity("label_free_entries", ("label_free_name",), "repairs that these correlations are over"),
    RepairQuantity("cka_source", ("entry", "layer", "layer_other"), "debiased CKA of the own domain, mean over splits"),
    RepairQuantity("cka_target", ("entry", "layer", "layer_other"), "debiased CKA of the target, mean over splits"),
)

_CHOICE: Final = _plain(
    ("choice_weight", "weight of the term that was tried"),
    ("choice_score", "score on the labelled maps that choose, none of the target; NaN where only one weight is tried"),
    ("choice_chosen", "1 of the weight that was chosen, else 0"),
    dims=("candidate",),
)

REPAIR_QUANTITIES: Final = {one.name: one for one in (*_OF_MAPS, *_OF_RUNS, *_SCORES, *_PRIOR, *_LABEL_FREE, *_CHOICE)}
"""Variables of a file of repairs, by name. Those of standard deviations, classes, one cosmology or the prior are there
only where the case has them; entries without such a number hold NaN."""


_WORDS: Final = ("needs_same_prior", "label_free_home")


def repair_variables(found: Mapping[str, Any], *, units: str) -> dict[str, Any]:
    """Return variables of values, or of pairs of values and Interval, by the names of `REPAIR_QUANTITIES`."""
    variables: dict[str, Any] = {}
    for name, values in found.items():
        parts: Sequence[Any] = values if isinstance(values, tuple) else (values,)
        variables |= REPAIR_QUANTITIES[name].variables(*parts, units=units)
    return variables


def empty_variables(sizes: Mapping[str, int], *, classes: bool = False) -> dict[str, Any]:
    """Return every variable of a file filled with NaN or empty words: what a test of a reader builds upon.

    Parameters
    ----------
    sizes
        Length of each dimension; variables of a dimension that is not in it are left out.
    classes
        Whether the network names classes.
    """
    left_out = ("_mean", "_std", "truth_") if classes else ("_probability", "class_")
    found: dict[str, Any] = {}
    for name, quantity in REPAIR_QUANTITIES.items():
        of_other = name.startswith(left_out) or name.endswith(left_out)
        if of_other or not set(quantity.dims) <= set(sizes):
            continue
        shape = tuple(sizes[one] for one in quantity.dims)
        words = name in _WORDS or name.startswith("class_")
        values: Any = np.full(shape, "", dtype=object) if words else np.full(shape, np.nan)
        ends = Interval(values.copy(), values.copy()) if quantity.has_ends else None
        found |= quantity.variables(values, ends, units="1")
    return found
