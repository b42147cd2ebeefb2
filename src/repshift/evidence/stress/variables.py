"""The numbers of a case along axes of strength as a Dataset: what the stage writes and a notebook is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.evidence.level_scores import level_score
from repshift.evidence.stress.layers import LayerDrift
from repshift.evidence.stress.levels import ENDS, Levels, Values
from repshift.evidence.stress.predictions import Predictions
from repshift.evidence.stress.quantities import STRESS_NUMBERS
from repshift.evidence.stress.warning import (
    Criticals,
    ScoreCurves,
    criticals,
    positions_of,
    warnings_of,
)
from repshift.statistics.class_stress_scores import CLASS_STRESS_SCORES
from repshift.statistics.stress_scores import STRESS_SCORES
from repshift.vocabulary import about

_OF_END: Final = {"": "", "_low": "lower end of the interval: ", "_high": "upper end of the interval: "}

_NUMBERS: Final = {one.name: one for one in (*STRESS_SCORES, *CLASS_STRESS_SCORES)}


@dataclass(frozen=True)
class ScoreNames:
    """What scores are called, one of each output where a score has several: keys, labels and families, (scores,)."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    families: tuple[str, ...]


@dataclass(frozen=True)
class HomeScores:
    """Scores along the axes of the model's own domain, and the names of its scores."""

    levels: Levels
    curves: ScoreCurves
    keys: tuple[str, ...]


def flat_scores(
    found: Sequence[Mapping[str, Values]], null: Mapping[str, Values], *, outputs: Sequence[str]
) -> tuple[ScoreNames, Values, Values]:
    """Return names of scores, their values (levels, scores, divisions) and their null (scores, divisions).

    Parameters
    ----------
    found
        Of each level, by name: (divisions,), or (divisions, outputs).
    null
        The same between unperturbed halves.
    outputs
        Names of the outputs.
    """
    keys, labels, families = [], [], []
    for name in null:
        score = level_score(name)
        several = outputs if score.is_of_outputs else [""]
        keys += [f"{name}_{output}" if output else name for output in several]
        labels += [f"{score.label}, {output}" if output else score.label for output in several]
        families += [score.family] * len(several)
    values = np.stack([_flat(one) for one in found]) if null else np.empty((len(found), 0, 0))
    return ScoreNames(tuple(keys), tuple(labels), tuple(families)), values, _flat(null)


def stress_numbers(
    levels: Levels,
    *,
    predictions: Predictions | None,
    layers: Sequence[str],
    drift: Sequence[LayerDrift],
    names: ScoreNames,
    scores: ScoreCurves,
    home: HomeScores | None = None,
    n_resamples: int,
    seed: int,
) -> xr.Dataset:
    """Return all numbers of a case along its axes.

    Parameters
    ----------
    levels
        Of the case.
    predictions
        What is scored; None where nothing can be.
    layers, drift
        Names of the layers, and the drift of each level.
    names, scores
        Label-free scores.
    home
        Those of the model's own domain, where the case is of another.
    n_resamples, seed
        Of the bands.

    Returns
    -------
    Dimensions level, output, layer, score, division, branch; every number has ``_low`` and ``_high`` beside it.
    """
    variables: dict[str, Any] = {}
    outputs: tuple[str, ...] = ()
    found: Criticals | None = None
    if predictions is not None:
        outputs = predictions.outputs
        bands = predictions.bands(levels, n_resamples=n_resamples, seed=seed)
        for name, one in bands.items():
            text, units = _NUMBERS[name].label, _NUMBERS[name].units
            variables |= _with_ends(name, ("level", "output"), (one.value, one.low, one.high), about(text, units))
        found = criticals(levels, predictions, bands)
        variables |= _of_costs(found)
    variables |= _of_layers(drift, len(layers))
    variables |= _of_scores(levels, predictions, found, scores)
    if home is not None and names.keys == home.keys:
        suite = scores.value[levels.base[0]]
        positions = positions_of(levels, home.curves, home.levels, suite)
        variables["score_suite"] = (("score", "division"), suite, about("score at strength 0"))
        variables |= _with_ends("position", ("branch", "score"), positions)
    return xr.Dataset(variables, coords=_coords(levels, outputs, layers, names))


def _coords(levels: Levels, outputs: Sequence[str], layers: Sequence[str], names: ScoreNames) -> dict[str, Any]:
    def words(values: Sequence[str]) -> Any:  # noqa: ANN401 - an array of text, of no length too
        return np.array(list(values), dtype=object) if values else np.array([], dtype="U1")

    return {
        "axis": ("level", words(levels.axes)),
        "strength": ("level", levels.strengths, about("strength along the axis", "see the attribute axes")),
        "output": words(outputs),
        "layer": words(layers),
        "score": words(names.keys),
        "score_label": ("score", words(names.labels)),
        "score_family": ("score", words(names.families)),
        "branch_axis": ("branch", words([axis for axis, _ in levels.sides])),
        "branch_direction": ("branch", words([side.direction for _, side in levels.sides])),
    }


def _of_costs(found: Criticals) -> dict[str, Any]:
    return {
        **_with_ends("critical", ("branch", "output"), found.critical),
        **_with_ends("slope", ("branch", "output"), found.slope),
    }


def _of_layers(drift: Sequence[LayerDrift], n_layers: int) -> dict[str, Any]:
    cka = np.stack([one.cka for one in drift], axis=1).reshape(3, len(drift), n_layers)
    distance = np.stack([one.distance for one in drift], axis=1).reshape(3, len(drift), n_layers)
    return {
        **_with_ends("drift_cka", ("level", "layer"), cka),
        **_with_ends("drift_distance", ("level", "layer"), distance),
    }


def _of_scores(
    levels: Levels, predictions: Predictions | None, found: Criticals | None, scores: ScoreCurves
) -> dict[str, Any]:
    if not scores.null.size:
        return {}
    warning = warnings_of(levels, predictions, found, scores)
    value = "perturbed maps of half the simulations against unperturbed maps of the other half of the own domain"
    null = "the same of unperturbed maps of the model's own domain"
    variables: dict[str, Any] = {
        "score_value": (("level", "score", "division"), scores.value, about(value)),
        "score_null": (("score", "division"), scores.null, about(null)),
        "score_limit": (("score",), scores.limit, about("95 % point of the size of a score of unperturbed maps")),
        **_with_ends("score_critical", ("branch", "score"), warning.score_critical),
        "false_alarm": (("branch", "score"), warning.false_alarm, dict(STRESS_NUMBERS["false_alarm"])),
    }
    if predictions is not None:
        variables |= _with_ends("early_warning", ("branch", "score", "output"), warning.early_warning)
    return variables


def _with_ends(
    name: str, dimensions: tuple[str, ...], values: Sequence[Values] | Values, words: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a number and its ends as variables; `words` say what it is, left out those of `STRESS_NUMBERS`."""
    text, units = ((words or STRESS_NUMBERS[name])[key] for key in ("long_name", "units"))
    pairs = zip(ENDS, values, strict=True)
    return {f"{name}{end}": (dimensions, part, about(f"{_OF_END[end]}{text}", units)) for end, part in pairs}


def _flat(scores: Mapping[str, Values]) -> Values:
    """Return scores (divisions,) or (divisions, outputs) one after the other, (scores, divisions)."""
    parts = [np.atleast_2d(one.T) for one in scores.values()]
    return np.concatenate(parts) if parts else np.empty((0, 0))
