"""Training that goes on with labels of the source and a term that makes two domains alike."""

from collections.abc import Sequence
from typing import Final

from torch import nn

from repshift.adaptation.last_layer import last_layer
from repshift.adaptation.loop import Alignment, trained
from repshift.adaptation.losses.cka import LayerSimilarity
from repshift.adaptation.losses.coral import CorrelationAlignment
from repshift.adaptation.losses.dann import Discriminator
from repshift.adaptation.losses.mmd import MeanDiscrepancy
from repshift.adaptation.losses.sinkhorn import SinkhornDivergence
from repshift.adaptation.losses.term import Term
from repshift.adaptation.repair import Material, Options
from repshift.adaptation.supervision import of_source
from repshift.recording.layers import choose_layers
from repshift.vocabulary import InputError

WEIGHTS: Final = {"mmd": 5.0, "coral": 5.0, "dann": 1.0, "sinkhorn": 1.0, "cka": 30.0, "cka_off_diagonal": 30.0}
"""Weight of each term where none is given."""


def mmd(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the maximum mean discrepancy of a layer's features."""
    return _of_a_layer(network, material, options, term=MeanDiscrepancy(), weight=WEIGHTS["mmd"])


def coral(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the distance of the covariances of a layer's features."""
    return _of_a_layer(network, material, options, term=CorrelationAlignment(), weight=WEIGHTS["coral"])


def dann(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train against a discriminator that tells domains apart by a layer's features."""
    return _of_a_layer(network, material, options, term=Discriminator(options.seed), weight=WEIGHTS["dann"])


def sinkhorn(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the Sinkhorn divergence of a layer's features, whose weight is learned."""
    return _of_a_layer(network, material, options, term=SinkhornDivergence(), weight=WEIGHTS["sinkhorn"])


def cka(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the difference of the matrices of CKA of both domains, of `options.layers`."""
    term = LayerSimilarity("match")
    return _aligned(network, material, options, term=term, weight=WEIGHTS["cka"], layers=options.layers)


def cka_off_diagonal(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the mean CKA of different layers of both domains, of `options.layers`."""
    term = LayerSimilarity("off_diagonal")
    return _aligned(network, material, options, term=term, weight=WEIGHTS["cka_off_diagonal"], layers=options.layers)


def _of_a_layer(network: nn.Module, material: Material, options: Options, *, term: Term, weight: float) -> nn.Module:
    """Train with a term of one layer's features."""
    source, _ = of_source(material)
    layer = options.layer or last_layer(network, source.maps, forward=options.forward)
    return _aligned(network, material, options, term=term, weight=weight, layers=[layer])


def _aligned(
    network: nn.Module,
    material: Material,
    options: Options,
    *,
    term: Term,
    weight: float,
    layers: Sequence[str] | None,
) -> nn.Module:
    """Train with labels of the source and a term of the features of layers; None: of all layers."""
    source, task = of_source(material)
    if material.target is None:
        raise InputError("Training with a term that makes two domains alike needs maps of the target.")
    own = weight if options.weight is None else options.weight
    if own < 0 and not term.may_be_raised:
        raise InputError(f"The weight of the term is {own:g}, which would drive the domains apart. Expected 0 or more.")
    alignment = Alignment(term, choice=choose_layers(network, layers), target=material.target.unlabelled(), weight=own)
    return trained(network, [source], options, task=task, alignment=alignment)
