"""Networks that are explained in several tests, and what explains them."""

from contextlib import contextmanager

import torch
from torch import fx, nn
from torch.nn import functional

from repshift.attribution import METHODS, Options
from repshift.attribution.network_outputs import explaining, n_answers_of
from repshift.attribution.output_choice import chosen_outputs
from repshift.networks.cmd import CMDNetwork
from repshift.training.initialisation import set_batch_statistics
from repshift.vocabulary import PARAMETERS

SMALL = 16  # pixels a side of the smallest network of CMD


@contextmanager
def explained_network(network, maps, asked=None, names=(), *, classes=None, batch_size=3):
    """Explain a network by outputs that are chosen by name or place."""
    outputs = chosen_outputs(n_answers_of(network, maps), asked, names, classes=classes)
    with explaining(network, maps, outputs, batch_size=batch_size) as explained:
        yield explained


def attributed(name, network, maps, asked=None, names=(), *, classes=None, baseline=None, layer=None, nodes=20):
    """Return what a method finds of outputs that are chosen by name or place."""
    baseline = torch.zeros_like(maps) if baseline is None else baseline
    with explained_network(network, maps, asked, names, classes=classes) as explained:
        return METHODS[name](explained, maps, Options(baseline, baseline, nodes, layer=layer))


def cmd_network(maps):
    """Return the network of CMD for small maps, its batch norms set on them."""
    network = CMDNetwork(2, channels=maps.shape[1], size=SMALL)
    set_batch_statistics(network, maps, batch_size=len(maps))
    return network


def cmd_outputs(*names):
    """Return what chooses outputs of it."""
    return {"asked": names or ("Omega_m", "sigma_8"), "names": tuple(PARAMETERS)}


def unrolled(network):
    """Return the same network, in which every call of a module is one of a module of its own."""
    traced = fx.symbolic_trace(network.eval())
    seen = set()
    for place, node in enumerate(traced.graph.nodes):
        if node.op == "call_module" and node.target in seen:
            copied = type(traced.get_submodule(node.target))(*activation_arguments(traced.get_submodule(node.target)))
            node.target = f"call{place}"
            traced.add_module(node.target, copied)
        seen.add(node.target)
    traced.recompile()
    return traced.eval()


def activation_arguments(module):
    """Return what makes another such activation."""
    return (module.negative_slope,) if isinstance(module, nn.LeakyReLU) else ()


def chain(activation, *, channels=1):
    """Return a chain of modules that are each called once, for maps of any size."""
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1),
        activation(),
        nn.Conv2d(4, 6, 3, padding=1),
        activation(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 3),
    )


class Residual(nn.Module):
    """A network whose activations are functions, with a way around one of them."""

    def __init__(self, rectify=functional.leaky_relu):
        super().__init__()
        self.first, self.second, self.rectify = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, padding=1), rectify
        self.head = nn.Linear(4, 2)

    def forward(self, maps):
        features = self.rectify(self.first(maps))
        features = features + self.rectify(self.second(features))
        return self.head(features.mean((2, 3)))
