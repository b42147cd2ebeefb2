r"""CKA as a term of a loss: how alike the matrices of two domains are, or how alike layers are within a domain.

Gram matrices are made inside the call of each layer, while its features are still in the cache of the processor; then
all pairs of layers are one product. Every domain has a forward pass of its own, which also gives the outputs.

Notes
-----
With :math:`C_{kl}` the debiased CKA of layers :math:`k` and :math:`l` over the maps of a batch, and :math:`P` pairs
:math:`k < l`, the term ``match`` is the mean absolute difference of the two matrices,

.. math:: \frac{1}{P} \sum_{k < l} |C^\mathrm{source}_{kl} - C^\mathrm{target}_{kl}|,

and ``off_diagonal`` is the mean of all pairs of both,

.. math:: \frac{1}{2 P} \sum_{k < l} (C^\mathrm{source}_{kl} + C^\mathrm{target}_{kl}).

The HSIC of a layer with itself is a sum of squares of its U-centred Gram matrix, so no root of a negative number is
taken; a layer of which it is zero has no CKA, and is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn

from repshift.adaptation.differentiable_gram import differentiable_gram
from repshift.recording.batches import Forward, maps_alone
from repshift.recording.calls import recording
from repshift.recording.layers import LayerChoice, Rule, choose_layers
from repshift.recording.passes import features_of, require_seen
from repshift.similarity.gram import u_centre
from repshift.similarity.hsic import FEWEST_MAPS, HSICTerms
from repshift.similarity.stacks import ROUNDING
from repshift.vocabulary import InputError

Kind = Literal["match", "off_diagonal"]
"""Whether the matrices of two domains are to be alike, or layers of each are to differ."""

Output: TypeAlias = tuple[str, Tensor, int]
"""The name of a layer, its output, and the version of that at the call: later ones are of operations in place."""

FEWEST_LAYERS: Final = 2


def cka_loss(
    network: nn.Module,
    source: Tensor,
    target: Tensor,
    *,
    layers: Sequence[Rule] | None = None,
    kind: Kind = "match",
    forward: Forward | None = None,
) -> Tensor:
    """Return a loss by the debiased CKA of all pairs of layers, in two forward passes, one a domain.

    Parameters
    ----------
    network
        Runs in the mode that it is in. In training mode each domain has batch statistics of its own, and the running
        ones move as in any forward pass.
    source, target
        (n_maps, channels, y, x) on the network's device, as it reads them; four or more, of as many simulations.
    layers
        As in `repshift.recording.layers.choose_layers`.
    kind
        ``match``: the mean absolute difference of the two matrices, from 0. ``off_diagonal``: the mean of all pairs of
        layers of both domains, at most 1, which may be negative.
    forward
        Runs a batch of maps through the network; None calls it with them.

    Returns
    -------
    A scalar in double precision, with a gradient by the weights and by the maps.

    Raises
    ------
    InputError
        If the kind is unknown, there are fewer than four maps of a domain or two layers, or a layer is unknown, never
        called, constant over the maps, or overwritten after its call.

    References
    ----------
    Song et al. 2012, JMLR 13, 1393, eq. 5 (debiased HSIC); Kornblith et al. 2019, arXiv 1905.00414, eq. 4 (CKA).
    """
    choice = choose_layers(network, layers)
    grams = [layer_grams(network, maps, choice, forward=forward)[1] for maps in (source, target)]
    return cka_term(grams[0], grams[1], kind=kind)


def layer_grams(
    network: nn.Module, maps: Tensor, choice: LayerChoice, *, forward: Forward | None = None
) -> tuple[Any, dict[str, Tensor]]:
    """Run maps through a network once, and return its outputs and the Gram matrix of every layer.

    Parameters
    ----------
    network, maps, forward
        As in `cka_loss`.
    choice
        Which calls are layers.

    Returns
    -------
    What the network returns, and Gram matrices (n_maps, n_maps) by the names of layers, in the order of the calls: as
    in `repshift.adaptation.differentiable_gram`, so what reads them has to centre them, as CKA does.

    Raises
    ------
    InputError
        As in `cka_loss`.
    """
    require_maps(len(maps))
    grams: dict[str, Tensor] = {}
    held: list[Output] = []

    def multiply(name: str, output: Tensor) -> None:
        with torch.autocast(output.device.type, enabled=False):
            grams[name] = differentiable_gram(features_of(output), name=name)
        held.append((name, output, output._version))

    left_out: dict[str, InputError] | None = {} if choice.is_default else None
    with recording(network, choice=choice, n_maps=len(maps), consume=multiply, left_out=left_out):
        outputs = (forward or maps_alone)(network, maps)
    require_seen(set(grams), choice, network)
    require_kept(held)
    return outputs, grams


def cka_term(source: Mapping[str, Tensor], target: Mapping[str, Tensor], *, kind: Kind) -> Tensor:
    """Return the term of Gram matrices of the same layers over maps of two domains; formulas in the module.

    Parameters
    ----------
    source, target
        (n_maps, n_maps) of each layer; the domains may have other numbers of maps.
    kind
        As in `cka_loss`.

    Returns
    -------
    A scalar in double precision, on the host where the device has none.

    Raises
    ------
    InputError
        If the kind is unknown, there are fewer than two layers, the domains have other layers, or one is constant.
    """
    if kind not in get_args(Kind):
        raise InputError(f"Unknown kind '{kind}' of a loss by CKA. Choose {', '.join(get_args(Kind))}.")
    if source.keys() != target.keys():
        raise InputError(f"Layers {sorted(source.keys() ^ target.keys())} are called for the maps of one domain alone.")
    if len(source) < FEWEST_LAYERS:
        raise InputError(
            f"A loss by CKA compares layers, but there is {len(source)}: {list(source)}. Name two or more."
        )
    of_source, of_target = _pairs_of_both(source, target)
    return (of_source - of_target).abs().mean() if kind == "match" else (of_source + of_target).mean() / 2


def require_maps(n_maps: int) -> None:
    """Refuse a batch of too few maps.

    Raises
    ------
    InputError
        With how many there are.
    """
    fewest = FEWEST_MAPS["debiased"]
    if n_maps < fewest:
        raise InputError(f"A loss by CKA needs {fewest} maps or more of each domain in a batch: found {n_maps}.")


def _pairs_of_both(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return debiased CKA of every pair of layers of either domain, (pairs,), from one stack where that holds both."""
    first, second = (_stacked(grams) for grams in (source, target))
    if first.shape != second.shape:
        return _pairs(first[None], list(source))[0], _pairs(second[None], list(target))[0]
    of_source, of_target = _pairs(torch.stack([first, second]), list(source)).unbind()
    return of_source, of_target


def _stacked(grams: Mapping[str, Tensor]) -> Tensor:
    return torch.stack([gram.cpu() if gram.device.type == "mps" else gram for gram in grams.values()])


def _pairs(grams: Tensor, names: Sequence[str]) -> Tensor:
    """Return the debiased CKA of every pair of layers (domains, pairs), of (domains, layers, n_maps, n_maps)."""
    stack = grams.double()
    rows = u_centre(stack).flatten(2)
    products = rows @ rows.mT
    own = products.diagonal(dim1=1, dim2=2)
    vanishing = own.detach().sqrt() <= ROUNDING * stack.shape[-1] ** 2 * stack.detach().abs().amax((2, 3))
    if vanishing.any():
        constant = [name for name, vanishes in zip(names, vanishing.any(dim=0).tolist(), strict=True) if vanishes]
        raise InputError(
            f"Layers {constant} have no CKA: all maps are equally far apart, or all equal but one. Leave them out."
        )
    first, second = torch.triu_indices(len(names), len(names), 1, device=products.device)
    pairs: Tensor = HSICTerms(products, own, own).cka()[:, first, second]
    return pairs


def require_kept(held: Iterable[Output]) -> None:
    """Refuse layers whose features are gone when their gradient asks for them.

    Parameters
    ----------
    held
        The name of each layer, its output, and the version of that (``_version``) at the call.

    Raises
    ------
    InputError
        With the names of these layers.
    """
    gone = list(dict.fromkeys(name for name, output, version in held if output._version != version))
    if gone:
        raise InputError(
            f"Layers {gone} are overwritten in place after their call, so CKA has no gradient by them. Name the calls "
            "that overwrite them, or set inplace=False."
        )
