"""Networks, maps and labels that repairs are tried on."""

import numpy as np
import torch
from torch import nn

from repshift.adaptation import REPAIRS, Options, Sample, Task
from repshift.adaptation.barrier import repaired

SIX = Task("regression", 6, has_std=True)
FEW = Options(steps=3, batch=4, learning_rate=1e-3)


def sample(rng, n_simulations=8, *, shift=0.0, each=3, n_labels=6):
    """Return small maps whose mean follows the first label, from 0 to 1 as CMD scales them."""
    labels = np.repeat(rng.uniform(size=(n_simulations, n_labels)), each, axis=0)
    maps = rng.normal(size=(len(labels), 1, 16, 16)) + labels[:, :1, None, None] + shift
    simulations = np.repeat(np.arange(n_simulations), each)
    return Sample(torch.from_numpy(maps).float(), simulations, torch.from_numpy(labels).float())


def made(name, network, material, options=FEW):
    """Return a network repaired by the name of the repair."""
    return repaired(network, REPAIRS[name], material, options)


def state(network):
    """Return all weights and buffers as bytes, by name."""
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}


def changed(network, other):
    """Return the names of weights and buffers that differ in a bit."""
    before, after = state(network), state(other)
    return {name for name in before | after if before.get(name) != after.get(name)}


class Classifier(nn.Module):
    """A small network without batch norms, its dropout on in training mode."""

    def __init__(self, n_outputs=2):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 3, stride=2), nn.Linear(4, n_outputs)
        self.relu, self.dropout = nn.ReLU(), nn.Dropout(0.5)

    def forward(self, maps):
        return self.second(self.dropout(self.relu(self.first(maps)).mean((-2, -1))))
