"""How far a network may be believed on each of some maps, from the maps it was trained on alone, in one call."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from repshift.evidence.trust.map_values import Halves, MapValues, map_values
from repshift.evidence.trust.quantities import TRUST_QUANTITIES
from repshift.evidence.trust_scores.score import TrustMaps
from repshift.networks.classes import Classes, class_probabilities
from repshift.networks.cmd import CMDNetwork
from repshift.notebook.class_labels import scale_of_answers
from repshift.notebook.compare import SEED, device_of, require_whole
from repshift.notebook.domains import read_simulations, read_stack
from repshift.notebook.stress_runs import network_to_run
from repshift.notebook.trial import require_taken
from repshift.recording.batches import Forward
from repshift.recording.grams import RecordingSettings
from repshift.recording.layers import Rule
from repshift.recording.maps import Maps
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.recording.trust_passes import LAST_LAYERS, Outputs, TrustPasses, require_dropout
from repshift.similarity.arrays import array_of
from repshift.statistics.resampling import simulation_of
from repshift.statistics.simulation_halves import simulation_halves
from repshift.vocabulary import PARAMETERS, InputError, about

Values = npt.NDArray[np.float64]

_RANGES: Final = {
    "neighbours": (1, 100_000, False),
    "splits": (1, 10_000, False),
    "dropout_passes": (2, 100_000, True),
    "batch_size": (1, 1_000_000, False),
    "seed": SEED,
}
_FEW: Final = 2


def trust(
    network: nn.Module,
    maps_train: Maps,
    maps: Maps,
    *,
    layers: Sequence[Rule] | None = None,
    simulations_train: npt.ArrayLike | None = None,
    simulations: npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    trials: Sequence[nn.Module] = (),
    symmetries: bool = True,
    dropout_passes: int = 0,
    forward: Forward | None = None,
    neighbours: int = 5,
    splits: int = 5,
    batch_size: int = 32,
    seed: int = 0,
) -> xr.Dataset:
    """Say of each map how far a network may be believed on it, by scores that need no labels.

    The scores are those of the workflow's stage trust, by the same functions, for maps that need no preparation. Beside
    them stands the standard deviation of the pixels, which needs no network: a score is worth what it adds to that.

    Parameters
    ----------
    network
        Not changed: it keeps its device, its mode and its weights; it runs where its parameters are.
    maps_train
        Some hundreds of maps of the kind it was trained on, best such as it was not trained on: a network knows its
        training maps too well. As the network reads them, so already prepared: (n, channels, y, x), or (n, y, x) of one
        channel. An array, a tensor, a ``DataLoader`` of maps, or a list of arrays or tensors. Eight simulations or
        more.
    maps
        That are judged, as `maps_train`.
    layers
        That distances are in, as `repshift.record_grams` takes them. None: the last two. Outputs are averaged over
        positions.
    simulations_train, simulations
        (n,) labels: maps of one simulation, or of one object, share a label. By default each is its own.
    names
        Of the parameters that the network infers, in the order of its outputs: one for each output, or for the first
        half, where the others are standard deviations. None: of a `repshift.networks.CMDNetwork` those of CMD; of
        another all outputs are parameters.
    classes
        Of a classifier, in the order of its outputs, logits or probabilities.
    trials
        Networks that differ from this one in their seed alone: their disagreement stands for a Bayesian network.
    symmetries
        Whether maps are turned and flipped, and how far the outputs scatter is a score. Only where that leaves true
        values as they are.
    dropout_passes
        Passes with dropout drawn, whose scatter is a score; 0: none.
    forward
        As in `repshift.record_grams`; called with maps alone.
    neighbours
        Nearest maps of the reference that distances are to.
    splits
        Divisions of the simulations of `maps_train` in two halves: distances are means over both halves of each.
    batch_size
        Maps of one forward pass; halved where memory is short.
    seed
        Draws halves and dropout; from 0 to 2^63 - 1.

    Returns
    -------
    - ``values`` (score, map): larger where the network is trusted less, each score in its own unit
    - ``share_below`` (score, map): share of the maps of `maps_train`, judged by simulations other than theirs, whose
      score is smaller: 1 where the network is trusted less than on any of them

    The coordinates ``score_label``, ``score_name`` and ``score_layer`` say what each score is.

    Raises
    ------
    InputError
        If maps are not finite or do not fit the network; the network draws random numbers, or returns numbers that
        are not finite; there are fewer than eight simulations in `maps_train`; dropout is to be drawn of a network that
        has none; a layer does not exist or is constant; names, classes or simulations do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> rng = np.random.default_rng(0)
    >>> found = trust(network, rng.normal(size=(40, 4, 4)), 3 * rng.normal(size=(5, 4, 4)))
    >>> dict(found["values"].sizes), found["score"].values.tolist()
    ({'score': 5, 'map': 5}, ['pixel_std', 'mahalanobis_2:0', 'nearest_neighbours_2:0', 'symmetry_scatter', \
'pixel_distance'])
    """
    numbers = {"neighbours": neighbours, "splits": splits, "dropout_passes": dropout_passes}
    require_whole(_RANGES, **numbers, batch_size=batch_size, seed=seed)
    if dropout_passes:
        require_dropout(network)
    if not isinstance(trials, Sequence):
        raise InputError(f"trials are a {type(trials).__name__}. Expected a list of networks.")
    held = [read_stack(one, forward, why="turned and flipped") for one in (maps_train, maps)]
    labels = [
        read_simulations(given, len(one), what=what)
        for given, one, what in zip(
            (simulations_train, simulations), held, ("simulations_train", "simulations"), strict=True
        )
    ]
    _require_one_shape(held)
    device = device_of(network)
    require_taken(network, held[0], RecordingSettings(layers, batch_size, device, forward=forward))
    inputs = [_single(one) for one in held]
    read = _reader(network, inputs[0], names, classes, device, forward)
    fast, chosen = network_to_run(network, inputs[0], layers=layers, device=device, forward=forward)
    n_last = LAST_LAYERS if layers is None else None
    passes = TrustPasses(network, fast, chosen, n_last, read, BatchSize(batch_size), device, forward)
    how: dict[str, Any] = {"symmetries": symmetries, "dropout_passes": dropout_passes or None, "seed": seed}
    known, shown = (
        passes.maps(one, simulation_of(of_map), trials=[passes.outputs(one, network=trial) for trial in trials], **how)
        for one, of_map in zip(inputs, labels, strict=True)
    )
    found, at_home = _values(known, shown, splits=splits, neighbours=neighbours, seed=seed)
    return _dataset(found, at_home, labels[1]).assign_attrs(splits=splits, neighbours=neighbours, seed=seed)


def _values(
    known: TrustMaps, shown: TrustMaps, *, splits: int, neighbours: int, seed: int
) -> tuple[MapValues, MapValues]:
    """Return the scores of maps by halves of others, and those of these others by the halves that they are not of."""
    halves = simulation_halves(int(known.simulations.max()) + 1, n_splits=splits, seed=seed)
    of_classes = "probability" in known.outputs
    how: dict[str, Any] = {
        "layers": tuple(known.features),
        "n_parameters": 1 if of_classes else known.outputs["mean"].shape[1],
        "neighbours": neighbours,
    }
    return map_values(Halves(known, halves, shown), **how), map_values(Halves(known, halves), **how)


def _require_one_shape(held: Sequence[Any]) -> None:
    """Refuse maps of another shape than those that judge them."""
    shapes = [tuple(one.shape[1:]) for one in held]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"A map of maps_train has the shape {shapes[0]} and one of maps {shapes[1]}: the same was expected."
        )


def _single(maps: Any) -> npt.NDArray[np.floating]:  # noqa: ANN401 - an array or a tensor
    """Return maps as an array, in the precision that they have, single at least."""
    values = array_of(maps)
    return np.ascontiguousarray(values.astype(np.result_type(values.dtype, np.float32), copy=False))


def _reader(
    network: nn.Module,
    maps: npt.NDArray[np.floating],
    names: Sequence[str] | None,
    classes: Sequence[str] | None,
    device: torch.device,
    forward: Forward | None,
) -> Callable[[Values], Outputs]:
    """Return what says what answers mean."""
    if names is not None and classes is not None:
        raise InputError("Both names and classes are given. Expected names of parameters, or classes of a classifier.")
    if classes is not None:
        answers = run_network(network, maps, batch_size=BatchSize(32), device=device, forward=forward)
        known = Classes(tuple(map(str, classes)), scale_of_answers(_rows(answers)))
        return lambda values: {"probability": class_probabilities(values, known)}
    few = run_network(network, maps[:_FEW], batch_size=_FEW, device=device, forward=forward)
    n_answers = _rows(few).shape[1]
    named = tuple(PARAMETERS) if names is None and isinstance(network, CMDNetwork) else names
    n_means = n_answers if named is None else len(named)
    if n_answers not in (n_means, 2 * n_means):
        raise InputError(
            f"The network returns {n_answers} numbers a map, and names are {n_means}: as many were expected, or "
            "half as many, where the others are standard deviations."
        )
    if n_answers == n_means:
        return lambda values: {"mean": values}
    return lambda values: {"mean": values[:, :n_means], "std": values[:, n_means:]}


def _rows(answers: Tensor) -> Values:
    return np.asarray(answers.reshape(len(answers), -1).double().numpy())


def _dataset(found: MapValues, at_home: MapValues, simulations: npt.NDArray[np.str_]) -> xr.Dataset:
    """Return the scores of maps beside those of the maps that judge them."""
    share = np.stack(
        [
            np.searchsorted(np.sort(own), values, side="left") / len(own)
            for own, values in zip(at_home.values, found.values, strict=True)
        ]
    )
    scores = found.scores.values()
    labels = [score.label if layer is None else f"{score.label}, {layer}" for score, layer in scores]
    of_share = about("share of the maps that judge, each judged by others, whose score is smaller")
    return xr.Dataset(
        {**TRUST_QUANTITIES["values"].variables(found.values), "share_below": (("score", "map"), share, of_share)},
        {
            "score": list(found.scores),
            "score_label": ("score", labels),
            "score_name": ("score", [score.name for score, _ in scores]),
            "score_layer": ("score", [layer or "" for _, layer in scores]),
            "map": np.arange(len(simulations)),
            "simulation": ("map", simulations.astype(object)),
        },
    )
