"""Batch norms whose statistics are those of the target: no gradient, no label, one pass over its maps.

References
----------
Li et al. 2016, "Revisiting batch normalization for practical domain adaptation", arXiv 1603.04779.
Schneider et al. 2020, "Improving robustness against common corruptions by covariate shift adaptation", arXiv
2006.16971, eq. 2 (statistics between those of the network and those of the target).
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from repshift.adaptation.barrier import batch_norms
from repshift.adaptation.digest import digest_of
from repshift.adaptation.moments import require_maps
from repshift.adaptation.repair import Material, Options
from repshift.adaptation.sample import Sample
from repshift.recording.batches import Forward, maps_alone
from repshift.recording.maps import placed
from repshift.recording.memory import refusing_shortage
from repshift.vocabulary import InputError

_BYTES: Final = 2 * 1024**3
"""Memory that one batch may take; a number of its own, so that a machine with less memory finds the same statistics."""

_ALIVE: Final = 3
"""Tensors of the size of the largest input of a batch norm that exist at one time."""


def batch_norm(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Give all batch norms the statistics of the target.

    Raises
    ------
    InputError
        If there are fewer than two maps.

    Notes
    -----
    All maps run as one batch where 2 GiB suffice for it: each batch norm then has the exact mean and variance (the
    unbiased one, as torch keeps it) of what reaches it, where all before it normalise by those of the batch. Else there
    are as few batches as fit, of sizes that differ by one at most, and the means of their statistics are kept.
    Dropout is off, and a batch norm that the forward pass never calls stays as it is.
    """
    set_statistics(network, _target(material), options.forward)
    return network


def batch_norm_mixed(network: nn.Module, material: Material, options: Options) -> nn.Module:
    r"""Give all batch norms statistics between the network's own and those of the target.

    Raises
    ------
    InputError
        If there are fewer than two maps.

    Notes
    -----
    With the weight :math:`w` (`Options.mixing`) of the target :math:`T` beside the network's own statistics :math:`S`,

    .. math:: \mu = (1 - w) \mu_S + w \mu_T, \qquad \sigma^2 = (1 - w) \sigma^2_S + w \sigma^2_T,

    where those of the target are the ones that `batch_norm` finds.
    """
    norms = batch_norms(network)
    own = [tuple(one.clone() for one in _statistics(norm)) for norm in norms]
    set_statistics(network, _target(material), options.forward)
    for norm, before in zip(norms, own, strict=True):
        for statistic, source in zip(_statistics(norm), before, strict=True):
            statistic.copy_(torch.lerp(source, statistic, options.mixing))
    return network


def set_statistics(network: nn.Module, sample: Sample, forward: Forward | None) -> None:
    """Set the statistics of all batch norms of a network to those of a sample, in place; see `batch_norm`."""
    require_maps(sample, 2)
    if forward is not None:
        _measure(network, sample, forward)
        return
    norms = batch_norms(network)

    def measured() -> list[tuple[Tensor, ...]]:
        _measure(network, sample, None)
        return [tuple(one.clone() for one in norm.buffers()) for norm in norms]

    for norm, found in zip(norms, sample.once(("batch norms", digest_of(network)), measured), strict=True):
        for buffer, value in zip(norm.buffers(), found, strict=True):
            buffer.copy_(value)


def _measure(network: nn.Module, sample: Sample, forward: Forward | None) -> None:
    """Set the statistics of the batch norms that a pass over a sample calls."""
    maps, run = placed(network, sample.maps), forward or maps_alone
    inputs = _bytes_of_inputs(network.eval(), maps, run)
    if not inputs:
        raise InputError("The forward pass of the network calls no batch norm that keeps statistics.")
    n_batches = math.ceil(_ALIVE * len(maps) * max(inputs.values()) / _BYTES)
    batches = maps.tensor_split(min(n_batches, len(maps) // 2))
    advice = f"Expected a device with room for {len(batches[0])} maps of this network at once."
    with refusing_shortage(advice, device=maps.device), _measuring(list(inputs)), torch.no_grad():
        for batch in batches:
            run(network, batch.clone())  # a network may work on its input in place


def _target(material: Material) -> Sample:
    if material.target is None:
        raise InputError("Statistics of batch norms are those of a target. Expected maps of it.")
    return material.target


def _statistics(norm: _BatchNorm) -> tuple[Tensor, Tensor]:
    """Return the running mean and variance of a batch norm that keeps them."""
    if norm.running_mean is None or norm.running_var is None:
        raise InputError("A batch norm of the network keeps no statistics.")
    return norm.running_mean, norm.running_var


def _bytes_of_inputs(network: nn.Module, maps: Tensor, run: Forward) -> dict[_BatchNorm, int]:
    """Return how large the input of each batch norm is for one map, of those that the forward pass calls."""
    found: dict[_BatchNorm, int] = {}

    def measure(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        if isinstance(norm, _BatchNorm):
            found[norm] = given[0].nbytes

    with ExitStack() as stack, torch.no_grad():
        for norm in batch_norms(network):
            stack.callback(norm.register_forward_pre_hook(measure).remove)
        run(network, maps[:1].clone())
    return found


@contextmanager
def _measuring(norms: Sequence[_BatchNorm]) -> Iterator[None]:
    """Let batch norms, and nothing else, take the mean statistics of the batches that they see meanwhile."""
    momenta = [norm.momentum for norm in norms]
    modes = [norm.training for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    try:
        yield
    finally:
        for norm, momentum, mode in zip(norms, momenta, modes, strict=True):
            norm.momentum = momentum
            norm.train(mode)
