"""A network that fits another domain, made from a network in one call."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.adaptation import Material, Options, Repair, Sample, Task, repair_of
from repshift.adaptation.barrier import repaired
from repshift.attribution.network_outputs import n_answers_of
from repshift.notebook.attribution_arguments import require_text
from repshift.notebook.class_labels import ClassLabels, scale_of_answers
from repshift.notebook.compare import SEED, device_of, require_whole
from repshift.notebook.domains import read_simulations, read_stack
from repshift.notebook.trial import require_answers
from repshift.notebook.truth import Labels, read_truth
from repshift.recording.batches import Forward, batch_at
from repshift.recording.maps import Maps
from repshift.recording.passes import require_network, run_network
from repshift.vocabulary import InputError

_RANGES: Final = {
    "steps": (1, 1_000_000, False),
    "batch": (2, 100_000, False),
    "batch_size": (1, 1_000_000, False),
    "seed": SEED,
}

Truth = Labels | ClassLabels


def repair(
    network: nn.Module,
    maps_source: "Maps | None",
    maps_target: Maps,
    *,
    method: str = "batch_norm",
    labels_source: Any = None,  # noqa: ANN401 - whatever a user has
    labels_target: Any = None,  # noqa: ANN401
    simulations_source: npt.ArrayLike | None = None,
    simulations_target: npt.ArrayLike | None = None,
    forward: Forward | None = None,
    layer: str | None = None,
    layers: Sequence[str] | None = None,
    mixing: float | None = None,
    weight: float | None = None,
    freeze: str | None = None,
    steps: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    symmetries: bool | None = None,
    batch_size: int = 32,
    seed: int = 0,
) -> nn.Module:
    """Return a new network that fits the maps of another domain, made from a network by one repair.

    The networks are those of the workflow's stage repair, by the same functions, for maps that need no preparation. A
    repair sees what its method needs and nothing else: no label of the target reaches one that does not name it.

    Parameters
    ----------
    network
        Not changed. The new one is a copy in evaluation mode, on the same device.
    maps_source, maps_target
        Of the network's own domain and of the other, as the network reads them: (n, channels, y, x), or (n, y, x) of
        one channel. None of the source will do for a method that does not see it.
    method
        Without training: ``pixel_moments``, ``feature_moments``, ``batch_norm``, ``batch_norm_mixed``, and with labels
        of the target ``recalibration``. By training: with labels of the target ``fine_tuning``, with labels of the
        source ``mmd``, ``coral``, ``dann``, ``sinkhorn``, ``cka`` and ``cka_off_diagonal``, and ``source_training``,
        which is the control of these six: the same steps without their term.
    labels_source, labels_target
        (n,) or (n, outputs) in the scale of the network's outputs, a ``DataFrame``, or classes: whole numbers (n,) or a
        ``pandas.Categorical`` in the order of the outputs. Where there are twice as many outputs as labels, the second
        half are standard deviations.
    simulations_source, simulations_target
        (n,) labels: maps of one simulation share one. A batch of training has one map of each.
    forward
        As in `repshift.record_grams`; called with maps alone.
    layer
        Whose features are made alike, by ``feature_moments``, ``mmd``, ``coral``, ``dann`` and ``sinkhorn``, named as
        `repshift.record_grams` names it. None: the last before the outputs.
    layers
        Whose CKA is in the loss of ``cka`` and ``cka_off_diagonal``. None: all.
    mixing
        Of ``batch_norm_mixed``: weight of the target's statistics beside the network's own, 0 to 1. None: 0.5.
    weight
        Of the term that is added to the loss. None: that of the method.
    freeze
        Of training: a layer. It is trained with all that follow, and what comes before it is not. None: all is trained.
    steps, batch, learning_rate
        Of training: how many steps, simulations of each domain in one, a map each, and the rate of AdamW. None: 120,
        24 and 0.0005.
    symmetries
        Of training: whether maps are turned and flipped, which is right where labels do not change. None: they are not.
    batch_size
        Maps of a forward pass that is not part of training.
    seed
        Of training.

    Raises
    ------
    InputError
        If the method does not exist or lacks what it needs, an option is none of its own, maps or labels do not fit the
        network, or training does not go on.

    Examples
    --------
    >>> import numpy as np
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1))
    >>> target = 5 + np.random.default_rng(0).normal(size=(10, 4, 4))
    >>> found = repair(network, None, target)
    >>> bool((found[1].running_mean != network[1].running_mean).all())
    True
    """
    require_network(network, forward)
    known = repair_of(require_text(method, what="method"))
    options: dict[str, Any] = {
        "layer": layer,
        "layers": layers,
        "mixing": mixing,
        "weight": weight,
        "freeze": freeze,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "symmetries": symmetries,
    }
    options = {name: value for name, value in options.items() if value is not None}
    _require_taken(known, options)
    whole = {name: options[name] for name in _RANGES if name in options}
    if symmetries not in (None, True, False):
        raise InputError(f"symmetries is {symmetries!r:.100}. Expected True or False.")
    require_whole(_RANGES, batch_size=batch_size, seed=seed, **whole)
    device = device_of(network)
    given = {
        "source": (maps_source, labels_source, simulations_source),
        "target": (maps_target, labels_target, simulations_target),
    }
    found = {name: _sample(network, name, *parts, forward, device) for name, parts in given.items()}
    shown = found["target"] or found["source"]
    for one in found.values():
        if one is not None:
            require_answers(network, one[0].maps, forward=forward)
    samples = {name: None if one is None else one[0] for name, one in found.items()}
    if known.trains:
        _require_one_shape(samples)
    truth = _seen_truth(known, {name: None if one is None else one[1] for name, one in found.items()})
    task = None
    if truth is not None and shown is not None:
        task = _task(network, shown[0].maps, truth, device=device, forward=forward, batch_size=batch_size)
    how = Options(forward=forward, batch_size=batch_size, seed=seed, **options)
    return repaired(network, known, Material(samples["source"], samples["target"], task=task), how)


def _require_taken(known: Repair, options: dict[str, Any]) -> None:
    """Refuse options that the method does not take."""
    taken = [name for name in known.takes if name not in ("seed", "batch_size", "forward")]
    unknown = [name for name in options if name not in taken]
    if unknown:
        raise InputError(
            f"Method '{known.name}' takes no {', '.join(unknown)}. It takes {', '.join(taken) or 'no option'}."
        )


def _sample(
    network: nn.Module,
    name: str,
    maps: "Maps | None",
    labels: Any,  # noqa: ANN401 - whatever a user has
    simulations: npt.ArrayLike | None,
    forward: Forward | None,
    device: torch.device,
) -> tuple[Sample, Truth | None] | None:
    """Return the maps of a domain with their labels; None where there are none."""
    if maps is None:
        if labels is not None or simulations is not None:
            raise InputError(f"maps_{name} is None, but there are labels or simulations of them. Give the maps, too.")
        return None
    held = read_stack(maps, forward, why="and not the maps of a domain", what=f"maps_{name}")
    shown = batch_at(network, held, slice(None), device, None).detach()
    of_map = read_simulations(simulations, len(held), what=f"simulations_{name}")
    groups = np.unique(of_map, return_inverse=True)[1].astype(np.int64)
    truth = None if labels is None else read_truth(labels, len(held), what=f"labels_{name}")
    return Sample(shown, groups, None if truth is None else _values(truth).to(device)), truth


def _require_one_shape(samples: Mapping[str, Sample | None]) -> None:
    """Refuse domains whose maps differ in shape, for features of both are compared."""
    shapes = {name: tuple(one.maps.shape[1:]) for name, one in samples.items() if one is not None}
    if len(set(shapes.values())) > 1:
        raise InputError(
            f"A map of maps_source has the shape {shapes['source']} and one of maps_target {shapes['target']}. "
            "Expected the same."
        )


def _values(truth: Truth) -> Tensor:
    """Return labels as training takes them."""
    if isinstance(truth, ClassLabels):
        return torch.from_numpy(truth.places)
    return torch.from_numpy(truth.values.astype(np.float32))


def _seen_truth(known: Repair, truths: dict[str, Truth | None]) -> Truth | None:
    """Return the labels that a method sees, where there are any."""
    return next((truths[name] for name in ("target", "source") if f"{name}_labels" in known.needs), None)


def _task(
    network: nn.Module,
    maps: Tensor,
    truth: Truth,
    *,
    device: torch.device,
    forward: Forward | None,
    batch_size: int,
) -> Task:
    """Return what the network infers, of its labels and of how many outputs it has."""
    n_answers = n_answers_of(network, maps, device=device, forward=forward)
    if isinstance(truth, ClassLabels):
        answers = run_network(network, maps, batch_size=batch_size, device=device, forward=forward).flatten(1)
        values = answers.double().numpy()
        truth.probabilities(values)  # refuses classes that are not those of the outputs
        return Task("classification", max(n_answers, 2), output_scale=scale_of_answers(values))
    n_labels = len(truth.names)
    if n_answers not in (n_labels, 2 * n_labels):
        raise InputError(
            f"The network has {n_answers} outputs, and there are labels of {n_labels}. Expected labels of each output, "
            "or of the first half, where the second are standard deviations."
        )
    return Task("regression", n_labels, has_std=n_answers == 2 * n_labels)
