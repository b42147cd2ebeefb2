"""An affine map of the outputs, fitted to labels of the target; no weight of the network changes."""

from typing import Any, Final

import torch
from torch import Tensor, nn

from repshift.adaptation.digest import digest_of
from repshift.adaptation.insertions import OUTPUTS, insert
from repshift.adaptation.repair import Material, Options
from repshift.adaptation.sample import Sample
from repshift.adaptation.task import Task
from repshift.recording.differentiation import logits_of, rows_of
from repshift.recording.known import for_one_call
from repshift.recording.passes import run_network
from repshift.vocabulary import InputError

FEWEST_FOR_A_SLOPE: Final = 3
"""Different labels from which a slope is fitted; of fewer the outputs are moved alone."""

_ROUNDING: Final = 1e-6
_ITERATIONS: Final = 200


def recalibration(network: nn.Module, material: Material, options: Options) -> nn.Module:
    r"""Put an affine map at the outputs, fitted to labels of the target.

    One simulation will do, though it moves the outputs alone.

    Raises
    ------
    InputError
        If the outputs do not fit the task, or are not finite.

    Notes
    -----
    Of regression the means :math:`m` of each output become :math:`a m + b` and the standard deviations :math:`|a|
    \sigma`, with the :math:`a` and :math:`b` that minimise the squared error to the labels. The simulations weigh
    alike. Where there are fewer than three different labels, or the output does not vary, the slope stays 1; an output
    without labels stays as it is.

    Of classes the logits :math:`z_k` become :math:`a z_k + b_k`, with one :math:`a` (the inverse of a temperature) for
    all. They minimise

    .. math:: \sum_s \frac{1}{n_s} \sum_{i \in s} -\log p_{c_i} + \frac{(a - 1)^2 + \sum_k b_k^2}{2},

    where :math:`s` are the simulations: normal priors of standard deviation 1 keep it well posed where a class has no
    label, or all labels are met.
    """
    if material.target is None or material.target.labels is None or material.task is None:
        raise InputError("A recalibration needs labels of the target, and what the network infers.")
    outputs = _outputs(network, material.target, material.task, options)
    weights = _weights(material.target).to(outputs.device)
    labels, task = material.target.labels.to(outputs.device), material.task
    if task.kind == "classification":
        _insert_logits(network, logits_of(outputs, task.output_scale), labels, weights, task, outputs.shape[1])
        return network
    scale, shift = _lines(outputs[:, : task.n_outputs], labels.double(), weights)
    if task.has_std:
        scale, shift = torch.cat([scale, scale.abs()]), torch.cat([shift, torch.zeros_like(shift)])
    insert(network, OUTPUTS, scale, shift)
    return network


def _outputs(network: nn.Module, sample: Sample, task: Task, options: Options) -> Tensor:
    """Return the outputs of a network, (n_maps, n_columns), in double precision."""

    def run(maps: Tensor) -> tuple[Tensor]:
        device, plain = maps.device, options.forward is not None
        shown = network if plain else for_one_call(network, maps, layers=None, device=device).network
        how: dict[str, Any] = {"batch_size": options.batch_size, "device": device, "forward": options.forward}
        return (rows_of(run_network(shown, maps, **how)).double(),)

    shared = options.forward is None
    (rows,) = sample.of_each_map(("outputs", digest_of(network)), run) if shared else run(sample.maps)
    if rows.shape[1] not in task.n_columns:
        expected = " or ".join(map(str, task.n_columns))
        raise InputError(f"The network has {rows.shape[1]} outputs. Expected {expected}, for {task.kind}.")
    if not rows.isfinite().all():
        raise InputError("Outputs of the network are not finite on the target, so they cannot be recalibrated.")
    return rows


def _weights(sample: Sample) -> Tensor:
    """Return the weight of each map, (n_maps,): those of a simulation sum to 1."""
    _, places, counts = torch.unique(torch.as_tensor(sample.simulations), return_inverse=True, return_counts=True)
    weights: Tensor = counts.double().reciprocal()[places]
    return weights


def _lines(means: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return slope and shift (n_outputs,) of the least squares of labels on means, both (n_maps, n_outputs)."""
    share = (weights / weights.sum())[:, None]
    mean, label = (share * means).sum(dim=0), (share * labels).sum(dim=0)
    spread = (share * (means - mean).square()).sum(dim=0)
    together = (share * (means - mean) * (labels - label)).sum(dim=0)
    varies = spread.sqrt() > _ROUNDING * mean.abs()
    different = torch.tensor([len(column.unique()) for column in labels.unbind(dim=1)], device=means.device)
    slope = torch.where(varies & (different >= FEWEST_FOR_A_SLOPE), together / spread, 1)
    shift = label - slope * mean
    known = labels.isfinite().all(dim=0)
    return torch.where(known, slope, 1), torch.where(known, shift, 0)


def _insert_logits(
    network: nn.Module, logits: Tensor, labels: Tensor, weights: Tensor, task: Task, n_columns: int
) -> None:
    """Put the affine map of logits at the outputs, or of the logarithms of probabilities."""
    slope, shifts = _tempered(logits, labels, weights)
    if n_columns == 1:
        shifts = shifts[1:] - shifts[:1]
    kind: Any = "affine" if task.output_scale == "logits" else "log_probabilities"
    insert(network, OUTPUTS, slope.expand(len(shifts)), shifts, kind=kind)


def _tempered(logits: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the slope () and shifts (n_classes,) of logits (n_maps, n_classes) that minimise the loss with priors."""
    values = torch.zeros(1 + logits.shape[1], dtype=torch.float64, device=logits.device)
    values[0] = 1
    start = values.clone()
    values.requires_grad_()
    optimiser = torch.optim.LBFGS(
        [values], max_iter=_ITERATIONS, tolerance_grad=1e-10, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        found = nn.functional.cross_entropy(values[0] * logits + values[1:], labels, reduction="none")
        total = (weights * found).sum() + (values - start).square().sum() / 2
        total.backward()
        return total

    with torch.enable_grad():
        optimiser.step(loss)
    return values.detach()[0], values.detach()[1:]
