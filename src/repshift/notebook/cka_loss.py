"""CKA in the loss of any training: how alike two domains, or different layers, are to a network."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from repshift.adaptation.cka_loss import Kind
from repshift.adaptation.cka_loss import cka_loss as loss_of_maps
from repshift.notebook.compare import device_of
from repshift.notebook.domains import read_stack
from repshift.recording.batches import Forward, batch_at
from repshift.recording.layers import Rule
from repshift.recording.maps import Maps
from repshift.recording.passes import require_network
from repshift.vocabulary import InputError


def cka_loss(
    network: nn.Module,
    maps_source: Maps,
    maps_target: Maps,
    *,
    layers: Sequence[Rule] | None = None,
    kind: Kind = "match",
    forward: Forward | None = None,
) -> Tensor:
    r"""Return a loss by the debiased CKA of all pairs of layers of a network in two domains.

    It is the term of the repairs ``cka`` and ``cka_off_diagonal``, for any training loop: add it, times a
    weight, to the loss of the labels.

    Parameters
    ----------
    network
        Runs where its parameters are, in the mode that it is in. In training mode each domain has batch statistics of
        its own, and the running ones move as in any forward pass. Else nothing of it changes.
    maps_source, maps_target
        A batch of each domain, as the network reads it: (n, channels, y, x), or (n, y, x) of one channel. Four maps or
        more each, of as many simulations; of fewer than about 24 the gradient is mostly noise.
    layers
        As in `repshift.record_grams`; two or more.
    kind
        ``"match"``: the mean absolute difference of the matrices of both domains, 0 where they are equal.
        ``"off_diagonal"``: the mean of all pairs of different layers, at most 1; it may be negative.
    forward
        As in `repshift.record_grams`; called with maps alone.

    Returns
    -------
    A scalar in double precision with a gradient, also by maps that ask for one.

    Raises
    ------
    InputError
        If maps are not finite or too few, the kind or a layer is unknown, fewer than two are named, or one is never
        called, constant over the maps, or overwritten in place after its call; in torch.inference_mode.

    Notes
    -----
    With :math:`C_{kl}` the CKA of layers :math:`k < l`, and :math:`P` such pairs,

    .. math:: \frac{1}{P} \sum_{k < l} |C^\mathrm{source}_{kl} - C^\mathrm{target}_{kl}|, \qquad
        \frac{1}{2 P} \sum_{k < l} (C^\mathrm{source}_{kl} + C^\mathrm{target}_{kl}).

    Examples
    --------
    >>> import numpy as np
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 4), nn.Tanh())
    >>> source, target = np.random.default_rng(0).normal(size=(2, 8, 4, 4))
    >>> cka_loss(network, source, target).backward()
    >>> network[0].weight.grad.shape
    torch.Size([2, 1, 3, 3])
    """
    require_network(network, forward)
    if torch.is_inference_mode_enabled():
        raise InputError("A loss has a gradient, and torch.inference_mode keeps none. Call cka_loss outside of it.")
    device = device_of(network)
    source, target = (
        batch_at(network, read_stack(maps, forward, why="and not as one", what=what), slice(None), device, None)
        for what, maps in (("maps_source", maps_source), ("maps_target", maps_target))
    )
    return loss_of_maps(network, source, target, layers=layers, kind=kind, forward=forward)
