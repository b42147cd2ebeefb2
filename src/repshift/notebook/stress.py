"""A network shown maps that are perturbed more and more: its outputs, its layers, and what warns, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy.typing as npt
import xarray as xr
from torch import nn

from repshift.evidence.level_scores import DEFAULT_SCORES, level_score
from repshift.notebook.axis_arguments import axis_arguments
from repshift.notebook.class_labels import ClassLabels
from repshift.notebook.compare import SEED, device_of, require_whole
from repshift.notebook.domains import read_simulations, read_stack
from repshift.notebook.stress_dataset import stress_dataset
from repshift.notebook.stress_runs import (
    levels_of,
    network_to_run,
    outputs_of,
    recorded_maps,
    sky_of,
    unperturbed,
)
from repshift.notebook.trial import require_taken
from repshift.notebook.truth import read_truth
from repshift.recording.batches import Forward
from repshift.recording.curves import curves_of
from repshift.recording.grams import RecordingSettings
from repshift.recording.layers import Rule
from repshift.recording.level_maps import LevelMaps, MapsAtZero, Runs
from repshift.recording.maps import Maps
from repshift.recording.memory import BatchSize
from repshift.statistics.resampling import require_simulations

_BATCH: Final = 32
"""Maps of one forward pass: halved where memory is short."""

_RANGES: Final = {
    "n_resamples": (100, 1_000_000, False),
    "n_recorded": (8, 100_000, False),
    "n_halves": (2, 10_000, True),
    "seed": SEED,
}
"""Two halves of the recorded simulations have four each."""


def stress(
    network: nn.Module,
    maps: Maps,
    labels: Any,  # noqa: ANN401 - an array, a tensor or a table
    *,
    axes: Mapping[str, Any],
    simulations: npt.ArrayLike | None = None,
    layers: Sequence[Rule] | None = None,
    forward: Forward | None = None,
    periodic: bool = False,
    n_resamples: int = 2000,
    n_recorded: int = 50,
    n_halves: int = 20,
    scores: Sequence[str] = DEFAULT_SCORES,
    seed: int = 0,
) -> xr.Dataset:
    """Perturb maps more and more, and say what that does to the outputs of a network, to its layers, and what warns.

    The numbers are those of the workflow's stage stress, by the same functions, for maps that need no preparation.

    Parameters
    ----------
    network
        Not changed: it keeps its device, its mode and its weights; it runs where its parameters are.
    maps
        In distribution, as the network reads them, so already prepared: (n, channels, y, x), or (n, y, x) of one
        channel. An array, a tensor, a ``DataLoader`` of maps, or a list of arrays or tensors. The unit of strengths is
        that of these pixels; a mask fills with 0, the mean of standardised maps.
    labels
        True values of the network's outputs, as `repshift.compare` takes them: real numbers (n,) or (n, outputs), a
        ``DataFrame``, or classes. None: nothing is scored.
    axes
        Of each name strengths, ascending from 0, or on both sides of it: ``{"noise": [0, 0.01, 0.1]}``. With options,
        or an axis twice: ``{"blurred": {"axis": "masked_square", "fill": "blur", "strengths": [0, 0.1]}}``. A function
        ``function(maps, strength, rng)`` of a map (1, channels, y, x): ``{"mine": {"function": ..., "strengths":
        [0, 1], "units": "pixel", "label": ..., "moves_labels": False}}``.
    simulations
        (n,) labels: maps of one simulation, or of one object, share a label and are drawn together. Without them each
        map is its own. Ten or more.
    layers, forward
        As in `repshift.record_grams`; `forward` is called with maps alone.
    periodic
        Whether the right edge of a map goes on at the left one, as of a simulated box: beams and shifts go round.
    n_resamples
        Of the bootstrap by simulation.
    n_recorded
        Simulations, one map each, whose layers are recorded and which label-free scores are of: eight or more. Their
        representations are held at once.
    n_halves
        Divisions of these simulations in two, for label-free scores: perturbed maps of one half beside unperturbed maps
        of the other. 0: no scores.
    scores
        Names of label-free scores, of `repshift.evidence.level_scores`.
    seed
        Draws noise, resamples and halves; from 0 to 2^63 - 1. A map has the same noise at all strengths of an axis.

    Returns
    -------
    Dimensions ``level`` (each strength of each axis, ``axis`` and ``strength`` say which), ``map``, ``output``,
    ``layer``, ``score``, ``division``, ``branch`` (each side of 0 of each axis). Every number has ``_low`` and
    ``_high`` beside it, the ends of 95 % intervals that hold all levels of an output at once.

    - ``r2``, ``r2_change`` from strength 0, ``rmse`` over the range of the labels, ``bias`` over the root mean squared
      error at strength 0, ``coverage`` and ``sigma`` of predicted standard deviations; or ``accuracy``, ``log_loss``,
      their changes, and ``calibration`` (level, output)
    - ``critical`` (branch, output): the strength at which R^2, or the accuracy, has fallen by 0.1; ``slope`` at 0
    - ``drift_cka``, ``drift_distance`` (level, layer): of each layer from itself at strength 0
    - ``score_value`` (level, score, division), ``score_limit`` (score), ``score_critical`` (branch, score),
      ``early_warning`` (branch, score, output): below 1 a score warns before the error; ``false_alarm``
    - ``mean``, ``std`` (level, map, parameter) and ``truth``; or ``probability`` (level, map, class)

    Raises
    ------
    InputError
        If maps are not finite or do not fit the network; the network draws random numbers, or returns numbers that
        are not finite; an axis or a score is unknown, or strengths do not ascend with 0; there are fewer than ten
        simulations; labels, simulations or the seed do not fit; or as recording does.

    Examples
    --------
    >>> import numpy as np
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(9, 4), nn.ReLU(), nn.Linear(4, 1))
    >>> rng = np.random.default_rng(0)
    >>> maps, labels = rng.normal(size=(12, 3, 3)), rng.normal(size=12)
    >>> dict(stress(network, maps, labels, axes={"noise": [0, 0.1]})["r2"].sizes)
    {'level': 2, 'output': 1}
    """
    require_whole(_RANGES, n_resamples=n_resamples, n_recorded=n_recorded, n_halves=n_halves, seed=seed)
    held = read_stack(maps, forward, why="unperturbed")
    sky = sky_of(held, periodic=periodic)
    given = axis_arguments(axes, sky)
    for name in scores:
        level_score(name)
    of_map = read_simulations(simulations, len(held), what="simulations")
    require_simulations(len(set(of_map.tolist())))
    truth = None if labels is None else read_truth(labels, len(held))
    device = device_of(network)
    require_taken(network, held, RecordingSettings(layers, _BATCH, device, forward=forward))
    chosen = network_to_run(network, held, layers=layers, device=device, forward=forward)
    how: dict[str, Any] = {"scores": tuple(scores) if n_halves else (), "halves": n_halves, "seed": seed}
    runs = Runs(*chosen, BatchSize(_BATCH), str(device), outputs_of(truth, None), **how, forward=forward)
    shown = MapsAtZero(len(held), recorded_maps(of_map, n_recorded), unperturbed(held))
    scale = None
    if isinstance(truth, ClassLabels):
        scale = truth.scale_of(runs.answers(LevelMaps(shown.recorded, shown.inputs)))
        runs = replace(runs, outputs=outputs_of(truth, scale))
    found = curves_of(shown, levels_of(given, held, sky, seed), runs)
    return stress_dataset(given, sky, found, shown, truth, of_map, scale=scale, n_resamples=n_resamples, seed=seed)
