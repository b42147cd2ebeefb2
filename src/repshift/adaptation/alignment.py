"""Training that goes on with labels of the source and a term that makes two domains alike."""

from typing import Final

from torch import nn

from repshift.adaptation.cka_loss import Kind
from repshift.adaptation.last_layer import last_layer
from repshift.adaptation.loop import Alignment, trained
from repshift.adaptation.losses.cka import LayerSimilarity
from repshift.adaptation.losses.coral import CorrelationAlignment
from repshift.adaptation.losses.dann import Discriminator
from repshift.adaptation.losses.mmd import MeanDiscrepancy
from repshift.adaptation.losses.sinkhorn import SinkhornDivergence
from repshift.adaptation.losses.term import Term
from repshift.adaptation.repair import Material, Options
from repshift.recording.layers import choose_layers

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
    """Train with the difference of the matrices of CKA of both domains."""
    return _of_all_layers(network, material, options, kind="match", weight=WEIGHTS["cka"])


def cka_off_diagonal(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the mean CKA of different layers of both domains."""
    return _of_all_layers(network, material, options, kind="off_diagonal", weight=WEIGHTS["cka_off_diagonal"])


def _of_all_layers(network: nn.Module, material: Material, options: Options, *, kind: Kind, weight: float) -> nn.Module:
    """Train with a term of the similarity of layers."""
    source, target, task = material.source, material.target, material.task
    own = weight if options.weight is None else options.weight
    alignment = Alignment(LayerSimilarity(kind), choose_layers(network, options.layers), target, own)
    return trained(network, [source], options, task=task, alignment=alignment)


def _of_a_layer(network: nn.Module, material: Material, options: Options, *, term: Term, weight: float) -> nn.Module:
    """Train with a term of one layer's features."""
    source, target, task = material.source, material.target, material.task
    layer = options.layer or last_layer(network, source.maps, forward=options.forward)
    own = weight if options.weight is None else options.weight
    alignment = Alignment(term, choose_layers(network, [layer]), target, own)
    return trained(network, [source], options, task=task, alignment=alignment)
