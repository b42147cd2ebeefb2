"""Training that goes on with labels of the source and a term that makes two domains alike."""

from collections.abc import Sequence

from torch import nn

from repshift.adaptation import REPAIRS
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


def mmd(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the maximum mean discrepancy of a layer's features."""
    return _of_a_layer(network, material, options, term=MeanDiscrepancy(), name="mmd")


def coral(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the distance of the covariances of a layer's features."""
    return _of_a_layer(network, material, options, term=CorrelationAlignment(), name="coral")


def dann(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train against a discriminator that tells domains apart by a layer's features."""
    return _of_a_layer(network, material, options, term=Discriminator(options.seed), name="dann")


def sinkhorn(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the Sinkhorn divergence of a layer's features, whose weight is learned."""
    return _of_a_layer(network, material, options, term=SinkhornDivergence(), name="sinkhorn")


def cka(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the difference of the matrices of CKA of both domains, of `options.layers`."""
    term = LayerSimilarity("match")
    return _aligned(network, material, options, term=term, name="cka", layers=options.layers)


def cka_off_diagonal(network: nn.Module, material: Material, options: Options) -> nn.Module:
    """Train with the mean CKA of different layers of both domains, of `options.layers`."""
    term = LayerSimilarity("off_diagonal")
    return _aligned(network, material, options, term=term, name="cka_off_diagonal", layers=options.layers)


def _of_a_layer(network: nn.Module, material: Material, options: Options, *, term: Term, name: str) -> nn.Module:
    """Train with a term of one layer's features."""
    source, _ = of_source(material)
    layer = options.layer or last_layer(network, source.maps, forward=options.forward)
    return _aligned(network, material, options, term=term, name=name, layers=[layer])


def _aligned(
    network: nn.Module,
    material: Material,
    options: Options,
    *,
    term: Term,
    name: str,
    layers: Sequence[str] | None,
) -> nn.Module:
    """Train with labels of the source and a term of the features of layers; None: of all layers."""
    source, task = of_source(material)
    if material.target is None:
        raise InputError("Training with a term that makes two domains alike needs maps of the target.")
    weight = REPAIRS[name].weight if options.weight is None else options.weight
    if weight < 0 and not term.may_be_raised:
        raise InputError(
            f"The weight of the term is {weight:g}, which would drive the domains apart. Expected 0 or more."
        )
    alignment = Alignment(
        term, choice=choose_layers(network, layers), target=material.target.unlabelled(), weight=weight
    )
    return trained(network, [source], options, task=task, alignment=alignment)
